#include "ripple/model/infer_shape.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "ripple/base/error.h"

namespace ripple {
namespace {

class Inference {
 public:
  Inference(const std::vector<Shape>& inputs, const std::string& where)
      : inputs_(inputs), where_(where) {}

  Shape operator()(const Conv& op) const {
    const Shape& in = image_input();
    check_window(op.window, /*pads_below_kernel=*/false);
    if (op.weight.shape.size() != 4)
      bad("weights are {} instead of KxCxRxS", to_string(op.weight.shape));
    const std::int64_t out_channels = op.weight.shape[0];
    if (op.groups < 1 || in[0] % op.groups != 0 || out_channels % op.groups != 0) {
      bad("{} groups do not divide {} input and {} output channels", op.groups, in[0],
          out_channels);
    }
    if (op.weight.shape[1] != in[0] / op.groups) {
      bad("weights for {} channels a group meet an input of {} channels in {} groups",
          op.weight.shape[1], in[0], op.groups);
    }
    if (op.weight.shape[2] != op.window.kernel[0] || op.weight.shape[3] != op.window.kernel[1]) {
      bad("kernel_shape {}x{} differs from the weights {}", op.window.kernel[0],
          op.window.kernel[1], to_string(op.weight.shape));
    }
    check_vector(op.bias, out_channels, "bias");
    check_data(op.weight, "weights");
    return {out_channels, window_extent(op.window, in, 0, false),
            window_extent(op.window, in, 1, false)};
  }
  Shape operator()(const BatchNormalization& op) const {
    const Shape& in = only_input();
    if (in.empty()) bad("needs an input with channels");
    check_vector(op.scale, in[0], "scale");
    check_vector(op.bias, in[0], "bias");
    check_vector(op.mean, in[0], "mean");
    check_vector(op.variance, in[0], "variance");
    if (!(op.epsilon >= 0.0f)) bad("epsilon is {}, it must not be negative", op.epsilon);
    for (const float variance : op.variance.data) {
      if (!(variance + op.epsilon > 0.0f))
        bad("variance {} + epsilon {} is not positive", variance, op.epsilon);
    }
    return in;
  }
  Shape operator()(const Relu&) const { return only_input(); }
  Shape operator()(const LeakyRelu&) const { return only_input(); }
  Shape operator()(const Clip& op) const {
    if (!(op.low <= op.high)) bad("lower limit {} above upper limit {}", op.low, op.high);
    return only_input();
  }
  Shape operator()(const Sigmoid&) const { return only_input(); }
  Shape operator()(const Tanh&) const { return only_input(); }
  Shape operator()(const HardSigmoid&) const { return only_input(); }
  Shape operator()(const HardSwish&) const { return only_input(); }
  Shape operator()(const Elu&) const { return only_input(); }
  Shape operator()(const PRelu& op) const {
    const Shape& in = only_input();
    if (in.empty()) bad("needs an input with channels");
    check_vector(op.slope, in[0], "slope");
    return in;
  }
  Shape operator()(const Binary& op) const {
    if (!op.has_constant) {
      if (inputs_.size() != 2) bad("needs two inputs, has {}", inputs_.size());
      return broadcast_shape(inputs_[0], inputs_[1], where_);
    }
    check_data(op.constant, "constant");
    return broadcast_shape(only_input(), op.constant.shape, where_);
  }
  Shape operator()(const Concat& op) const {
    if (inputs_.empty()) bad("has no inputs");
    Shape out = inputs_[0];
    check_axis(op.axis, out.size());
    for (std::size_t i = 1; i < inputs_.size(); ++i) {
      Shape rest = inputs_[i];
      if (rest.size() != out.size()) bad("joins inputs of {} and {} axes", out.size(), rest.size());
      const std::int64_t total = checked_add(out[op.axis], rest[op.axis], where_.c_str());
      rest[op.axis] = out[op.axis];
      if (rest != out)
        bad("joins {} and {} along axis {}", to_string(out), to_string(inputs_[i]), op.axis);
      out[op.axis] = total;
    }
    return out;
  }
  Shape operator()(const MaxPool& op) const { return pool(op.window, op.ceil_mode); }
  Shape operator()(const AveragePool& op) const { return pool(op.window, op.ceil_mode); }
  Shape operator()(const GlobalAveragePool&) const { return {image_input()[0], 1, 1}; }
  Shape operator()(const Lrn& op) const {
    if (op.size < 1 || op.size > kMaxGeometry) bad("size {} is out of range", op.size);
    if (!std::isfinite(op.alpha) || !std::isfinite(op.beta) || !std::isfinite(op.bias) ||
        op.alpha < 0.0f || !(op.bias > 0.0f)) {
      bad("alpha {}, beta {}, bias {} are out of range", op.alpha, op.beta, op.bias);
    }
    return image_input();
  }
  Shape operator()(const Gemm& op) const {
    const Shape& in = only_input();
    if (in.size() != 1) {
      throw Error(
          ErrorCode::kUnsupportedOp, where_,
          fmt::format("a fully connected layer on an input of {} axes is not supported; only on a "
                      "flattened one",
                      in.size()));
    }
    if (op.weight.shape.size() != 2 || op.weight.shape[1] != in[0]) {
      bad("weights {} do not fit an input of {} numbers", to_string(op.weight.shape), in[0]);
    }
    check_data(op.weight, "weights");
    check_vector(op.bias, op.weight.shape[0], "bias");
    return {op.weight.shape[0]};
  }
  Shape operator()(const Reshape& op) const {
    if (element_count(op.shape) != element_count(only_input())) {
      bad("{} cannot become {}", to_string(only_input()), to_string(op.shape));
    }
    return op.shape;
  }
  Shape operator()(const Transpose& op) const {
    const Shape& in = only_input();
    if (op.permutation.size() != in.size())
      bad("permutes {} axes of {}", op.permutation.size(), in.size());
    Shape out(in.size());
    std::vector<bool> used(in.size(), false);
    for (std::size_t i = 0; i < in.size(); ++i) {
      const int axis = op.permutation[i];
      check_axis(axis, in.size());
      if (used[axis]) bad("names axis {} twice", axis);
      used[axis] = true;
      out[i] = in[axis];
    }
    return out;
  }
  Shape operator()(const Pad& op) const {
    const Shape& in = only_input();
    if (op.begin.size() != in.size() || op.end.size() != in.size())
      bad("pads another number of axes");
    Shape out(in.size());
    for (std::size_t i = 0; i < in.size(); ++i) {
      const std::int64_t least = op.mode == PadMode::kConstant ? -in[i] : 0;
      const std::int64_t most = op.mode == PadMode::kReflect ? in[i] - 1 : kMaxGeometry;
      for (const std::int64_t amount : {op.begin[i], op.end[i]}) {
        if (amount < least || amount > most)
          bad("pads axis {} of {} by {}", i, to_string(in), amount);
      }
      out[i] = in[i] + op.begin[i] + op.end[i];
      if (out[i] < 1) bad("pads axis {} of {} to nothing", i, to_string(in));
    }
    return out;
  }
  Shape operator()(const Slice& op) const {
    const Shape& in = only_input();
    if (op.start.size() != in.size() || op.step.size() != in.size() ||
        op.shape.size() != in.size()) {
      bad("slices another number of axes");
    }
    for (std::size_t i = 0; i < in.size(); ++i) {
      const std::int64_t step = op.step[i];
      if (step == 0 || step > kMaxGeometry || step < -kMaxGeometry)
        bad("steps by {} along axis {}", step, i);
      if (op.shape[i] < 1 || op.shape[i] > in[i])
        bad("takes {} of {} along axis {}", op.shape[i], in[i], i);
      const std::int64_t last = op.start[i] + (op.shape[i] - 1) * step;
      if (op.start[i] < 0 || op.start[i] >= in[i] || last < 0 || last >= in[i]) {
        bad("reads cells {} to {} of {} along axis {}", op.start[i], last, in[i], i);
      }
    }
    return op.shape;
  }
  Shape operator()(const Softmax& op) const {
    check_axis(op.axis, only_input().size());
    return only_input();
  }

