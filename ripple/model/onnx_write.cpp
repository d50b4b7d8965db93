#include <bit>
#include <string>

#include <fmt/format.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <onnx/onnx_pb.h>

#include "ripple/base/error.h"
#include "ripple/base/file.h"
#include "ripple/model/metadata.h"
#include "ripple/model/model.h"
#include "ripple/model/onnx_names.h"
#include "ripple/model/onnx_serialize.h"

namespace ripple {
namespace {

constexpr int kIrVersion = 8;
constexpr int kOpset = 13;
/// HardSwish came with 14; everything else is written the same way there.
constexpr int kOpsetWithHardSwish = 14;

/// Writes one graph; weights become initializers named after their node.
class Writer {
 public:
  Writer(const Graph& graph, onnx::GraphProto& out) : graph_(graph), out_(out) {
    for (const Value& value : graph.values) names_.unique(value.name);
  }

  void run() {
    out_.set_name("ripple");
    write_value_info(*out_.add_input(), graph_.values[index(graph_.input)].name,
                     graph_.shape(graph_.input));
    const std::string logits = name_of(graph_.logits);
    std::string output = graph_.output_name.empty() ? logits : graph_.output_name;
    // Before any weight takes the name.
    if (output != logits) {
      output = names_.unique(output);
    } else if (graph_.ends_in_softmax) {
      output = names_.unique(output + "/softmax");
    }
    for (const Node& node : graph_.nodes) write(node);
    if (output != logits) {
      node_ = out_.add_node();
      node_->set_op_type(graph_.ends_in_softmax ? "Softmax" : "Identity");
      node_->add_input(logits);
      node_->add_output(output);
      node_->set_name(output);
      if (graph_.ends_in_softmax) attribute("axis", std::int64_t{1});
    }
    write_value_info(*out_.add_output(), output, graph_.shape(graph_.logits));
  }

 private:
  static std::size_t index(ValueId id) { return static_cast<std::size_t>(id); }
  const std::string& name_of(ValueId id) const { return graph_.values[index(id)].name; }

  void write_value_info(onnx::ValueInfoProto& info, const std::string& name, const Shape& shape) {
    info.set_name(name);
    auto* type = info.mutable_type()->mutable_tensor_type();
    type->set_elem_type(onnx::TensorProto::FLOAT);
    type->mutable_shape()->add_dim()->set_dim_param("N");
    for (const std::int64_t extent : shape) type->mutable_shape()->add_dim()->set_dim_value(extent);
  }

  void write(const Node& node) {
    node_ = out_.add_node();
    node_->set_name(node.name);
    node_->set_op_type(std::string(op_name(node.op)));
    const auto* binary = std::get_if<Binary>(&node.op);
    if (binary != nullptr && binary->constant_first) weights("constant", binary->constant);
    for (const ValueId input : node.inputs) node_->add_input(name_of(input));
    node_->add_output(name_of(node.output));
    std::visit(Overloaded{[&](const Conv& op) { write_conv(op); },
                          [&](const BatchNormalization& op) { write_norm(op); },
                          [](const Relu&) {},
                          [&](const LeakyRelu& op) { attribute("alpha", op.alpha); },
                          [&](const Clip& op) { write_clip(op); },
                          [](const Sigmoid&) {},
                          [](const Tanh&) {},
                          [&](const HardSigmoid& op) {
                            attribute("alpha", op.alpha);
                            attribute("beta", op.beta);
                          },
                          [](const HardSwish&) {},
                          [&](const Elu& op) { attribute("alpha", op.alpha); },
                          [&](const PRelu& op) { write_prelu(op, node.inputs[0]); },
                          [&](const Binary& op) {
                            if (op.has_constant && !op.constant_first) {
                              weights("constant", op.constant);
                            }
                          },
                          [&](const Concat& op) { attribute("axis", std::int64_t{op.axis} + 1); },
                          [&](const MaxPool& op) { write_pool(op.window, op.ceil_mode, true); },
                          [&](const AveragePool& op) {
                            write_pool(op.window, op.ceil_mode, false);
                            attribute("count_include_pad", std::int64_t{op.count_include_pad});
                          },
                          [](const GlobalAveragePool&) {},
                          [&](const Lrn& op) { write_lrn(op); },
                          [&](const Gemm& op) { write_gemm(op); },
                          [&](const Reshape& op) { write_reshape(op); },
                          [&](const Transpose& op) { write_transpose(op); },
                          [&](const Pad& op) { write_pad(op); },
                          [&](const Slice& op) { write_slice(op, graph_.shape(node.inputs[0])); },
                          [&](const Softmax& op) { attribute("axis", std::int64_t{op.axis} + 1); }},
               node.op);
  }

  onnx::AttributeProto& attribute_named(const char* name,
                                        onnx::AttributeProto::AttributeType type) {
    auto* added = node_->add_attribute();
    added->set_name(name);
    added->set_type(type);
    return *added;
  }
  void attribute(const char* name, std::int64_t value) {
    attribute_named(name, onnx::AttributeProto::INT).set_i(value);
  }
  void attribute(const char* name, float value) {
    attribute_named(name, onnx::AttributeProto::FLOAT).set_f(value);
  }
  void attribute(const char* name, const std::string& value) {
    attribute_named(name, onnx::AttributeProto::STRING).set_s(value);
  }
  void attribute(const char* name, const std::vector<std::int64_t>& values) {
    auto& added = attribute_named(name, onnx::AttributeProto::INTS);
    for (const std::int64_t value : values) added.add_ints(value);
  }
  template <typename... Pairs>
  static std::vector<std::int64_t> joined(const Pairs&... pairs) {
    std::vector<std::int64_t> out;
    (out.insert(out.end(), pairs.begin(), pairs.end()), ...);
    return out;
  }

