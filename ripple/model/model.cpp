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

const Preprocessing& require_preprocessing(const Model& model) {
  if (!model.preprocessing) {
    throw Error(ErrorCode::kBadModel, model.path,
                "does not say how an image becomes its input; give --mean and --std, or write them "
                "into the file with ripple annotate");
  }
  try {
    check_preprocessing(*model.preprocessing, model.graph.channels(), model.path);
  } catch (const Error& error) {
    throw Error(ErrorCode::kBadModel, model.path,
                std::string_view(error.what()).substr(model.path.size() + 2));
  }
  return *model.preprocessing;
}

}  // namespace ripple
