#include "ripple/model/graph.h"

#include <algorithm>
#include <functional>
#include <string_view>

namespace ripple {
namespace {

std::int64_t count(const Tensor& tensor) {
  return static_cast<std::int64_t>(tensor.data.size());
}

constexpr std::int64_t kLargestField = std::int64_t{1} << 31;

/// The union of two fields over the same grid of cells.
ReceptiveField united(const ReceptiveField& a, const ReceptiveField& b) {
  ReceptiveField out = a;
  // Cells of grids of another pitch do not lie at the same places.
  out.global = a.global || b.global || a.jump != b.jump;
  for (int i = 0; i < 2; ++i) {
    const std::int64_t begin = std::min(a.start[i], b.start[i]);
    const std::int64_t end = std::max(a.start[i] + a.size[i], b.start[i] + b.size[i]);
    out.start[i] = begin;
    out.size[i] = end - begin;
  }
  return out;
}

ReceptiveField through(const Window& window, const ReceptiveField& in) {
  ReceptiveField out = in;
  for (int i = 0; i < 2; ++i) {
    out.size[i] = in.size[i] + std::int64_t{window.kernel[i] - 1} * window.dilation[i] * in.jump[i];
    out.start[i] = in.start[i] - window.pad_begin[i] * in.jump[i];
    out.jump[i] = in.jump[i] * window.stride[i];
    // Beyond any image; further strides would overflow.
    out.global = out.global || out.size[i] > kLargestField || out.jump[i] > kLargestField;
  }
  return out;
}

/// Pad and Slice shift (and thin out) the rows and columns of an image activation.
ReceptiveField shifted(const ReceptiveField& in, std::size_t rank,
                       const std::vector<std::int64_t>& first,
                       const std::vector<std::int64_t>& step) {
  ReceptiveField out = in;
  if (rank != 3) {
    out.global = true;
    return out;
  }
  for (std::size_t i = 0; i < 2; ++i) {
    out.start[i] = in.start[i] + first[i + 1] * in.jump[i];
    out.jump[i] = in.jump[i] * step[i + 1];
    // Backwards: the recurrences know no such grid.
    out.global = out.global || step[i + 1] < 0 || out.jump[i] > kLargestField;
  }
  return out;
}

}  // namespace

std::string_view op_name(const Op& op) {
  return std::visit(Overloaded{
                        [](const Conv&) { return "Conv"; },
                        [](const BatchNormalization&) { return "BatchNormalization"; },
                        [](const Relu&) { return "Relu"; },
                        [](const LeakyRelu&) { return "LeakyRelu"; },
                        [](const Clip&) { return "Clip"; },
                        [](const Sigmoid&) { return "Sigmoid"; },
                        [](const Tanh&) { return "Tanh"; },
                        [](const HardSigmoid&) { return "HardSigmoid"; },
                        [](const HardSwish&) { return "HardSwish"; },
                        [](const Elu&) { return "Elu"; },
                        [](const PRelu&) { return "PRelu"; },
                        [](const Binary& b) {
                          switch (b.kind) {
                            case BinaryKind::kAdd:
                              return "Add";
                            case BinaryKind::kSub:
                              return "Sub";
                            case BinaryKind::kMul:
                              return "Mul";
                            case BinaryKind::kDiv:
                              return "Div";
                          }
                          return "Binary";
                        },
                        [](const Concat&) { return "Concat"; },
                        [](const MaxPool&) { return "MaxPool"; },
                        [](const AveragePool&) { return "AveragePool"; },
                        [](const GlobalAveragePool&) { return "GlobalAveragePool"; },
                        [](const Lrn&) { return "LRN"; },
                        [](const Gemm&) { return "Gemm"; },
                        [](const Reshape&) { return "Reshape"; },
                        [](const Transpose&) { return "Transpose"; },
                        [](const Pad&) { return "Pad"; },
                        [](const Slice&) { return "Slice"; },
                        [](const Softmax&) { return "Softmax"; },
                    },
                    op);
}

std::int64_t multiply_adds(const Graph& graph, const Node& node) {
  if (const auto* conv = std::get_if<Conv>(&node.op)) {
    const Shape& out = graph.shape(node.output);
    return count(conv->weight) * out[1] * out[2];
  }
  if (const auto* gemm = std::get_if<Gemm>(&node.op)) return count(gemm->weight);
  return 0;
}

std::int64_t parameter_count(const Op& op) {
  if (const auto* conv = std::get_if<Conv>(&op)) return count(conv->weight) + count(conv->bias);
  if (const auto* gemm = std::get_if<Gemm>(&op)) return count(gemm->weight) + count(gemm->bias);
  if (const auto* norm = std::get_if<BatchNormalization>(&op)) return 4 * count(norm->scale);
  if (const auto* prelu = std::get_if<PRelu>(&op)) return count(prelu->slope);
  if (const auto* binary = std::get_if<Binary>(&op)) return count(binary->constant);
  return 0;
}

std::vector<ReceptiveField> receptive_fields(const Graph& graph) {
  std::vector<ReceptiveField> fields(graph.values.size());
  const auto at = [&](ValueId id) -> ReceptiveField& {
    return fields[static_cast<std::size_t>(id)];
  };
  for (const Node& node : graph.nodes) {
    ReceptiveField joined = at(node.inputs[0]);
    for (const ValueId input : node.inputs) joined = united(joined, at(input));
    const std::size_t rank = graph.shape(node.inputs[0]).size();
    ReceptiveField& out = at(node.output);
    out = joined;
    if (const auto* conv = std::get_if<Conv>(&node.op)) {
      out = through(conv->window, joined);
    } else if (const auto* max_pool = std::get_if<MaxPool>(&node.op)) {
      out = through(max_pool->window, joined);
    } else if (const auto* average = std::get_if<AveragePool>(&node.op)) {
      out = through(average->window, joined);
    } else if (const auto* pad = std::get_if<Pad>(&node.op)) {
      std::vector<std::int64_t> first(pad->begin.size());
      std::transform(pad->begin.begin(), pad->begin.end(), first.begin(), std::negate<>());
      out = shifted(joined, rank, first, std::vector<std::int64_t>(rank, 1));
    } else if (const auto* slice = std::get_if<Slice>(&node.op)) {
      out = shifted(joined, rank, slice->start, slice->step);
    } else if (std::holds_alternative<GlobalAveragePool>(node.op) ||
               std::holds_alternative<Gemm>(node.op) || std::holds_alternative<Reshape>(node.op) ||
               std::holds_alternative<Transpose>(node.op) ||
               std::holds_alternative<Softmax>(node.op)) {
      out.global = true;
    }
    if (out.global) {
      out.size = {graph.height(), graph.width()};
      out.start = {0, 0};
      out.jump = {1, 1};
    }
  }
  return fields;
}

}  // namespace ripple
