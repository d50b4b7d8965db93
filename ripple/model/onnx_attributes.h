#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace onnx {
class AttributeProto;
class NodeProto;
class TensorProto;
}  // namespace onnx

namespace ripple {

/// The attributes of one ONNX node, by name and type. Every attribute must be asked for before
/// check_all_read(): one that nobody knows could change the meaning of the node.
/// Errors: kBadModel naming `where`: given twice, of another type, out of range, unknown.
class AttributeReader {
 public:
  AttributeReader(const onnx::NodeProto& node, std::string where);

  bool has(std::string_view name) const { return attributes_.contains(std::string(name)); }
  std::int64_t integer(std::string_view name, std::int64_t fallback, std::int64_t low,
                       std::int64_t high);
  /// Finite.
  float real(std::string_view name, float fallback);
  std::string text(std::string_view name, std::string fallback);
  std::optional<std::vector<std::int64_t>> integers(std::string_view name);
  std::optional<std::vector<float>> reals(std::string_view name);
  /// Null where it is not there; belongs to the node.
  const onnx::TensorProto* tensor(std::string_view name);
  /// Accepts an attribute without looking at it: one that inference does not use.
  void ignore(std::string_view name) { find(name, -1); }

  void check_all_read() const;

 private:
  struct Entry {
    const onnx::AttributeProto* attribute = nullptr;
    bool read = false;
  };
  /// `type` -1: any.
  const onnx::AttributeProto* find(std::string_view name, int type);

  std::unordered_map<std::string, Entry> attributes_;
  std::string where_;
};

}  // namespace ripple
