#include "ripple/analysis/layers.h"

#include <algorithm>
#include <functional>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "ripple/base/error.h"

namespace ripple {
namespace {

bool is_activation(const Op& op) {
  return std::holds_alternative<Relu>(op) || std::holds_alternative<LeakyRelu>(op) ||
         std::holds_alternative<Clip>(op) || std::holds_alternative<Sigmoid>(op) ||
         std::holds_alternative<Tanh>(op) || std::holds_alternative<HardSigmoid>(op) ||
         std::holds_alternative<HardSwish>(op) || std::holds_alternative<Elu>(op) ||
         std::holds_alternative<PRelu>(op);
}

std::vector<std::string> parts_of(const std::string& text) {
  std::vector<std::string> parts;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t next = std::min(text.find(',', at), text.size());
    parts.push_back(text.substr(at, next - at));
    at = next + 1;
  }
  return parts;
}

[[noreturn]] void refuse(const Graph& graph, const std::string& problem) {
  std::vector<std::string> names;
  for (const Node& node : graph.nodes) {
    if (graph.shape(node.output).size() == 3) names.push_back(node.name);
  }
  throw Error(ErrorCode::kBadArgument, "--layers",
              fmt::format("{}; there are {}", problem, fmt::join(names, ", ")));
}

}  // namespace

std::vector<Layer> choose_layers(const Graph& graph, const std::string& selection) {
  std::function<bool(const Node&)> wanted;
  std::set<std::string> missing;
  if (selection == "all") {
    wanted = [](const Node&) { return true; };
  } else if (selection == "conv") {
    wanted = [](const Node& node) { return std::holds_alternative<Conv>(node.op); };
  } else if (selection == "activation") {
    wanted = [](const Node& node) { return is_activation(node.op); };
  } else {
    const std::vector<std::string> parts = parts_of(selection);
    missing.insert(parts.begin(), parts.end());
    wanted = [names = missing](const Node& node) { return names.count(node.name) > 0; };
  }
  const std::vector<ReceptiveField> fields = receptive_fields(graph);
  std::vector<Layer> layers;
  for (const Node& node : graph.nodes) {
    const Shape& shape = graph.shape(node.output);
    if (shape.size() != 3 || !wanted(node)) continue;
    layers.push_back({node.name, node.output, static_cast<int>(shape[0]),
                      static_cast<int>(shape[1]), static_cast<int>(shape[2]),
                      fields[static_cast<std::size_t>(node.output)]});
    missing.erase(node.name);
  }
  if (!missing.empty())
    refuse(graph, fmt::format("'{}' is no layer of feature maps", *missing.begin()));
  if (layers.empty()) refuse(graph, fmt::format("the network has no layer for '{}'", selection));
  return layers;
}

bool field_holds(const ReceptiveField& field, int cell_row, int cell_column, int x, int y) {
  if (field.global) return true;
  const std::int64_t top = field.start[0] + field.jump[0] * cell_row;
  const std::int64_t left = field.start[1] + field.jump[1] * cell_column;
  return y >= top && y < top + field.size[0] && x >= left && x < left + field.size[1];
}

}  // namespace ripple
