#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "ripple/eval/reference/reference.h"

namespace ripple {
namespace {

using Values = Array<double>;

/// Position of `index` in a row-major array; axes of extent 1 repeat (broadcasting), and leading
/// axes that the array does not have are ignored.
std::size_t offset_of(const Shape& shape, const Shape& index) {
  std::int64_t offset = 0;
  const std::size_t skipped = index.size() - shape.size();
  for (std::size_t i = 0; i < shape.size(); ++i) {
    offset = offset * shape[i] + (shape[i] == 1 ? 0 : index[skipped + i]);
  }
  return std::size_t(offset);
}

/// Fills an array of `shape` with value(index), last axis fastest.
template <typename Function>
Values generate(const Shape& shape, Function&& value) {
  Values out = filled(shape, 0.0);
  Shape index(shape.size(), 0);
  for (double& cell : out.data) {
    cell = value(index);
    for (std::size_t axis = shape.size(); axis-- > 0;) {
      if (++index[axis] < shape[axis]) break;
      index[axis] = 0;
    }
  }
  return out;
}

template <typename Function>
Values map(const Values& in, Function&& function) {
  Values out = in;
  for (double& cell : out.data) cell = function(cell);
  return out;
}

/// Calls visit(row, column, tap row, tap column) for each tap of the window of output cell (y, x)
/// that lies inside `in`; taps in the padding are skipped.
template <typename Visit>
void for_each_tap(const Window& window, const Shape& in, std::int64_t y, std::int64_t x,
                  Visit&& visit) {
  for (int i = 0; i < window.kernel[0]; ++i) {
    const std::int64_t row = y * window.stride[0] - window.pad_begin[0] + i * window.dilation[0];
    if (row < 0 || row >= in[1]) continue;
    for (int j = 0; j < window.kernel[1]; ++j) {
      const std::int64_t column =
          x * window.stride[1] - window.pad_begin[1] + j * window.dilation[1];
      if (column < 0 || column >= in[2]) continue;
      visit(row, column, i, j);
    }
  }
}

double at(const Values& image, std::int64_t c, std::int64_t y, std::int64_t x) {
  return image.data[std::size_t((c * image.shape[1] + y) * image.shape[2] + x)];
}

/// Taps of window (y, x) that lie inside the padded image: what count_include_pad divides by.
std::int64_t taps_with_padding(const Window& window, const Shape& in, std::int64_t y,
                               std::int64_t x) {
  const auto along = [&](std::size_t axis, std::int64_t cell) {
    std::int64_t count = 0;
    for (int i = 0; i < window.kernel[axis]; ++i) {
      const std::int64_t position =
          cell * window.stride[axis] - window.pad_begin[axis] + i * window.dilation[axis];
      count += position < in[axis + 1] + window.pad_end[axis];
    }
    return count;
  };
  return along(0, y) * along(1, x);
}

double arithmetic(BinaryKind kind, double a, double b) {
  switch (kind) {
    case BinaryKind::kAdd:
      return a + b;
    case BinaryKind::kSub:
      return a - b;
    case BinaryKind::kMul:
      return a * b;
    case BinaryKind::kDiv:
      return a / b;
  }
  return std::numeric_limits<double>::quiet_NaN();
}

/// The input cell that a padded cell repeats; only called for modes that repeat one.
std::int64_t repeated_cell(PadMode mode, std::int64_t position, std::int64_t extent) {
  if (mode == PadMode::kEdge) return std::clamp<std::int64_t>(position, 0, extent - 1);
  if (position < 0) return -position;
  return position >= extent ? 2 * (extent - 1) - position : position;
}

class Reference {
 public:
  Reference(const std::vector<const Values*>& inputs, const Shape& shape)
      : inputs_(inputs), in_(*inputs.front()), shape_(shape) {}

