#include "ripple/model/onnx_file.h"

#include <fmt/format.h>
#include <google/protobuf/io/coded_stream.h>
#include <onnx/onnx_pb.h>

#include "ripple/base/error.h"
#include "ripple/model/onnx_names.h"
#include "ripple/model/onnx_scan.h"

namespace ripple {
namespace {

constexpr std::int64_t kFirstIr = 3;
constexpr std::int64_t kLastIr = 13;
constexpr std::int64_t kFirstOpset = 7;
constexpr std::int64_t kLastOpset = 18;
/// ModelProto > GraphProto > ValueInfoProto > TypeProto > Tensor > TensorShapeProto > Dimension
constexpr int kMaxDepth = 16;

int opset_of(const onnx::ModelProto& model, const std::string& where) {
  std::int64_t opset = 0;
  for (const auto& import : model.opset_import()) {
    // Other operator sets may be imported; only nodes that use one are refused.
    if (!import.domain().empty() && import.domain() != "ai.onnx") continue;
    if (opset != 0) throw Error(ErrorCode::kBadModel, where, "imports the operator set twice");
    opset = import.version();
    if (opset < kFirstOpset || opset > kLastOpset) {
      throw Error(ErrorCode::kUnsupportedOp, where,
                  fmt::format("uses operator set {}; export it with {} to {}", opset, kFirstOpset,
                              kLastOpset));
    }
  }
  if (opset == 0) throw Error(ErrorCode::kBadModel, where, "names no operator set; is it ONNX?");
  return static_cast<int>(opset);
}

}  // namespace

OnnxFile::OnnxFile() : model(std::make_unique<onnx::ModelProto>()) {}
OnnxFile::OnnxFile(OnnxFile&&) noexcept = default;
OnnxFile::~OnnxFile() = default;

OnnxFile parse_onnx(std::span<const std::uint8_t> bytes, const std::string& where) {
  if (static_cast<std::int64_t>(bytes.size()) > kMaxOnnxBytes) {
    throw Error(ErrorCode::kBadModel, where,
                fmt::format("has {} bytes, more than ONNX allows", bytes.size()));
  }
  scan_onnx(bytes, where);
  OnnxFile file;
  google::protobuf::io::CodedInputStream stream(bytes.data(), static_cast<int>(bytes.size()));
  stream.SetTotalBytesLimit(static_cast<int>(kMaxOnnxBytes));
  stream.SetRecursionLimit(kMaxDepth);
  if (!file.model->ParseFromCodedStream(&stream) || !stream.ConsumedEntireMessage()) {
    throw Error(ErrorCode::kBadModel, where, "is truncated, damaged or no ONNX file");
  }
  const onnx::ModelProto& model = *file.model;
  if (!model.has_graph()) throw Error(ErrorCode::kBadModel, where, "holds no graph; is it ONNX?");
  if (model.ir_version() < kFirstIr || model.ir_version() > kLastIr) {
    throw Error(ErrorCode::kUnsupportedOp, where,
                fmt::format("has IR version {}; {} to {} are supported", model.ir_version(),
                            kFirstIr, kLastIr));
  }
  file.opset = opset_of(model, where);
  return file;
}

}  // namespace ripple
