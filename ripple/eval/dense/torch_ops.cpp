#include "ripple/eval/dense/torch_ops.h"

#include <algorithm>
#include <cstring>
#include <limits>

#include "ripple/eval/dense/ordered_ops.h"

namespace ripple::dense {
namespace {

using Sizes = std::vector<std::int64_t>;

Sizes pair(const std::array<int, 2>& values) {
  return {values[0], values[1]};
}

/// Cells of `axis` that the windows reach past the last one: what has to be padded there.
std::int64_t missing_cells(const Window& window, std::size_t axis, std::int64_t in,
                           std::int64_t out) {
  const std::int64_t reach = std::int64_t{window.kernel[axis] - 1} * window.dilation[axis] + 1;
  const std::int64_t end = (out - 1) * window.stride[axis] + reach;
  return std::max<std::int64_t>(0, end - in - window.pad_begin[axis]);
}

/// An input [C, H, W] with its borders filled, so that the windows need no pads.
Shape padded_shape(const Window& window, const Shape& in, const Shape& out) {
  return {in[0], window.pad_begin[0] + in[1] + missing_cells(window, 0, in[1], out[1]),
          window.pad_begin[1] + in[2] + missing_cells(window, 1, in[2], out[2])};
}

/// The same of [n, C, H, W].
at::Tensor padded_for(const Window& window, const at::Tensor& in, const Shape& out, double value) {
  return at::constant_pad_nd(in,
                             {window.pad_begin[1], missing_cells(window, 1, in.size(3), out[2]),
                              window.pad_begin[0], missing_cells(window, 0, in.size(2), out[1])},
                             value);
}

/// Whether LibTorch averages so; otherwise a convolution does.
bool is_simple_average(const AveragePool& op) {
  return is_simple_pool(op.window, op.ceil_mode) && op.window.dilation == std::array<int, 2>{1, 1};
}

/// A window beyond 2 C - 1 channels holds no more of them, only room.
std::int64_t lrn_size(const Lrn& op, std::int64_t channels) {
  return std::min<std::int64_t>(op.size, 2 * channels - 1);
}

/// For each output cell of an axis the number of taps that AveragePool divides by.
at::Tensor tap_counts(const AveragePool& op, std::size_t axis, std::int64_t in, std::int64_t out,
                      const at::TensorOptions& options) {
  const Window& window = op.window;
  std::vector<float> counts(std::size_t(out), 0.0f);
  const std::int64_t first = op.count_include_pad ? -window.pad_begin[axis] : 0;
  const std::int64_t end = in + (op.count_include_pad ? window.pad_end[axis] : 0);
  for (std::int64_t cell = 0; cell < out; ++cell) {
    for (int tap = 0; tap < window.kernel[axis]; ++tap) {
      const std::int64_t position =
          cell * window.stride[axis] - window.pad_begin[axis] + tap * window.dilation[axis];
      if (position >= first && position < end) counts[std::size_t(cell)] += 1.0f;
    }
  }
  return at::from_blob(counts.data(), {out}, at::kFloat).clone().to(options.device());
}

/// `tensor` with axes of extent 1 put in, so that it broadcasts with activations of `rank` axes.
at::Tensor aligned(const at::Tensor& tensor, std::size_t rank, bool has_batch) {
  Sizes sizes(tensor.sizes().begin(), tensor.sizes().end());
  const std::size_t own = sizes.size() - (has_batch ? 1 : 0);
  sizes.insert(sizes.begin() + (has_batch ? 1 : 0), rank - own, 1);
  if (!has_batch) sizes.insert(sizes.begin(), 1);
  return tensor.reshape(sizes);
}

at::Tensor arithmetic(BinaryKind kind, const at::Tensor& a, const at::Tensor& b) {
  switch (kind) {
    case BinaryKind::kAdd:
      return at::add(a, b);
    case BinaryKind::kSub:
      return at::sub(a, b);
    case BinaryKind::kMul:
      return at::mul(a, b);
    case BinaryKind::kDiv:
      return at::div(a, b);
  }
  return {};
}

/// The cells that `index` names along `axis` (batch axis counted).
at::Tensor selected(const at::Tensor& in, std::int64_t axis, const Sizes& index) {
  bool is_whole = static_cast<std::int64_t>(index.size()) == in.size(axis);
  for (std::size_t i = 0; i < index.size(); ++i) is_whole &= index[i] == std::int64_t(i);
  if (is_whole) return in;
  const at::Tensor positions = at::tensor(index, at::TensorOptions(at::kLong));
  return at::index_select(in, axis, positions.to(in.device()));
}

/// The input cells that a padded axis repeats.
Sizes repeated_cells(PadMode mode, std::int64_t extent, std::int64_t begin, std::int64_t end) {
  Sizes cells;
  for (std::int64_t i = -begin; i < extent + end; ++i) {
    if (mode == PadMode::kEdge) {
      cells.push_back(std::clamp<std::int64_t>(i, 0, extent - 1));
    } else {
      cells.push_back(i < 0 ? -i : i >= extent ? 2 * (extent - 1) - i : i);
    }
  }
  return cells;
}

class TorchOp {
 public:
  TorchOp(const OpContext& context, const std::vector<at::Tensor>& inputs)
      : context_(context), inputs_(inputs), in_(inputs.front()) {}