  Values operator()(const Conv& op) const {
    const std::int64_t channels = op.weight.shape[1];
    const std::int64_t outputs_a_group = op.weight.shape[0] / op.groups;
    const Shape& kernel = op.weight.shape;
    return generate(shape_, [&](const Shape& o) {
      double sum = op.bias.data[std::size_t(o[0])];
      const std::int64_t first = o[0] / outputs_a_group * channels;
      for_each_tap(op.window, in_.shape, o[1], o[2], [&](auto row, auto column, int i, int j) {
        for (std::int64_t c = 0; c < channels; ++c) {
          const auto tap = ((o[0] * channels + c) * kernel[2] + i) * kernel[3] + j;
          sum += double{op.weight.data[std::size_t(tap)]} * at(in_, first + c, row, column);
        }
      });
      return sum;
    });
  }
  Values operator()(const BatchNormalization& op) const {
    return generate(shape_, [&](const Shape& o) {
      const auto c = std::size_t(o[0]);
      const double deviation = std::sqrt(double{op.variance.data[c]} + double{op.epsilon});
      const double centred = in_.data[offset_of(shape_, o)] - op.mean.data[c];
      return centred / deviation * op.scale.data[c] + op.bias.data[c];
    });
  }
  Values operator()(const Relu&) const {
    return map(in_, [](double v) { return v < 0.0 ? 0.0 : v; });
  }
  Values operator()(const LeakyRelu& op) const {
    return map(in_, [&](double v) { return v < 0.0 ? op.alpha * v : v; });
  }
  Values operator()(const Clip& op) const {
    return map(in_, [&](double v) { return v < op.low ? op.low : v > op.high ? op.high : v; });
  }
  Values operator()(const Sigmoid&) const {
    return map(in_, [](double v) { return 1.0 / (1.0 + std::exp(-v)); });
  }
  Values operator()(const Tanh&) const {
    return map(in_, [](double v) { return std::tanh(v); });
  }
  Values operator()(const HardSigmoid& op) const {
    return map(in_, [&](double v) { return std::clamp(op.alpha * v + op.beta, 0.0, 1.0); });
  }
  Values operator()(const HardSwish&) const {
    return map(in_, [](double v) { return v * std::clamp(v / 6.0 + 0.5, 0.0, 1.0); });
  }
  Values operator()(const Elu& op) const {
    return map(in_, [&](double v) { return v < 0.0 ? op.alpha * (std::exp(v) - 1.0) : v; });
  }
  Values operator()(const PRelu& op) const {
    return generate(shape_, [&](const Shape& o) {
      const double v = in_.data[offset_of(shape_, o)];
      return v < 0.0 ? op.slope.data[std::size_t(o[0])] * v : v;
    });
  }
  Values operator()(const Binary& op) const {
    if (!op.has_constant) {
      const Values& second = *inputs_[1];
      return generate(shape_, [&](const Shape& o) {
        return arithmetic(op.kind, in_.data[offset_of(in_.shape, o)],
                          second.data[offset_of(second.shape, o)]);
      });
    }
    return generate(shape_, [&](const Shape& o) {
      const double value = in_.data[offset_of(in_.shape, o)];
      const double constant = op.constant.data[offset_of(op.constant.shape, o)];
      return op.constant_first ? arithmetic(op.kind, constant, value)
                               : arithmetic(op.kind, value, constant);
    });
  }
  Values operator()(const Concat& op) const {
    const auto axis = std::size_t(op.axis);
    return generate(shape_, [&](const Shape& o) {
      Shape index = o;
      std::size_t part = 0;
      while (index[axis] >= inputs_[part]->shape[axis]) index[axis] -= inputs_[part++]->shape[axis];
      return inputs_[part]->data[offset_of(inputs_[part]->shape, index)];
    });
  }
  Values operator()(const MaxPool& op) const {
    return generate(shape_, [&](const Shape& o) {
      double largest = -std::numeric_limits<double>::infinity();
      for_each_tap(op.window, in_.shape, o[1], o[2], [&](auto row, auto column, int, int) {
        const double v = at(in_, o[0], row, column);
        if (std::isnan(v) || v > largest) largest = v;
      });
      return largest;
    });
  }
  Values operator()(const AveragePool& op) const {
    return generate(shape_, [&](const Shape& o) {
      double sum = 0.0;
      int inside = 0;
      for_each_tap(op.window, in_.shape, o[1], o[2], [&](auto row, auto column, int, int) {
        sum += at(in_, o[0], row, column);
        ++inside;
      });
      const int divisor =
          op.count_include_pad ? taps_with_padding(op.window, in_.shape, o[1], o[2]) : inside;
      return sum / divisor;
    });
  }
  Values operator()(const GlobalAveragePool&) const {
    const auto plane = in_.shape[1] * in_.shape[2];
    return generate(shape_, [&](const Shape& o) {
      const auto first = in_.data.begin() + o[0] * plane;
      return std::accumulate(first, first + plane, 0.0) / static_cast<double>(plane);
    });
  }
  Values operator()(const Lrn& op) const {
    return generate(shape_, [&](const Shape& o) {
      const std::int64_t first = std::max<std::int64_t>(0, o[0] - (op.size - 1) / 2);
      const std::int64_t last = std::min(in_.shape[0] - 1, o[0] + op.size / 2);
      double squares = 0.0;
      for (std::int64_t c = first; c <= last; ++c) {
        squares += at(in_, c, o[1], o[2]) * at(in_, c, o[1], o[2]);
      }
      const double base = op.bias + double{op.alpha} / op.size * squares;
      return at(in_, o[0], o[1], o[2]) / std::pow(base, double{op.beta});
    });
  }
  Values operator()(const Gemm& op) const {
    return generate(shape_, [&](const Shape& o) {
      double sum = op.bias.data[std::size_t(o[0])];
      const float* weight = op.weight.data.data() + std::size_t(o[0]) * in_.data.size();
      for (std::size_t f = 0; f < in_.data.size(); ++f) sum += double{weight[f]} * in_.data[f];
      return sum;
    });
  }
  Values operator()(const Reshape&) const { return {shape_, in_.data}; }
  Values operator()(const Transpose& op) const {
    return generate(shape_, [&](const Shape& o) {
      Shape index(o.size());
      for (std::size_t i = 0; i < o.size(); ++i) index[std::size_t(op.permutation[i])] = o[i];
      return in_.data[offset_of(in_.shape, index)];
    });
  }
  Values operator()(const Pad& op) const {
    return generate(shape_, [&](const Shape& o) {
      Shape index(o.size());
      for (std::size_t i = 0; i < o.size(); ++i) {
        index[i] = o[i] - op.begin[i];
        if (index[i] >= 0 && index[i] < in_.shape[i]) continue;
        if (op.mode == PadMode::kConstant) return double{op.value};
        index[i] = repeated_cell(op.mode, index[i], in_.shape[i]);
      }
      return in_.data[offset_of(in_.shape, index)];
    });
  }
  Values operator()(const Slice& op) const {
    return generate(shape_, [&](const Shape& o) {
      Shape index(o.size());
      for (std::size_t i = 0; i < o.size(); ++i) index[i] = op.start[i] + o[i] * op.step[i];
      return in_.data[offset_of(in_.shape, index)];
    });
  }
  Values operator()(const Softmax& op) const {
    const auto axis = std::size_t(op.axis);
    return generate(shape_, [&](const Shape& o) {
      const double own = in_.data[offset_of(shape_, o)];
      double sum = 0.0;  // of exp(other - own): one over it is the softmax, large values cancel
      Shape index = o;
      for (index[axis] = 0; index[axis] < shape_[axis]; ++index[axis]) {
        sum += std::exp(in_.data[offset_of(shape_, index)] - own);
      }
      return 1.0 / sum;
    });
  }

 private:
  const std::vector<const Values*>& inputs_;
  const Values& in_;
  const Shape& shape_;
};

}  // namespace

Array<double> reference_op(const Op& op, const std::vector<const Array<double>*>& inputs,
                           const Shape& shape) {
  return std::visit(Reference(inputs, shape), op);
}

}  // namespace ripple
