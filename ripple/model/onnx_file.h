#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>

namespace onnx {
class ModelProto;
}

namespace ripple {

/// An ONNX file taken apart, its envelope checked: IR version, one import of the default operator
/// set in 7..18, a graph. Nothing in the graph is checked yet.
struct OnnxFile {
  std::unique_ptr<onnx::ModelProto> model;
  int opset = 0;

  OnnxFile();
  OnnxFile(OnnxFile&&) noexcept;
  ~OnnxFile();
};

/// Parses the bytes of an ONNX file within fixed limits on size, depth and number of fields.
/// Errors: kBadModel, kUnsupportedOp naming `where`.
OnnxFile parse_onnx(std::span<const std::uint8_t> bytes, const std::string& where);

/// Largest file that is read: the limit of the format's encoding.
inline constexpr std::int64_t kMaxOnnxBytes = INT32_MAX;

}  // namespace ripple
