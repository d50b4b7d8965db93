#include <algorithm>
#include <filesystem>

#include <fmt/format.h>
#include <onnx/onnx_pb.h>

#include "ripple/base/error.h"
#include "ripple/base/file.h"
#include "ripple/model/metadata.h"
#include "ripple/model/model.h"
#include "ripple/model/onnx_file.h"
#include "ripple/model/onnx_import.h"
#include "ripple/model/onnx_serialize.h"

namespace ripple {
namespace {

bool has_external_data(const onnx::ModelProto& proto) {
  const auto is_external = [](const onnx::TensorProto& tensor) {
    return tensor.data_location() == onnx::TensorProto::EXTERNAL;
  };
  const auto& graph = proto.graph();
  if (std::any_of(graph.initializer().begin(), graph.initializer().end(), is_external)) return true;
  for (const auto& node : graph.node()) {
    for (const auto& attribute : node.attribute()) {
      if (attribute.has_t() && is_external(attribute.t())) return true;
    }
  }
  return false;
}

std::filesystem::path folder_of(const std::filesystem::path& path) {
  std::error_code ignored;
  const auto folder = path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
  const auto canonical = std::filesystem::weakly_canonical(folder, ignored);
  return ignored ? folder : canonical;
}

}  // namespace

void annotate_onnx(const std::filesystem::path& in, const std::filesystem::path& out,
                   const std::optional<Preprocessing>& preprocessing,
                   const std::vector<std::string>& labels, const ModelLimits& limits) {
  const auto bytes = read_file(in, kMaxOnnxBytes);
  const auto folder = in.has_parent_path() ? in.parent_path() : std::filesystem::path(".");
  // Validated on its own: reading takes the parsed message apart.
  const Graph graph = read_onnx_graph(bytes, folder, in.string(), limits);
  check_colour_input(graph, in.string());
  const OnnxFile file = parse_onnx(bytes, in.string());
  if (preprocessing) check_preprocessing(*preprocessing, graph.channels(), "--mean, --std");
  if (!labels.empty()) check_labels(labels, graph.classes(), "--labels");
  if (has_external_data(*file.model) && folder_of(in) != folder_of(out)) {
    throw Error(ErrorCode::kBadArgument, out.string(),
                fmt::format("the weights of '{}' lie in a file beside it; write the annotated "
                            "model into the same folder",
                            in.string()));
  }
  write_metadata(preprocessing, labels, *file.model);
  write_file(out, serialize(*file.model, in.string()));
}

}  // namespace ripple