 private:
  template <typename... Args>
  [[noreturn]] void bad(fmt::format_string<Args...> format, Args&&... args) const {
    throw Error(ErrorCode::kBadModel, where_, fmt::format(format, std::forward<Args>(args)...));
  }
  const Shape& only_input() const {
    if (inputs_.size() != 1) bad("needs one input, has {}", inputs_.size());
    return inputs_[0];
  }
  const Shape& image_input() const {
    const Shape& in = only_input();
    if (in.size() != 3) {
      throw Error(
          ErrorCode::kUnsupportedOp, where_,
          fmt::format("only images [C, H, W] are supported here, the input is {}", to_string(in)));
    }
    return in;
  }
  void check_axis(int axis, std::size_t rank) const {
    if (axis < 0 || static_cast<std::size_t>(axis) >= rank) bad("axis {} of {} axes", axis, rank);
  }
  void check_data(const Tensor& tensor, const char* what) const {
    if (element_count(tensor.shape) != static_cast<std::int64_t>(tensor.data.size())) {
      bad("{} of shape {} hold {} numbers", what, to_string(tensor.shape), tensor.data.size());
    }
  }
  void check_vector(const Tensor& tensor, std::int64_t length, const char* what) const {
    if (tensor.shape != Shape{length})
      bad("{} is {} instead of {}", what, to_string(tensor.shape), length);
    check_data(tensor, what);
  }
  void check_window(const Window& window, bool pads_below_kernel) const {
    for (int i = 0; i < 2; ++i) {
      const auto in_range = [](int value, int low) {
        return value >= low && value <= kMaxGeometry;
      };
      if (!in_range(window.kernel[i], 1) || !in_range(window.stride[i], 1) ||
          !in_range(window.dilation[i], 1) || !in_range(window.pad_begin[i], 0) ||
          !in_range(window.pad_end[i], 0)) {
        bad("kernel {}, stride {}, dilation {} or pads {} {} are out of range", window.kernel[i],
            window.stride[i], window.dilation[i], window.pad_begin[i], window.pad_end[i]);
      }
      // A window that lies wholly in the padding would have no largest value and no mean.
      const std::int64_t reach = std::int64_t{window.kernel[i] - 1} * window.dilation[i] + 1;
      if (pads_below_kernel && (window.pad_begin[i] >= reach || window.pad_end[i] >= reach)) {
        bad("pooling pads {} {} reach over a whole window of {}", window.pad_begin[i],
            window.pad_end[i], reach);
      }
    }
  }
  std::int64_t window_extent(const Window& window, const Shape& in, int axis,
                             bool ceil_mode) const {
    const std::int64_t reach = std::int64_t{window.kernel[axis] - 1} * window.dilation[axis] + 1;
    const std::int64_t padded = checked_add(
        in[axis + 1], std::int64_t{window.pad_begin[axis]} + window.pad_end[axis], where_.c_str());
    if (padded < reach) bad("a window of {} does not fit into {} padded cells", reach, padded);
    const std::int64_t room = padded - reach;
    std::int64_t extent = room / window.stride[axis] + 1;
    if (ceil_mode && room % window.stride[axis] != 0 &&
        extent * window.stride[axis] < in[axis + 1] + window.pad_begin[axis]) {
      ++extent;  // as PyTorch and ONNX 1.16: a last window must start inside the image or its left
                 // padding
    }
    return extent;
  }
  Shape pool(const Window& window, bool ceil_mode) const {
    const Shape& in = image_input();
    check_window(window, /*pads_below_kernel=*/true);
    return {in[0], window_extent(window, in, 0, ceil_mode),
            window_extent(window, in, 1, ceil_mode)};
  }

