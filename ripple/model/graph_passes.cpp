#include "ripple/model/graph_passes.h"

#include <cmath>
#include <utility>
#include <vector>

#include "ripple/model/model.h"

namespace ripple {
namespace {

/// How many nodes read each value; the logits count as read once more.
std::vector<int> readers_of(const Graph& graph) {
  std::vector<int> readers(graph.values.size(), 0);
  for (const Node& node : graph.nodes) {
    for (const ValueId input : node.inputs) ++readers[static_cast<std::size_t>(input)];
  }
  ++readers[static_cast<std::size_t>(graph.logits)];
  return readers;
}

/// Index of the node that writes each value; -1 for the input.
std::vector<int> writers_of(const Graph& graph) {
  std::vector<int> writers(graph.values.size(), -1);
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    writers[static_cast<std::size_t>(graph.nodes[i].output)] = static_cast<int>(i);
  }
  return writers;
}

/// Drops the marked nodes. Where node i goes, the writer of its input takes over its output.
Graph without_nodes(Graph graph, const std::vector<bool>& dropped) {
  const std::vector<int> writers = writers_of(graph);
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    if (!dropped[i]) continue;
    const ValueId input = graph.nodes[i].inputs[0];
    graph.nodes[static_cast<std::size_t>(writers[static_cast<std::size_t>(input)])].output =
        graph.nodes[i].output;
  }
  // Values are numbered in the order in which they are written, as GraphBuilder does.
  std::vector<ValueId> renumbered(graph.values.size(), -1);
  std::vector<Value> values;
  const auto keep = [&](ValueId id) {
    renumbered[static_cast<std::size_t>(id)] = static_cast<ValueId>(values.size());
    values.push_back(std::move(graph.values[static_cast<std::size_t>(id)]));
  };
  const auto moved = [&](ValueId id) { return renumbered[static_cast<std::size_t>(id)]; };
  keep(graph.input);
  std::vector<Node> nodes;
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    if (dropped[i]) continue;
    Node& node = graph.nodes[i];
    for (ValueId& input : node.inputs) input = moved(input);
    keep(node.output);
    node.output = moved(node.output);
    nodes.push_back(std::move(node));
  }
  graph.values = std::move(values);
  graph.nodes = std::move(nodes);
  graph.input = moved(graph.input);
  graph.logits = moved(graph.logits);
  return graph;
}

}  // namespace

Graph fuse_bias(Graph graph, const std::unordered_set<std::string>& without_bias) {
  const std::vector<int> readers = readers_of(graph);
  const std::vector<int> writers = writers_of(graph);
  std::vector<bool> dropped(graph.nodes.size(), false);
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    const auto* add = std::get_if<Binary>(&graph.nodes[i].op);
    if (add == nullptr || add->kind != BinaryKind::kAdd || !add->has_constant) continue;
    const auto input = static_cast<std::size_t>(graph.nodes[i].inputs[0]);
    if (writers[input] < 0 || readers[input] != 1) continue;
    Node& node = graph.nodes[static_cast<std::size_t>(writers[input])];
    auto* gemm = std::get_if<Gemm>(&node.op);
    const bool fits = add->constant.shape == Shape{} || add->constant.shape == Shape{1} ||
                      add->constant.shape == graph.shape(graph.nodes[i].output);
    if (gemm == nullptr || !fits || !without_bias.contains(node.name) ||
        graph.shape(graph.nodes[i].output) != graph.shape(node.output) ||
        dropped[static_cast<std::size_t>(writers[input])]) {
      continue;
    }
    const std::vector<float>& added = add->constant.data;
    for (std::size_t k = 0; k < gemm->bias.data.size(); ++k) {
      gemm->bias.data[k] = added[added.size() == 1 ? 0 : k];
    }
    dropped[i] = true;
  }
  return without_nodes(std::move(graph), dropped);
}

Graph fold_batch_normalization(const Graph& graph) {
  Graph out = graph;
  const std::vector<int> readers = readers_of(graph);
  const std::vector<int> writers = writers_of(graph);
  std::vector<bool> dropped(graph.nodes.size(), false);
  for (std::size_t i = 0; i < out.nodes.size(); ++i) {
    const auto* norm = std::get_if<BatchNormalization>(&out.nodes[i].op);
    if (norm == nullptr) continue;
    const auto input = static_cast<std::size_t>(out.nodes[i].inputs[0]);
    if (writers[input] < 0 || readers[input] != 1) continue;
    auto* conv = std::get_if<Conv>(&out.nodes[static_cast<std::size_t>(writers[input])].op);
    if (conv == nullptr) continue;
    const std::size_t channels = conv->bias.data.size();
    const std::size_t per_channel = conv->weight.data.size() / channels;
    for (std::size_t k = 0; k < channels; ++k) {
      const double factor = norm->scale.data[k] /
                            std::sqrt(static_cast<double>(norm->variance.data[k]) + norm->epsilon);
      for (std::size_t j = k * per_channel; j < (k + 1) * per_channel; ++j) {
        conv->weight.data[j] = static_cast<float>(conv->weight.data[j] * factor);
      }
      conv->bias.data[k] = static_cast<float>(
          (static_cast<double>(conv->bias.data[k]) - norm->mean.data[k]) * factor +
          norm->bias.data[k]);
    }
    dropped[i] = true;
  }
  return without_nodes(std::move(out), dropped);
}

}  // namespace ripple