  at::Tensor operator()(const Conv& op) const {
    const Window& w = op.window;
    const bool symmetric = w.pad_begin == w.pad_end;
    const at::Tensor in =
        symmetric ? in_
                  : at::constant_pad_nd(
                        in_, {w.pad_begin[1], w.pad_end[1], w.pad_begin[0], w.pad_end[0]}, 0.0);
    const Sizes pads = symmetric ? pair(w.pad_begin) : Sizes{0, 0};
    if (is_ordered()) {
      return ordered_conv2d(in, constant(0), constant(1), pair(w.stride), pads, pair(w.dilation),
                            op.groups);
    }
    if (context_.rectify && in.is_cuda()) {
      return at::cudnn_convolution_relu(in, constant(0), constant(1), pair(w.stride), pads,
                                        pair(w.dilation), op.groups);
    }
    const at::Tensor out =
        at::conv2d(in, constant(0), constant(1), pair(w.stride), pads, pair(w.dilation), op.groups);
    return context_.rectify ? at::relu(out) : out;
  }
  at::Tensor operator()(const BatchNormalization& op) const {
    return at::batch_norm(in_, constant(0), constant(1), constant(2), constant(3),
                          context_.training, /*momentum=*/0.1, op.epsilon, /*cudnn_enabled=*/true);
  }
  at::Tensor operator()(const Relu&) const { return at::relu(in_); }
  at::Tensor operator()(const LeakyRelu& op) const { return at::leaky_relu(in_, op.alpha); }
  at::Tensor operator()(const Clip& op) const { return at::clamp(in_, op.low, op.high); }
  at::Tensor operator()(const Sigmoid&) const { return at::sigmoid(in_); }
  at::Tensor operator()(const Tanh&) const { return at::tanh(in_); }
  at::Tensor operator()(const HardSigmoid& op) const {
    return at::clamp(at::add(at::mul(in_, op.alpha), op.beta), 0.0, 1.0);
  }
  at::Tensor operator()(const HardSwish&) const { return at::hardswish(in_); }
  at::Tensor operator()(const Elu& op) const { return at::elu(in_, op.alpha); }
  at::Tensor operator()(const PRelu&) const { return at::prelu(in_, constant(0)); }
  at::Tensor operator()(const Binary& op) const {
    const std::size_t rank = context_.output_shape.size();
    const at::Tensor a = aligned(in_, rank, true);
    const at::Tensor b =
        op.has_constant ? aligned(constant(0), rank, false) : aligned(inputs_[1], rank, true);
    return op.constant_first ? arithmetic(op.kind, b, a) : arithmetic(op.kind, a, b);
  }
  at::Tensor operator()(const Concat& op) const { return at::cat(inputs_, op.axis + 1); }
  at::Tensor operator()(const MaxPool& op) const {
    const Window& w = op.window;
    if (is_simple_pool(w, op.ceil_mode)) {
      return at::max_pool2d(in_, pair(w.kernel), pair(w.stride), pair(w.pad_begin),
                            pair(w.dilation));
    }
    const at::Tensor in =
        padded_for(w, in_, context_.output_shape, -std::numeric_limits<double>::infinity());
    return at::max_pool2d(in, pair(w.kernel), pair(w.stride), {0, 0}, pair(w.dilation));
  }
  at::Tensor operator()(const AveragePool& op) const {
    const Window& w = op.window;
    if (is_simple_average(op)) {
      return at::avg_pool2d(in_, pair(w.kernel), pair(w.stride), pair(w.pad_begin), false,
                            op.count_include_pad);
    }
    // Sums by a convolution with ones, divided by the taps that count.
    const Shape& out = context_.output_shape;
    const at::Tensor ones = at::ones({in_.size(1), 1, w.kernel[0], w.kernel[1]}, in_.options());
    const at::Tensor sums = at::conv2d(padded_for(w, in_, out, 0.0), ones, at::Tensor(),
                                       pair(w.stride), Sizes{0, 0}, pair(w.dilation), in_.size(1));
    const at::Tensor rows = tap_counts(op, 0, in_.size(2), out[1], in_.options());
    const at::Tensor columns = tap_counts(op, 1, in_.size(3), out[2], in_.options());
    return at::div(sums, at::mul(rows.unsqueeze(1), columns));
  }
  at::Tensor operator()(const GlobalAveragePool&) const { return at::mean(in_, {2, 3}, true); }
  at::Tensor operator()(const Lrn& op) const {
    const std::int64_t size = lrn_size(op, in_.size(1));
    const double alpha = double(op.alpha) * double(size) / op.size;
    const Sizes pads{0, 0, 0, 0, (size - 1) / 2, size / 2};
    const at::Tensor squares = at::constant_pad_nd(at::mul(in_, in_).unsqueeze(1), pads, 0.0);
    const at::Tensor means = at::avg_pool3d(squares, {size, 1, 1}, {1, 1, 1}).squeeze(1);
    return at::div(in_, at::pow(at::add(at::mul(means, alpha), op.bias), op.beta));
  }
  at::Tensor operator()(const Gemm&) const {
    return is_ordered() ? ordered_linear(in_, constant(0), constant(1))
                        : at::linear(in_, constant(0), constant(1));
  }
  at::Tensor operator()(const Reshape& op) const {
    Sizes sizes{in_.size(0)};
    sizes.insert(sizes.end(), op.shape.begin(), op.shape.end());
    return in_.reshape(sizes);
  }
  at::Tensor operator()(const Transpose& op) const {
    Sizes axes{0};
    for (const int axis : op.permutation) axes.push_back(axis + 1);
    return in_.permute(axes);
  }
  at::Tensor operator()(const Pad& op) const {
    if (op.mode == PadMode::kConstant) {
      Sizes pads;  // last axis first
      for (std::size_t i = op.begin.size(); i-- > 0;) {
        pads.push_back(op.begin[i]);
        pads.push_back(op.end[i]);
      }
      return at::constant_pad_nd(in_, pads, op.value);
    }
    at::Tensor out = in_;
    for (std::size_t i = 0; i < op.begin.size(); ++i) {
      const auto axis = static_cast<std::int64_t>(i) + 1;
      out = selected(out, axis, repeated_cells(op.mode, in_.size(axis), op.begin[i], op.end[i]));
    }
    return out;
  }
  at::Tensor operator()(const Slice& op) const {
    at::Tensor out = in_;
    for (std::size_t i = 0; i < op.start.size(); ++i) {
      const auto axis = static_cast<std::int64_t>(i) + 1;
      if (op.step[i] > 0) {
        const std::int64_t end = op.start[i] + (op.shape[i] - 1) * op.step[i] + 1;
        out = at::slice(out, axis, op.start[i], end, op.step[i]);
        continue;
      }
      Sizes cells;
      for (std::int64_t k = 0; k < op.shape[i]; ++k) cells.push_back(op.start[i] + k * op.step[i]);
      out = selected(out, axis, cells);
    }
    return out;
  }
  at::Tensor operator()(const Softmax& op) const { return at::softmax(in_, op.axis + 1); }