  const std::vector<Shape>& inputs_;
  const std::string& where_;
};

}  // namespace

std::int64_t checked_count(const Shape& shape, const std::string& where) {
  std::int64_t count = 1;
  for (const std::int64_t extent : shape) {
    if (extent < 0) {
      throw Error(ErrorCode::kBadModel, where, fmt::format("asks for the extent {}", extent));
    }
    count = checked_mul(count, extent, where.c_str());
  }
  return count;
}

Shape broadcast_shape(const Shape& a, const Shape& b, const std::string& where) {
  Shape out(std::max(a.size(), b.size()));
  for (std::size_t i = 0; i < out.size(); ++i) {
    const std::int64_t from_a = i < a.size() ? a[a.size() - 1 - i] : 1;
    const std::int64_t from_b = i < b.size() ? b[b.size() - 1 - i] : 1;
    if (from_a != from_b && from_a != 1 && from_b != 1) {
      throw Error(ErrorCode::kBadModel, where,
                  fmt::format("shapes {} and {} do not broadcast", to_string(a), to_string(b)));
    }
    out[out.size() - 1 - i] = from_a == 1 ? from_b : from_a;
  }
  return out;
}

Shape infer_shape(const Op& op, const std::vector<Shape>& inputs, const std::string& where) {
  for (const Shape& shape : inputs) {
    for (const std::int64_t extent : shape) {
      if (extent < 1) {
        throw Error(ErrorCode::kBadModel, where,
                    fmt::format("input {} has an empty axis", to_string(shape)));
      }
    }
  }
  const Shape out = std::visit(Inference(inputs, where), op);
  checked_count(out, where);  // refuses a product that overflows
  return out;
}

}  // namespace ripple
