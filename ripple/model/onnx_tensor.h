#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <variant>
#include <vector>

#include "ripple/base/shape.h"
#include "ripple/model/memory_budget.h"

namespace onnx {
class TensorProto;
}

namespace ripple {

/// A tensor known when the model is read: a weight, or a number of shape arithmetic. The shape is
/// the file's, batch axis included. Every floating type is float here; integers and booleans are
/// 64 bits.
struct Constant {
  Shape shape;
  std::variant<std::vector<float>, std::vector<std::int64_t>> data;

  bool is_float() const { return data.index() == 0; }
  const std::vector<float>& floats() const { return std::get<0>(data); }
  const std::vector<std::int64_t>& ints() const { return std::get<1>(data); }
  std::int64_t count() const {
    return static_cast<std::int64_t>(is_float() ? floats().size() : ints().size());
  }
  std::int64_t width() const { return is_float() ? 4 : 8; }
};

/// What decoding a tensor may use.
struct TensorSource {
  std::filesystem::path folder;  ///< of external data; empty: refused
  MemoryBudget& memory;
  std::string* external =
      nullptr;  ///< receives the SHA-256 of each external tensor, where asked for
};

/// Decodes a tensor: FLOAT, FLOAT16, BFLOAT16, DOUBLE to float; INT8..INT64, UINT8, UINT16, UINT32,
/// BOOL to integers. The number of elements must match the bytes present before anything is
/// allocated, and is charged to the budget.
/// Errors: kBadModel naming `where`; kUnsupportedOp for other types; kIo for external data.
Constant decode_tensor(const onnx::TensorProto& tensor, const TensorSource& source,
                       const std::string& where);

/// Whether an ONNX element type is one of the four floating types; of the integers above.
bool is_float_type(std::int64_t data_type);
bool is_int_type(std::int64_t data_type);

}  // namespace ripple
