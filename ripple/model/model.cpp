#include "ripple/model/model.h"

#include <utility>

#include <fmt/format.h>
#include <onnx/onnx_pb.h>

#include "ripple/base/error.h"
#include "ripple/base/file.h"
#include "ripple/base/hash.h"
#include "ripple/model/metadata.h"
#include "ripple/model/onnx_file.h"
#include "ripple/model/onnx_import.h"

namespace ripple {

Graph read_onnx_graph(std::span<const std::uint8_t> bytes, const std::filesystem::path& folder,
                      const std::string& where, const ModelLimits& limits) {
  const OnnxFile file = parse_onnx(bytes, where);
  return import_graph(*file.model->mutable_graph(), file.opset, folder, where, limits);
}

Model read_onnx(std::span<const std::uint8_t> bytes, const std::filesystem::path& folder,
                const std::string& where, const ModelLimits& limits) {
  OnnxFile file = parse_onnx(bytes, where);
  Model model;
  std::string external;
  model.graph =
      import_graph(*file.model->mutable_graph(), file.opset, folder, where, limits, &external);
  read_metadata(*file.model, model, where);
  model.sha256 = sha256_hex(bytes);
  if (!external.empty()) {
    const std::string parts = model.sha256 + external;
    model.sha256 = sha256_hex({reinterpret_cast<const std::uint8_t*>(parts.data()), parts.size()});
  }
  model.path = where;
  return model;
}

Model read_onnx(const std::filesystem::path& path, const ModelLimits& limits) {
  const auto bytes = read_file(path, kMaxOnnxBytes);
  const std::filesystem::path folder = path.has_parent_path() ? path.parent_path() : ".";
  return read_onnx(bytes, folder, path.string(), limits);
}

void check_colour_input(const Graph& graph, const std::string& where) {
  const Shape& input = graph.shape(graph.input);
  if (input.size() == 3 && input[0] == 3) return;
  throw Error(
      ErrorCode::kBadModel, where,
      fmt::format("only three colour channels (RGB) are supported, this network's input has "
                  "{} ({}, channels x rows x columns); export it for colour images",
                  input.empty() ? 0 : input[0], to_string(input)));
}

const Preprocessing& require_preprocessing(const Model& model) {
  check_colour_input(model.graph, model.path);
  if (!model.preprocessing) {
    throw Error(ErrorCode::kBadModel, model.path,
                "does not say how an image becomes its input; give --mean and --std, or write them "
                "into the file with ripple annotate");
  }
  try {
    check_preprocessing(*model.preprocessing, model.graph.channels(), model.path);
  } catch (const Error& error) {
    throw Error(ErrorCode::kBadModel, model.path, error.problem());
  }
  return *model.preprocessing;
}

std::optional<std::string> score_caution(const Graph& graph) {
  if (graph.ends_in_softmax) return std::nullopt;
  // Every reader stands behind its writer, so that one walk backwards meets the writers in turn.
  ValueId wanted = graph.logits;
  for (auto node = graph.nodes.rbegin(); node != graph.nodes.rend(); ++node) {
    if (node->output != wanted) continue;
    if (std::holds_alternative<Reshape>(node->op)) {
      wanted = node->inputs[0];
      continue;
    }
    const bool is_tanh = std::holds_alternative<Tanh>(node->op);
    if (!is_tanh && !std::holds_alternative<Sigmoid>(node->op) &&
        !std::holds_alternative<HardSigmoid>(node->op)) {
      break;
    }
    return fmt::format(
        "its last operator is a {0} ('{1}'): its scores, from {2} to 1, are no logits, and the "
        "softmax that Ripple takes of them makes nearly equal probabilities. The class with the "
        "largest score is right; for the rest export the network without that {0}",
        op_name(node->op), node->name, is_tanh ? -1 : 0);
  }
  return std::nullopt;
}

}  // namespace ripple
