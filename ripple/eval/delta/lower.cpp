// Graph nodes -> steps of the plan: weights packed for the kernels.

#include <algorithm>
#include <cmath>

#include "ripple/eval/delta/plan_builder.h"

namespace ripple::delta {

namespace {

AlignedArray<float> padded_copy(const std::vector<float>& values, int padded) {
  AlignedArray<float> out(static_cast<std::size_t>(padded));
  std::copy(values.begin(), values.end(), out.data());
  return out;
}

Activation activation(ActivationKind kind, float a = 0.0f, float b = 0.0f) {
  return {kind, a, b, nullptr};
}

PointwiseStep activation_step(Activation a) {
  PointwiseStep step;
  step.activation = a;
  return step;
}

Arithmetic arithmetic_of(BinaryKind kind) {
  switch (kind) {
    case BinaryKind::kAdd:
      return Arithmetic::kAdd;
    case BinaryKind::kSub:
      return Arithmetic::kSub;
    case BinaryKind::kMul:
      return Arithmetic::kMul;
    case BinaryKind::kDiv:
      break;
  }
  return Arithmetic::kDiv;
}

/// Position of row-major element `index` of `shape` in a tensor that broadcasts to it.
std::size_t broadcast_index(const Shape& shape, const Shape& tensor, std::int64_t index) {
  std::int64_t offset = 0;
  std::int64_t stride = 1;
  for (std::size_t i = 0; i < tensor.size(); ++i) {
    const std::size_t axis = shape.size() - 1 - i;
    const std::int64_t extent = tensor[tensor.size() - 1 - i];
    if (extent != 1) offset += index % shape[axis] * stride;
    index /= shape[axis];
    stride *= extent;
  }
  return static_cast<std::size_t>(offset);
}

/// Whether a constant that broadcasts to `shape` has one value a channel at most.
bool per_channel(const Shape& shape, const Shape& constant) {
  for (std::size_t i = 0; i < constant.size(); ++i) {
    const std::size_t axis = shape.size() - 1 - i;
    if (axis != 0 && constant[constant.size() - 1 - i] != 1) return false;
  }
  return true;
}

bool square(const Window& w) {
  return w.kernel[0] == w.kernel[1] && w.stride[0] == 1 && w.stride[1] == 1 && w.dilation[0] == 1 &&
         w.dilation[1] == 1;
}

}  // namespace

StepBody PlanBuilder::lower(const Node& node, std::vector<ValueId>& inputs) {
  using Kind = ActivationKind;
  const auto pointwise = [](Kind kind, float a = 0.0f, float b = 0.0f) -> StepBody {
    return activation_step(activation(kind, a, b));
  };
  return std::visit(
      Overloaded{
          [&](const Conv& op) -> StepBody { return lower_conv(node, op); },
          [&](const BatchNormalization& op) -> StepBody {
            std::vector<double> scale, shift;
            for (std::size_t c = 0; c < op.scale.data.size(); ++c) {
              scale.push_back(op.scale.data[c] /
                              std::sqrt(double{op.variance.data[c]} + double{op.epsilon}));
              shift.push_back(op.bias.data[c] - op.mean.data[c] * scale[c]);
            }
            return lower_affine(scale, shift);
          },
          [&](const Relu&) { return pointwise(Kind::kRelu); },
          [&](const LeakyRelu& op) { return pointwise(Kind::kLeakyRelu, op.alpha); },
          [&](const Clip& op) { return pointwise(Kind::kClip, op.low, op.high); },
          [&](const Sigmoid&) { return pointwise(Kind::kSigmoid); },
          [&](const Tanh&) { return pointwise(Kind::kTanh); },
          [&](const HardSigmoid& op) { return pointwise(Kind::kHardSigmoid, op.alpha, op.beta); },
          [&](const HardSwish&) { return pointwise(Kind::kHardSwish); },
          [&](const Elu& op) { return pointwise(Kind::kElu, op.alpha); },
          [&](const PRelu& op) -> StepBody {
            PointwiseStep step = activation_step(activation(Kind::kPRelu));
            step.slope = padded_copy(op.slope.data, layout(inputs[0]).padded());
            step.activation.slope = step.slope.data();
            return step;
          },
          [&](const Binary& op) { return lower_binary(node, op); },
          [&](const Concat& op) { return lower_concat(node, op); },
          [&](const MaxPool& op) { return lower_pool(node, op.window, false, false); },
          [&](const AveragePool& op) {
            return lower_pool(node, op.window, true, op.count_include_pad);
          },
          [&](const GlobalAveragePool&) -> StepBody {
            PoolStep step;
            step.kind = PoolKind::kGlobalAverage;
            return step;
          },
          [&](const Lrn& op) -> StepBody { return LrnStep{op}; },
          [&](const Gemm& op) { return lower_gemm(node, op); },
          [&](const Reshape&) { return lower_table(node); },
          [&](const Transpose&) { return lower_table(node); },
          [&](const Pad& op) {
            return op.mode == PadMode::kConstant ? lower_pad(node, op) : lower_table(node);
          },
          [&](const Slice& op) { return lower_slice(node, op); },
          [&](const Softmax&) -> StepBody { return TableStep{}; },  // see unsupported()
      },
      node.op);
}

StepBody PlanBuilder::lower_conv(const Node& node, const Conv& op) {
  const Layout& in = layout(root(node.inputs[0]));
  const Layout& out = layout(node.output);
  const int taps = op.window.kernel[0] * op.window.kernel[1];
  const int group_in = in.channels / op.groups;
  const int group_out = out.channels / op.groups;
  if (op.groups > 1 && group_in == 1 && group_out == 1) {
    DepthwiseStep step;
    step.window = op.window;
    step.bias = padded_copy(op.bias.data, out.padded());
    step.weights = AlignedArray<float>(std::size_t(out.padded()) * std::size_t(taps));
    for (int c = 0; c < out.channels; ++c) {
      for (int t = 0; t < taps; ++t) {
        step.weights[std::size_t((c / kBlock * taps + t) * kBlock + c % kBlock)] =
            op.weight.data[std::size_t(c * taps + t)];
      }
    }
    return step;
  }
  ConvStep step;
  step.window = op.window;
  const int kernel = op.window.kernel[0];
  const bool sliding = square(op.window) && (kernel == 3 || kernel == 5 || kernel == 7);
  step.path = sliding ? ConvPath::kSliding : ConvPath::kScatter;
  step.bias = padded_copy(op.bias.data, out.padded());
  const int lanes = plan_.kernels().lanes;
  step.vector_weights = std::ptrdiff_t(in.padded()) * taps * lanes;
  step.tap_weights = std::ptrdiff_t(in.padded()) * out.padded();
  // Of the taps that reach some output, one in stride x stride does.
  step.work = std::int64_t{taps} * out.channels / (op.window.stride[0] * op.window.stride[1]);
  step.weights = AlignedArray<float>(std::size_t(step.tap_weights) * std::size_t(taps));
  for (int k = 0; k < out.channels; ++k) {
    for (int c = 0; c < group_in; ++c) {
      const std::ptrdiff_t channel = k / group_out * group_in + c;
      for (int t = 0; t < taps; ++t) {
        const std::ptrdiff_t to =
            sliding ? k / lanes * step.vector_weights + (channel * taps + t) * lanes + k % lanes
                    : t * step.tap_weights + channel * out.padded() + k;
        step.weights[std::size_t(to)] =
            op.weight.data[(std::size_t(k) * std::size_t(group_in) + std::size_t(c)) *
                               std::size_t(taps) +
                           std::size_t(t)];
      }
    }
  }
  step.channel_offsets = AlignedArray<std::int32_t>(std::size_t(in.padded()));
  const int floats = sliding ? taps * lanes : out.padded();
  for (int c = 0; c < in.padded(); ++c) step.channel_offsets[std::size_t(c)] = c * floats * 4;
  return step;
}

StepBody PlanBuilder::lower_gemm(const Node& node, const Gemm& op) {
  const View view = walk(node.inputs[0]);
  const Layout& in = layout(view.source);
  const Layout& out = layout(node.output);
  ConvStep step;
  step.path = ConvPath::kFlat;
  step.bias = padded_copy(op.bias.data, out.padded());
  step.work = out.channels;
  const int width = std::min(out.padded(), kChunkOutputs);
  const int chunks = (out.padded() + width - 1) / width;
  step.chunk_outputs = width;
  step.chunk_weights = std::ptrdiff_t(in.cells()) * in.padded() * width;
  step.weights = AlignedArray<float>(std::size_t(step.chunk_weights) * std::size_t(chunks));
  const std::size_t features = view.source_element.size();
  for (std::size_t f = 0; f < features; ++f) {
    const std::int64_t element = view.source_element[f];
    const std::int64_t row = element % in.cells() * in.padded() + element / in.cells();
    for (int k = 0; k < out.channels; ++k) {
      step.weights[std::size_t(k / width * step.chunk_weights + row * width + k % width)] =
          op.weight.data[std::size_t(k) * features + f];
    }
  }
  step.channel_offsets = AlignedArray<std::int32_t>(std::size_t(in.padded()));
  for (int c = 0; c < in.padded(); ++c) step.channel_offsets[std::size_t(c)] = c * width * 4;
  step.pixel_offset = in.padded() * width * 4;
  return step;
}

StepBody PlanBuilder::lower_affine(const std::vector<double>& scale,
                                   const std::vector<double>& shift) {
  PointwiseStep step;
  const auto to_float = [](const std::vector<double>& v) {
    std::vector<float> out;
    for (const double x : v) out.push_back(static_cast<float>(x));
    return out;
  };
  const int padded = (static_cast<int>(scale.size()) + kBlock - 1) / kBlock * kBlock;
  const bool scales = std::any_of(scale.begin(), scale.end(), [](double s) { return !(s == 1.0); });
  if (scales) step.scale = padded_copy(to_float(scale), padded);
  step.shift = padded_copy(to_float(shift), padded);
  return step;
}

StepBody PlanBuilder::lower_binary(const Node& node, const Binary& op) {
  if (!op.has_constant) return ArithmeticStep{arithmetic_of(op.kind)};
  const Shape& shape = graph_.shape(node.output);
  const Layout& out = layout(node.output);
  const auto value = [&](std::int64_t element) {
    return op.constant.data[broadcast_index(shape, op.constant.shape, element)];
  };
  const bool divides = op.kind == BinaryKind::kDiv && op.constant_first;
  if (per_channel(shape, op.constant.shape) && !divides) {
    std::vector<double> scale(std::size_t(out.channels), 1.0);
    std::vector<double> shift(std::size_t(out.channels), 0.0);
    for (int c = 0; c < out.channels; ++c) {
      const double k = value(std::int64_t{c} * out.cells());
      double& s = scale[std::size_t(c)];
      double& t = shift[std::size_t(c)];
      if (op.kind == BinaryKind::kAdd) t = k;
      if (op.kind == BinaryKind::kSub) {
        s = op.constant_first ? -1.0 : 1.0;
        t = op.constant_first ? k : -k;
      }
      if (op.kind == BinaryKind::kMul) s = k;
      if (op.kind == BinaryKind::kDiv) s = 1.0 / k;
    }
    return lower_affine(scale, shift);
  }
  ConstantStep step;
  step.kind = arithmetic_of(op.kind);
  step.constant_first = op.constant_first;
  step.layout = out;
  step.constant = AlignedArray<float>(out.size());
  for (std::int64_t i = 0; i < element_count(shape); ++i) {
    step.constant[std::size_t(place(node.output, i))] = value(i);
  }
  return step;
}

StepBody PlanBuilder::lower_pool(const Node& node, const Window& window, bool average,
                                 bool count_pad) {
  PoolStep step;
  step.kind = average ? PoolKind::kAverage : PoolKind::kMax;
  step.window = window;
  if (!average) return step;
  const Layout& in = layout(root(node.inputs[0]));
  const Layout& out = layout(node.output);
  // Cells of a window along one axis that count; what ceil_mode adds beyond the padding does not.
  const auto counted = [&](std::size_t axis, int o, int extent) {
    int n = 0;
    for (int k = 0; k < window.kernel[axis]; ++k) {
      const int i = o * window.stride[axis] - window.pad_begin[axis] + k * window.dilation[axis];
      n += count_pad ? i < extent + window.pad_end[axis] : i >= 0 && i < extent;
    }
    return n;
  };
  step.divisor = AlignedArray<float>(std::size_t(out.cells()));
  for (int y = 0; y < out.height; ++y) {
    for (int x = 0; x < out.width; ++x) {
      step.divisor[std::size_t(y * out.width + x)] =
          static_cast<float>(std::int64_t{counted(0, y, in.height)} * counted(1, x, in.width));
    }
  }
  return step;
}

StepBody PlanBuilder::lower_concat(const Node& node, const Concat& op) {
  RemapStep step;
  const Layout& out = layout(node.output);
  int begin = 0;
  for (const ValueId id : node.inputs) {
    const Layout& in = layout(root(id));
    RemapStep::Part part;
    part.channels.assign(std::size_t(out.channels), -1);
    for (int c = 0; c < in.channels; ++c) {
      part.channels[std::size_t(op.axis == 0 ? begin + c : c)] = c;
    }
    if (op.axis == 1) part.start_y = -begin;
    if (op.axis == 2) part.start_x = -begin;
    begin += op.axis == 0 ? in.channels : op.axis == 1 ? in.height : in.width;
    step.parts.push_back(std::move(part));
  }
  return step;
}

StepBody PlanBuilder::lower_slice(const Node& node, const Slice& op) {
  RemapStep step;
  const Layout& out = layout(node.output);
  RemapStep::Part part;
  for (int c = 0; c < out.channels; ++c) {
    part.channels.push_back(static_cast<int>(op.start[0] + c * op.step[0]));
  }
  if (op.start.size() == 3) {
    part.start_y = static_cast<int>(op.start[1]);
    part.start_x = static_cast<int>(op.start[2]);
    // An axis of one cell needs no step; kept small so that the arithmetic stays in int.
    part.step_y = out.height == 1 ? 1 : static_cast<int>(op.step[1]);
    part.step_x = out.width == 1 ? 1 : static_cast<int>(op.step[2]);
  }
  step.parts.push_back(std::move(part));
  return step;
}

StepBody PlanBuilder::lower_pad(const Node& node, const Pad& op) {
  RemapStep step;
  const Layout& in = layout(root(node.inputs[0]));
  const Layout& out = layout(node.output);
  RemapStep::Part part;
  for (int c = 0; c < out.channels; ++c) {
    const std::int64_t from = c - op.begin[0];
    part.channels.push_back(from >= 0 && from < in.channels ? static_cast<int>(from) : -1);
  }
  if (op.begin.size() == 3) {
    part.start_y = static_cast<int>(-op.begin[1]);
    part.start_x = static_cast<int>(-op.begin[2]);
  }
  step.fill = op.value;
  step.parts.push_back(std::move(part));
  return step;
}

StepBody PlanBuilder::lower_table(const Node& node) {
  TableStep step;
  const std::int64_t count = element_count(graph_.shape(node.output));
  if (const auto* pad = std::get_if<Pad>(&node.op)) {
    const Shape& in = graph_.shape(node.inputs[0]);
    const Shape& out = graph_.shape(node.output);
    for (std::int64_t i = 0; i < count; ++i) {
      std::int64_t rest = i, from = 0, stride = 1;
      for (std::size_t a = out.size(); a-- > 0; rest /= out[a], stride *= in[a]) {
        std::int64_t at = rest % out[a] - pad->begin[a];
        const std::int64_t last = in[a] - 1;
        if (pad->mode == PadMode::kEdge) at = std::clamp<std::int64_t>(at, 0, last);
        if (at < 0) at = -at;
        if (at > last) at = 2 * last - at;
        from += at * stride;
      }
      step.from.push_back(static_cast<std::int32_t>(from));
    }
    return step;
  }
  for (const std::int64_t from : walk(node.output).source_element) {
    step.from.push_back(static_cast<std::int32_t>(from));
  }
  return step;
}

}  // namespace ripple::delta
