#include "ripple/eval/dense/blocked_ops.h"

#include <ATen/Context.h>

namespace ripple::dense {
namespace {

using Sizes = std::vector<std::int64_t>;

Sizes pair(const std::array<int, 2>& values) {
  return {values[0], values[1]};
}

bool is_undilated(const Window& window) {
  return window.dilation == std::array<int, 2>{1, 1};
}

/// Which operators have a blocked form. Everything else is answered by run_op(), on plain tensors.
bool has_blocked_form(const Node& node, const Graph& graph) {
  if (graph.shape(node.output).size() != 3) return false;
  return std::visit(Overloaded{
                        [](const Conv& op) { return op.window.pad_begin == op.window.pad_end; },
                        [](const BatchNormalization&) { return true; },
                        [](const Relu&) { return true; },
                        [&](const Binary& op) {
                          return op.kind == BinaryKind::kAdd && !op.has_constant &&
                                 graph.shape(node.inputs[0]) == graph.shape(node.inputs[1]);
                        },
                        [](const MaxPool& op) {
                          return is_simple_pool(op.window, op.ceil_mode) && is_undilated(op.window);
                        },
                        [](const AveragePool& op) {
                          return is_simple_pool(op.window, op.ceil_mode) && is_undilated(op.window);
                        },
                        [](const LeakyRelu&) { return false; },
                        [](const Clip&) { return false; },
                        [](const Sigmoid&) { return false; },
                        [](const Tanh&) { return false; },
                        [](const HardSigmoid&) { return false; },
                        [](const HardSwish&) { return false; },
                        [](const Elu&) { return false; },
                        [](const PRelu&) { return false; },
                        [](const Concat&) { return false; },
                        [](const GlobalAveragePool&) { return false; },
                        [](const Lrn&) { return false; },
                        [](const Gemm&) { return false; },
                        [](const Reshape&) { return false; },
                        [](const Transpose&) { return false; },
                        [](const Pad&) { return false; },
                        [](const Slice&) { return false; },
                        [](const Softmax&) { return false; },
                    },
                    node.op);
}

at::Tensor add(const std::vector<at::Tensor>& inputs, const std::vector<bool>& may_overwrite) {
  at::Tensor a = inputs[0];
  at::Tensor b = inputs[1];
  if (may_overwrite[0]) return a.add_(b);
  if (may_overwrite[1]) return b.add_(a);
  return at::add(a, b);
}

}  // namespace

std::optional<BlockedOp> BlockedOp::make(const Node& node, const Graph& graph) {
  if (!at::hasMKLDNN() || !has_blocked_form(node, graph)) return std::nullopt;
  BlockedOp out(node.op);
  for (const at::Tensor& constant : make_constants(node.op, at::kCPU)) {
    out.constants_.push_back(constant.to_mkldnn());
  }
  if (const auto* conv = std::get_if<Conv>(&node.op)) {
    const Window& w = conv->window;
    out.constants_[0] = at::mkldnn_reorder_conv2d_weight(
        out.constants_[0], pair(w.pad_begin), pair(w.stride), pair(w.dilation), conv->groups);
  }
  return out;
}

at::Tensor BlockedOp::run(const std::vector<at::Tensor>& inputs,
                          const std::vector<bool>& may_overwrite) const {
  at::Tensor in = inputs.front();
  if (const auto* op = std::get_if<Conv>(op_)) {
    const Window& w = op->window;
    return at::mkldnn_convolution(in, constants_[0], constants_[1], pair(w.pad_begin),
                                  pair(w.stride), pair(w.dilation), op->groups);
  }
  if (const auto* op = std::get_if<BatchNormalization>(op_)) {
    return at::batch_norm(in, constants_[0], constants_[1], constants_[2], constants_[3],
                          /*training=*/false, /*momentum=*/0.0, op->epsilon,
                          /*cudnn_enabled=*/false);
  }
  if (const auto* op = std::get_if<MaxPool>(op_)) {
    const Window& w = op->window;
    return at::max_pool2d(in, pair(w.kernel), pair(w.stride), pair(w.pad_begin), {1, 1}, false);
  }
  if (const auto* op = std::get_if<AveragePool>(op_)) {
    const Window& w = op->window;
    return at::avg_pool2d(in, pair(w.kernel), pair(w.stride), pair(w.pad_begin), false,
                          op->count_include_pad);
  }
  if (std::holds_alternative<Binary>(*op_)) return add(inputs, may_overwrite);
  return may_overwrite[0] ? in.relu_() : at::relu(in);
}

}  // namespace ripple::dense