  onnx::TensorProto& initializer(const char* part, const Shape& shape, int type) {
    auto* tensor = out_.add_initializer();
    tensor->set_name(names_.unique(node_->name() + "." + part));
    tensor->set_data_type(type);
    for (const std::int64_t extent : shape) tensor->add_dims(extent);
    node_->add_input(tensor->name());
    return *tensor;
  }
  void weights(const char* part, const Tensor& tensor) {
    static_assert(std::endian::native == std::endian::little);
    initializer(part, tensor.shape, onnx::TensorProto::FLOAT)
        .set_raw_data(tensor.data.data(), tensor.data.size() * sizeof(float));
  }
  void integers(const char* part, const std::vector<std::int64_t>& values) {
    initializer(part, {static_cast<std::int64_t>(values.size())}, onnx::TensorProto::INT64)
        .set_raw_data(values.data(), values.size() * sizeof(std::int64_t));
  }
  void number(const char* part, float value) { weights(part, Tensor{{}, {value}}); }

  void write_window(const Window& window) {
    attribute("kernel_shape", joined(window.kernel));
    attribute("strides", joined(window.stride));
    attribute("pads", joined(window.pad_begin, window.pad_end));
  }
  void write_conv(const Conv& op) {
    write_window(op.window);
    attribute("dilations", joined(op.window.dilation));
    attribute("group", std::int64_t{op.groups});
    weights("weight", op.weight);
    weights("bias", op.bias);
  }
  void write_pool(const Window& window, bool ceil_mode, bool dilations) {
    write_window(window);
    if (dilations) attribute("dilations", joined(window.dilation));
    attribute("ceil_mode", std::int64_t{ceil_mode});
  }
  void write_norm(const BatchNormalization& op) {
    attribute("epsilon", op.epsilon);
    weights("scale", op.scale);
    weights("bias", op.bias);
    weights("mean", op.mean);
    weights("variance", op.variance);
  }
  void write_clip(const Clip& op) {
    number("min", op.low);
    number("max", op.high);
  }
  void write_prelu(const PRelu& op, ValueId input) {
    Tensor slope = op.slope;
    slope.shape.resize(graph_.shape(input).size(), 1);  // [C] or [C, 1, 1]
    weights("slope", slope);
  }
  void write_lrn(const Lrn& op) {
    attribute("size", std::int64_t{op.size});
    attribute("alpha", op.alpha);
    attribute("beta", op.beta);
    attribute("bias", op.bias);
  }
  void write_gemm(const Gemm& op) {
    attribute("transB", std::int64_t{1});
    weights("weight", op.weight);
    weights("bias", op.bias);
  }
  void write_reshape(const Reshape& op) {
    // -1 keeps the batch axis free.
    std::vector<std::int64_t> shape{-1};
    shape.insert(shape.end(), op.shape.begin(), op.shape.end());
    integers("shape", shape);
  }
  void write_transpose(const Transpose& op) {
    std::vector<std::int64_t> perm{0};
    for (const int axis : op.permutation) perm.push_back(axis + 1);
    attribute("perm", perm);
  }
  void write_pad(const Pad& op) {
    const std::vector<std::int64_t> batch{0};
    integers("pads", joined(batch, op.begin, batch, op.end));
    number("value", op.value);
    attribute("mode", std::string(op.mode == PadMode::kConstant  ? "constant"
                                  : op.mode == PadMode::kReflect ? "reflect"
                                                                 : "edge"));
  }
  void write_slice(const Slice& op, const Shape& in) {
    std::vector<std::int64_t> ends;
    std::vector<std::int64_t> axes;
    for (std::size_t i = 0; i < in.size(); ++i) {
      const std::int64_t end =
          op.start[i] + (op.shape[i] - 1) * op.step[i] + (op.step[i] > 0 ? 1 : -1);
      // Running backwards to the first cell: "before the first" has no non-negative name.
      ends.push_back(end < 0 ? -in[i] - 1 : end);
      axes.push_back(static_cast<std::int64_t>(i) + 1);
    }
    integers("starts", op.start);
    integers("ends", ends);
    integers("axes", axes);
    integers("steps", op.step);
  }

  const Graph& graph_;
  onnx::GraphProto& out_;
  onnx::NodeProto* node_ = nullptr;
  NameSet names_;
};

}  // namespace

std::string serialize(const onnx::ModelProto& proto, const std::string& where) {
  if (proto.ByteSizeLong() > static_cast<std::size_t>(INT32_MAX)) {
    throw Error(ErrorCode::kBadModel, where, "is larger than an ONNX file may be (2 GiB)");
  }
  std::string bytes;
  {
    google::protobuf::io::StringOutputStream stream(&bytes);
    google::protobuf::io::CodedOutputStream coded(&stream);
    coded.SetSerializationDeterministic(true);
    proto.SerializeToCodedStream(&coded);
  }
  return bytes;
}

std::string to_onnx(const Model& model) {
  onnx::ModelProto proto;
  proto.set_ir_version(kIrVersion);
  proto.set_producer_name("ripple");
  int opset = kOpset;
  for (const Node& node : model.graph.nodes) {
    if (std::holds_alternative<HardSwish>(node.op)) opset = kOpsetWithHardSwish;
  }
  auto* import = proto.add_opset_import();
  import->set_domain("");
  import->set_version(opset);
  Writer(model.graph, *proto.mutable_graph()).run();
  write_metadata(model.preprocessing, model.labels, proto);
  return serialize(proto, model.path.empty() ? "model" : model.path);
}

void write_onnx(const std::filesystem::path& path, const Model& model) {
  write_file(path, to_onnx(model));
}

}  // namespace ripple
