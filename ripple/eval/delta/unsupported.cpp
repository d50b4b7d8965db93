#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include "ripple/eval/delta/plan.h"

namespace ripple::delta {

namespace {

constexpr std::int64_t kMostWeights = std::int64_t{1} << 28;  // of a node, as they are stored
constexpr std::int64_t kMostInAll = std::int64_t{1} << 29;    // of a network: 2 GB

bool is_view(const Op& op) {
  return std::holds_alternative<Reshape>(op) || std::holds_alternative<Transpose>(op);
}

/// [C, H, W] or [F]: what has a layout.
bool has_layout(const Shape& shape) {
  return shape.size() == 3 || shape.size() == 1;
}

std::string binary_problem(const Graph& graph, const Node& node, const Binary& op) {
  const Shape& out = graph.shape(node.output);
  if (op.has_constant) {
    return graph.shape(node.inputs[0]) == out ? "" : "the constant makes the activation larger";
  }
  for (const ValueId id : node.inputs) {
    const Shape& in = graph.shape(id);
    const bool single = out.size() == 3 && in == Shape{out[0], 1, 1};
    if (in != out && !single) {
      return fmt::format("shapes {} and {} are neither equal nor [C, 1, 1] beside [C, H, W]",
                         to_string(graph.shape(node.inputs[0])),
                         to_string(graph.shape(node.inputs[1])));
    }
  }
  return "";
}

std::string op_problem(const Graph& graph, const Node& node) {
  const auto fine = [] { return std::string(); };
  return std::visit(Overloaded{
                        [&](const Conv&) { return fine(); },
                        [&](const BatchNormalization&) { return fine(); },
                        [&](const Relu&) { return fine(); },
                        [&](const LeakyRelu&) { return fine(); },
                        [&](const Clip&) { return fine(); },
                        [&](const Sigmoid&) { return fine(); },
                        [&](const Tanh&) { return fine(); },
                        [&](const HardSigmoid&) { return fine(); },
                        [&](const HardSwish&) { return fine(); },
                        [&](const Elu&) { return fine(); },
                        [&](const PRelu&) { return fine(); },
                        [&](const Binary& op) { return binary_problem(graph, node, op); },
                        [&](const Concat&) { return fine(); },
                        [&](const MaxPool&) { return fine(); },
                        [&](const AveragePool&) { return fine(); },
                        [&](const GlobalAveragePool&) { return fine(); },
                        [&](const Lrn&) { return fine(); },
                        [&](const Gemm&) { return fine(); },
                        [&](const Reshape&) { return fine(); },
                        [&](const Transpose&) { return fine(); },
                        [&](const Pad&) { return fine(); },
                        [&](const Slice&) { return fine(); },
                        [&](const Softmax&) {
                          return std::string("a softmax inside the network changes every number");
                        },
                    },
                    node.op);
}

/// Activations of other ranks may only pass through shape changes.
std::string rank_problem(const Graph& graph, const Node& node) {
  for (const ValueId id : node.inputs) {
    if (!has_layout(graph.shape(id)) && !is_view(node.op)) {
      return fmt::format("its input has shape {}, not [C, H, W] or [F]",
                         to_string(graph.shape(id)));
    }
  }
  if (!has_layout(graph.shape(node.output)) && !is_view(node.op)) {
    return fmt::format("its output has shape {}, not [C, H, W] or [F]",
                       to_string(graph.shape(node.output)));
  }
  return "";
}

std::int64_t padded(std::int64_t channels) {
  return (channels + kBlock - 1) / kBlock * kBlock;
}

std::int64_t padded_count(const Shape& shape) {
  return padded(shape[0]) * (shape.size() == 3 ? shape[1] * shape[2] : 1);
}

/// What holds the numbers that shape changes pass on to `id`.
ValueId source_of(const Graph& graph, ValueId id) {
  for (auto node = graph.nodes.rbegin(); node != graph.nodes.rend(); ++node) {
    if (node->output == id && is_view(node->op)) id = node->inputs[0];
  }
  return id;
}

/// Weights as they are stored, channels padded to whole blocks: a convolution's with the zeros
/// between its groups, but of a depthwise one, a fully connected layer's in the layout of what it
/// reads.
std::int64_t stored_weights(const Graph& graph, const Node& node) {
  const Shape& shape = graph.shape(node.output);
  if (std::holds_alternative<Gemm>(node.op)) {
    const Shape& source = graph.shape(source_of(graph, node.inputs[0]));
    return has_layout(source) ? padded_count(source) * padded(shape[0]) : 0;
  }
  const auto* conv = std::get_if<Conv>(&node.op);
  if (conv == nullptr) return 0;
  const std::int64_t in = graph.shape(node.inputs[0])[0];
  const bool depthwise = conv->groups > 1 && conv->groups == in && conv->groups == shape[0];
  const std::int64_t taps = std::int64_t{conv->window.kernel[0]} * conv->window.kernel[1];
  return (depthwise ? 1 : padded(in)) * padded(shape[0]) * taps;
}

/// Convolutions store where the weights of an input channel begin in 32 bits, in bytes. (Fully
/// connected layers cannot reach that: all their weights take fewer bytes.)
std::string weight_problem(const Graph& graph, const Node& node) {
  const std::int64_t stored = stored_weights(graph, node);
  std::int64_t reach = 0;
  if (const auto* conv = std::get_if<Conv>(&node.op)) {
    const std::int64_t taps = std::int64_t{conv->window.kernel[0]} * conv->window.kernel[1];
    if (stored > padded(graph.shape(node.output)[0]) * taps) {  // not depthwise
      reach = padded(graph.shape(node.inputs[0])[0]) *
              std::max(taps * kBlock, padded(graph.shape(node.output)[0]));
    }
  }
  const bool fits = stored <= kMostWeights && reach * std::int64_t{sizeof(float)} <= INT32_MAX;
  return fits ? "" : "its weights are too large";
}

/// Whether all that read `id` are shape changes, fully connected layers and a concatenation that is
/// the answer, which never list it itself; what a further shape change makes of it is another
/// node's business.
bool is_only_seen_through(const Graph& graph, ValueId id) {
  return std::all_of(graph.nodes.begin(), graph.nodes.end(), [&](const Node& node) {
    const bool reads = std::count(node.inputs.begin(), node.inputs.end(), id) > 0;
    const bool is_answer = std::holds_alternative<Concat>(node.op) && node.output == graph.logits;
    return !reads || is_view(node.op) || std::holds_alternative<Gemm>(node.op) || is_answer;
  });
}

/// Kernels keep columns in 16 bits and places in 32.
std::string size_problem(const Graph& graph, const Node& node) {
  const Shape& shape = graph.shape(node.output);
  if (!has_layout(shape)) return "";
  if (shape.size() == 3 && std::max(shape[1], shape[2]) > 16000) {
    return "its output is more than 16,000 cells wide or high";
  }
  // Lists of changed channels have 16-bit numbers; nobody makes lists of the logits, nor of a shape
  // change through which a fully connected layer reads what is before it.
  const bool listed = node.output != graph.logits &&
                      !(is_view(node.op) && is_only_seen_through(graph, node.output));
  if ((listed && shape[0] > 60000) || element_count(shape) > (std::int64_t{1} << 27)) {
    return "its output is too large";
  }
  if (parameter_count(node.op) > kMostWeights) return "its weights are too large";
  return "";
}

}  // namespace

std::optional<std::string> unsupported(const Graph& graph) {
  const auto named = [](const Node& node, const std::string& why) {
    return fmt::format("node '{}' ({}): {}", node.name, op_name(node.op), why);
  };
  const Shape& input = graph.shape(graph.input);
  if (input.size() != 3 || input[0] != 3 || std::max(input[1], input[2]) > 16000) {
    return fmt::format("the input is {}, not [3, H, W]", to_string(input));
  }
  std::int64_t stored = 0;
  for (const Node& node : graph.nodes) {
    for (const std::string& why :
         {op_problem(graph, node), rank_problem(graph, node), size_problem(graph, node)}) {
      if (!why.empty()) return named(node, why);
    }
    // Of nodes whose shapes fit.
    if (const std::string why = weight_problem(graph, node); !why.empty()) return named(node, why);
    stored += stored_weights(graph, node);
    if (stored > kMostInAll) {
      return named(node,
                   "the network's weights up to here, with the zeros between groups of "
                   "channels, take more than 2 GB");
    }
  }
  return std::nullopt;
}

}  // namespace ripple::delta