 private:
  const at::Tensor& constant(std::size_t i) const { return context_.constants[i]; }
  bool is_ordered() const {
    return context_.summation == Summation::kOrdered && in_.device().is_cpu();
  }

  const OpContext& context_;
  const std::vector<at::Tensor>& inputs_;
  const at::Tensor& in_;
};

}  // namespace

std::vector<Tensor*> constants_of(Op& op) {
  using List = std::vector<Tensor*>;
  return std::visit(Overloaded{
                        [](Conv& o) {
                          return List{&o.weight, &o.bias};
                        },
                        [](BatchNormalization& o) {
                          return List{&o.scale, &o.bias, &o.mean, &o.variance};
                        },
                        [](PRelu& o) { return List{&o.slope}; },
                        [](Binary& o) { return o.has_constant ? List{&o.constant} : List{}; },
                        [](Gemm& o) {
                          return List{&o.weight, &o.bias};
                        },
                        [](Relu&) { return List{}; },
                        [](LeakyRelu&) { return List{}; },
                        [](Clip&) { return List{}; },
                        [](Sigmoid&) { return List{}; },
                        [](Tanh&) { return List{}; },
                        [](HardSigmoid&) { return List{}; },
                        [](HardSwish&) { return List{}; },
                        [](Elu&) { return List{}; },
                        [](Concat&) { return List{}; },
                        [](MaxPool&) { return List{}; },
                        [](AveragePool&) { return List{}; },
                        [](GlobalAveragePool&) { return List{}; },
                        [](Lrn&) { return List{}; },
                        [](Reshape&) { return List{}; },
                        [](Transpose&) { return List{}; },
                        [](Pad&) { return List{}; },
                        [](Slice&) { return List{}; },
                        [](Softmax&) { return List{}; },
                    },
                    op);
}

std::vector<const Tensor*> constants_of(const Op& op) {
  const auto list = constants_of(const_cast<Op&>(op));  // only addresses are taken
  return {list.begin(), list.end()};
}

at::Tensor to_torch(const Tensor& tensor, const at::Device& device) {
  at::Tensor out = at::empty(tensor.shape, at::TensorOptions(at::kFloat));
  std::memcpy(out.data_ptr<float>(), tensor.data.data(), tensor.data.size() * sizeof(float));
  return out.to(device);
}

Tensor from_torch(const at::Tensor& tensor) {
  const at::Tensor plain = tensor.detach().to(at::kCPU, at::kFloat).contiguous();
  const float* data = plain.data_ptr<float>();
  return {Shape(plain.sizes().begin(), plain.sizes().end()),
          std::vector<float>(data, data + plain.numel())};
}

void append(const at::Tensor& part, Tensor& out) {
  Tensor more = from_torch(part);
  if (out.shape.empty()) {
    out = std::move(more);
    return;
  }
  out.shape[0] += more.shape[0];
  out.data.insert(out.data.end(), more.data.begin(), more.data.end());
}

std::vector<at::Tensor> make_constants(const Op& op, const at::Device& device) {
  std::vector<at::Tensor> out;
  for (const Tensor* tensor : constants_of(op)) out.push_back(to_torch(*tensor, device));
  return out;
}

bool is_simple_pool(const Window& window, bool ceil_mode) {
  return !ceil_mode && window.pad_begin == window.pad_end &&
         2 * window.pad_begin[0] <= window.kernel[0] && 2 * window.pad_begin[1] <= window.kernel[1];
}

at::Tensor run_op(const OpContext& context, const std::vector<at::Tensor>& inputs) {
  return std::visit(TorchOp(context, inputs), context.op);
}

std::int64_t padding_numbers(const Op& op, const Shape& in, const Shape& out, Summation summation) {
  if (const auto* conv = std::get_if<Conv>(&op)) {
    const Window& w = conv->window;
    const Shape padded{in[0], w.pad_begin[0] + in[1] + w.pad_end[0],
                       w.pad_begin[1] + in[2] + w.pad_end[1]};
    // ordered_conv2d() copies in any case, also what was padded for it.
    const int copies = (w.pad_begin != w.pad_end) + (summation == Summation::kOrdered);
    return copies == 0 ? 0 : checked_mul(copies, element_count(padded), "padding");
  }
  if (const auto* pool = std::get_if<MaxPool>(&op)) {
    if (is_simple_pool(pool->window, pool->ceil_mode)) return 0;
    return element_count(padded_shape(pool->window, in, out));
  }
  if (const auto* pool = std::get_if<AveragePool>(&op)) {
    if (is_simple_average(*pool)) return 0;
    const auto& kernel = pool->window.kernel;
    return checked_add(element_count(padded_shape(pool->window, in, out)),
                       element_count(Shape{in[0], kernel[0], kernel[1]}), "padding");
  }
  if (const auto* lrn = std::get_if<Lrn>(&op)) {
    return element_count(Shape{2 * in[0] + lrn_size(*lrn, in[0]) - 1, in[1], in[2]});
  }
  return 0;
}

}  // namespace ripple::dense
