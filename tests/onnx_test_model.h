#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <onnx/onnx_pb.h>

#include "ripple/model/model.h"

namespace ripple {

/// An ONNX model made in a test, node by node, valid or not; input "x".
class TestModel {
 public:
  onnx::ModelProto proto;

  explicit TestModel(int opset = 13, std::vector<std::int64_t> image = {3, 8, 6}) {
    proto.set_ir_version(8);
    proto.add_opset_import()->set_version(opset);
    auto* input = proto.mutable_graph()->add_input();
    input->set_name("x");
    auto* type = input->mutable_type()->mutable_tensor_type();
    type->set_elem_type(onnx::TensorProto::FLOAT);
    type->mutable_shape()->add_dim()->set_dim_param("N");
    for (const std::int64_t extent : image) type->mutable_shape()->add_dim()->set_dim_value(extent);
    proto.mutable_graph()->add_output()->set_name("y");
  }

  onnx::GraphProto& graph() { return *proto.mutable_graph(); }
  onnx::TensorShapeProto& input_shape() {
    return *graph().mutable_input(0)->mutable_type()->mutable_tensor_type()->mutable_shape();
  }

  onnx::NodeProto& node(const std::string& op, const std::vector<std::string>& inputs,
                        const std::string& output = "y") {
    auto* added = graph().add_node();
    added->set_op_type(op);
    added->set_name("n_" + output);
    for (const auto& input : inputs) added->add_input(input);
    added->add_output(output);
    return *added;
  }

  /// 0.5, 0.75, 1.0, ... repeating.
  onnx::TensorProto& weights(const std::string& name, const std::vector<std::int64_t>& dims) {
    auto& tensor = typed(name, dims, onnx::TensorProto::FLOAT);
    std::size_t count = 1;
    for (const auto extent : dims) count *= static_cast<std::size_t>(extent);
    std::vector<float> data(count);
    for (std::size_t i = 0; i < count; ++i) data[i] = 0.5f + 0.25f * static_cast<float>(i % 7);
    tensor.set_raw_data(data.data(), 4 * count);
    return tensor;
  }
  onnx::TensorProto& numbers(const std::string& name, const std::vector<std::int64_t>& dims,
                             const std::vector<float>& values) {
    auto& tensor = typed(name, dims, onnx::TensorProto::FLOAT);
    for (const float value : values) tensor.add_float_data(value);
    return tensor;
  }
  onnx::TensorProto& ints(const std::string& name, const std::vector<std::int64_t>& values) {
    auto& tensor =
        typed(name, {static_cast<std::int64_t>(values.size())}, onnx::TensorProto::INT64);
    for (const std::int64_t value : values) tensor.add_int64_data(value);
    return tensor;
  }

  /// Flatten and Gemm to four scores "y", from an activation of `features` numbers.
  TestModel& classify(const std::string& from, std::int64_t features) {
    node("Flatten", {from}, "flat");
    weights("fc.w", {features, 4});
    node("Gemm", {"flat", "fc.w"}, "y");
    return *this;
  }

  std::string bytes() const { return proto.SerializeAsString(); }
  Model read(const std::filesystem::path& folder = "", const ModelLimits& limits = {}) const {
    return read_bytes(bytes(), folder, limits);
  }
  static Model read_bytes(const std::string& bytes, const std::filesystem::path& folder = "",
                          const ModelLimits& limits = {}) {
    const std::span data(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
    return read_onnx(data, folder, "test.onnx", limits);
  }

 private:
  onnx::TensorProto& typed(const std::string& name, const std::vector<std::int64_t>& dims,
                           int type) {
    auto* tensor = graph().add_initializer();
    tensor->set_name(name);
    tensor->set_data_type(type);
    for (const auto extent : dims) tensor->add_dims(extent);
    return *tensor;
  }
};

inline void set_int(onnx::NodeProto& node, const char* name, std::int64_t value) {
  auto* attribute = node.add_attribute();
  attribute->set_name(name);
  attribute->set_type(onnx::AttributeProto::INT);
  attribute->set_i(value);
}
inline void set_float(onnx::NodeProto& node, const char* name, float value) {
  auto* attribute = node.add_attribute();
  attribute->set_name(name);
  attribute->set_type(onnx::AttributeProto::FLOAT);
  attribute->set_f(value);
}
inline void set_text(onnx::NodeProto& node, const char* name, const char* value) {
  auto* attribute = node.add_attribute();
  attribute->set_name(name);
  attribute->set_type(onnx::AttributeProto::STRING);
  attribute->set_s(value);
}
inline void set_ints(onnx::NodeProto& node, const char* name,
                     const std::vector<std::int64_t>& values) {
  auto* attribute = node.add_attribute();
  attribute->set_name(name);
  attribute->set_type(onnx::AttributeProto::INTS);
  for (const std::int64_t value : values) attribute->add_ints(value);
}

/// The node of a graph with this name; null where there is none.
inline const Node* find_node(const Graph& graph, const std::string& name) {
  for (const Node& node : graph.nodes) {
    if (node.name == name) return &node;
  }
  return nullptr;
}

/// The operator of that node.
template <typename T>
T op_of(const Model& model, const char* name) {
  const Node* node = find_node(model.graph, name);
  if (node == nullptr) throw std::runtime_error(std::string("no node ") + name);
  return std::get<T>(node->op);
}

/// What importing makes of the constant "k" that `make` adds to a model: its `count` numbers in a
/// row, as an Add to the image keeps them.
template <typename Make>
std::vector<float> folded(std::int64_t count, const Make& make, int opset = 13) {
  TestModel model(opset, {1, 1, count});
  make(model);
  set_int(model.node("Cast", {"k"}, "real"), "to", onnx::TensorProto::FLOAT);
  model.ints("row.shape", {-1});
  model.node("Reshape", {"real", "row.shape"}, "row");
  model.node("Add", {"x", "row"}, "sum");
  model.classify("sum", count);
  return op_of<Binary>(model.read(), "n_sum").constant.data;
}

/// A Slice "none" of a constant of 0 x 2^62 x 2^62 x 2^62 numbers, from the last ones on: its
/// starts, in numbers, add up to more than 64 bits hold.
inline void add_slice_of_nothing(TestModel& model) {
  constexpr std::int64_t kLarge = std::int64_t{1} << 62;
  model.numbers("empty", {0, kLarge, kLarge, kLarge}, {});
  model.ints("starts", {kLarge - 1, kLarge - 1, kLarge - 1});
  model.ints("ends", {kLarge, kLarge, kLarge});
  model.ints("axes", {1, 2, 3});
  model.node("Slice", {"empty", "starts", "ends", "axes"}, "none");
}

}  // namespace ripple
