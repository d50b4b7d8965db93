#include "ripple/model/onnx_import.h"

#include <algorithm>
#include <functional>
#include <queue>

#include <onnx/onnx_pb.h>

#include "ripple/model/graph_passes.h"
#include "ripple/model/onnx_operators.h"

namespace ripple {
namespace {

[[noreturn]] void bad(const std::string& where, const std::string& problem) {
  throw Error(ErrorCode::kBadModel, where, problem);
}

/// The rows, columns and channels that the file declares for its input image.
struct ImageInput {
  std::string name;
  Shape shape;        ///< [C, H, W]
  bool nhwc = false;  ///< the file's own layout is [N, H, W, C]
};

/// Registers every name that the graph writes; ONNX allows each to be written once.
void declare(ImportState& state, const std::string& name) {
  if (!state.operands.try_emplace(name).second) {
    bad(state.where, fmt::format("two tensors are named '{}'", display_name(name)));
  }
}

/// Declares all outputs and counts how often each tensor is read.
void declare_nodes(const onnx::GraphProto& graph, ImportState& state) {
  for (const auto& node : graph.node()) {
    for (const auto& output : node.output()) {
      if (!output.empty()) declare(state, output);
    }
  }
  for (const auto& node : graph.node()) {
    for (const auto& input : node.input()) {
      if (input.empty()) continue;
      const auto found = state.operands.find(input);
      if (found == state.operands.end()) {
        bad(state.where, fmt::format("node '{}' reads '{}', which nothing writes", node_label(node),
                                     display_name(input)));
      }
      ++found->second.uses;
    }
  }
}

/// Indices of the nodes so that writers come before readers; the file's order where it is one.
std::vector<int> sorted_nodes(const onnx::GraphProto& graph, const std::string& where) {
  std::unordered_map<std::string, int> writer;
  for (int i = 0; i < graph.node_size(); ++i) {
    for (const auto& output : graph.node(i).output()) {
      if (!output.empty()) writer.emplace(output, i);
    }
  }
  std::vector<int> missing(static_cast<std::size_t>(graph.node_size()), 0);
  std::vector<std::vector<int>> readers(missing.size());
  for (int i = 0; i < graph.node_size(); ++i) {
    for (const auto& input : graph.node(i).input()) {
      const auto found = writer.find(input);
      if (input.empty() || found == writer.end()) continue;
      readers[found->second].push_back(i);
      ++missing[i];
    }
  }
  std::priority_queue<int, std::vector<int>, std::greater<>> ready;
  for (int i = 0; i < graph.node_size(); ++i) {
    if (missing[i] == 0) ready.push(i);
  }
  std::vector<int> order;
  order.reserve(missing.size());
  while (!ready.empty()) {
    const int node = ready.top();
    ready.pop();
    order.push_back(node);
    for (const int reader : readers[node]) {
      if (--missing[reader] == 0) ready.push(reader);
    }
  }
  if (order.size() != missing.size()) {
    const auto stuck = std::find_if(missing.begin(), missing.end(), [](int n) { return n > 0; });
    bad(where, fmt::format("node '{}' is part of a cycle or behind one",
                           node_label(graph.node(static_cast<int>(stuck - missing.begin())))));
  }
  return order;
}

/// Every reader of the input turns [N, H, W, C] into [N, C, H, W], as tf2onnx writes it.
bool only_read_through_nhwc_transposes(const onnx::GraphProto& graph, const std::string& name) {
  bool any = false;
  for (const auto& node : graph.node()) {
    for (const auto& input : node.input()) {
      if (input != name) continue;
      if (node.op_type() != "Transpose" || node.attribute_size() != 1) return false;
      const auto& perm = node.attribute(0).ints();
      if (perm.size() != 4 || perm[0] != 0 || perm[1] != 3 || perm[2] != 1 || perm[3] != 2) {
        return false;
      }
      any = true;
    }
  }
  return any;
}

ImageInput image_input(const onnx::GraphProto& graph, const std::string& where) {
  std::unordered_set<std::string> initializers;
  for (const auto& tensor : graph.initializer()) initializers.insert(tensor.name());
  const onnx::ValueInfoProto* input = nullptr;
  for (const auto& info : graph.input()) {
    if (initializers.contains(info.name())) continue;  // IR 3 lists the weights as inputs too
    if (input != nullptr) {
      throw Error(ErrorCode::kUnsupportedOp, where,
                  fmt::format("has more than one input ('{}', '{}'); only image classifiers with "
                              "one are supported",
                              display_name(input->name()), display_name(info.name())));
    }
    input = &info;
  }
  if (input == nullptr || input->name().empty()) bad(where, "has no input");
  const std::string at = fmt::format("{}: input '{}'", where, display_name(input->name()));
  const auto& type = input->type().tensor_type();
  if (!is_float_type(type.elem_type())) {
    throw Error(ErrorCode::kUnsupportedOp, at,
                fmt::format("has element type {}, not a floating-point one; export the network "
                            "without the conversion from 8 bits",
                            type.elem_type()));
  }
  const auto& dims = type.shape().dim();
  if (dims.size() != 4) bad(at, fmt::format("has {} axes, not [N, C, H, W]", dims.size()));
  if (dims[0].dim_value() > 1) {
    throw Error(ErrorCode::kUnsupportedOp, at,
                fmt::format("is a fixed batch of {} images; export with a free batch axis or a "
                            "batch of one",
                            dims[0].dim_value()));
  }
  Shape file_shape;
  for (int i = 1; i < 4; ++i) {
    if (dims[i].dim_value() < 1) {
      bad(at, fmt::format("axis {} has no fixed size; export the network for one image size", i));
    }
    file_shape.push_back(dims[i].dim_value());
  }
  const auto few = [](std::int64_t channels) { return channels <= 4; };
  const bool nhwc = few(file_shape[2]) && (!few(file_shape[0]) ||
                                           only_read_through_nhwc_transposes(graph, input->name()));
  ImageInput image{input->name(), file_shape, nhwc};
  if (nhwc) image.shape = {file_shape[2], file_shape[0], file_shape[1]};
  return image;
}

/// Decodes the initializers, freeing the bytes of each as it goes.
void decode_initializers(onnx::GraphProto& graph, ImportState& state) {
  for (auto& tensor : *graph.mutable_initializer()) {
    if (tensor.name().empty()) bad(state.where, "an initializer has no name");
    const std::string at = fmt::format("{}: tensor '{}'", state.where, display_name(tensor.name()));
    Constant constant = decode_constant(tensor, state, at);
    Operand& operand = state.operands.at(tensor.name());
    if (operand.uses > 0) operand.constant = std::make_shared<Constant>(std::move(constant));
    tensor.Clear();
  }
}

void import_node(const onnx::NodeProto& proto, ImportState& state) {
  const std::string& domain = proto.domain();
  const OperatorEntry* entry =
      domain.empty() || domain == "ai.onnx" ? find_operator(proto.op_type()) : nullptr;
  if (entry == nullptr || state.opset < entry->first_opset) {
    throw Error(ErrorCode::kUnsupportedOp,
                fmt::format("{}: node '{}'", state.where, node_label(proto)),
                fmt::format("operator {}{}{} is not supported; docs/operators.md lists what is",
                            display_name(domain), domain.empty() ? "" : ".",
                            display_name(proto.op_type())));
  }
  NodeImport node(state, proto);
  node.check_single_output();
  // An operator reads the inputs that it knows: the numbers of others would be lost.
  if (node.input_count() > entry->most_inputs) {
    node.bad("has {} inputs, {} takes {} at most", node.input_count(), entry->op_type,
             entry->most_inputs);
  }
  const bool constant = node.all_inputs_constant();
  const auto read = constant ? entry->fold : entry->import;
  if (read == nullptr) {
    if (constant) node.unsupported("on constants only is not supported; simplify the network");
    node.unsupported("on activations is not supported; docs/operators.md lists what is");
  }
  read(node);
  node.attributes().check_all_read();
  for (const auto& input : proto.input()) {
    if (input.empty()) continue;
    Operand& operand = state.operands.at(input);
    if (--operand.uses == 0) operand.constant.reset();
  }
}

const onnx::ValueInfoProto& only_output(const onnx::GraphProto& graph, const std::string& where) {
  if (graph.output_size() != 1) {
    throw Error(ErrorCode::kUnsupportedOp, where,
                fmt::format("has {} outputs; only image classifiers with one are supported",
                            graph.output_size()));
  }
  return graph.output(0);
}

/// The declared shape of the output must not contradict the computed one.
void check_output(const onnx::ValueInfoProto& info, const Graph& graph, const std::string& where) {
  if (!info.type().has_tensor_type() || !info.type().tensor_type().has_shape()) return;
  const auto& dims = info.type().tensor_type().shape().dim();
  const bool fits =
      dims.size() == 2 && (dims[1].dim_value() <= 0 || dims[1].dim_value() == graph.classes());
  if (!fits) {
    bad(fmt::format("{}: output '{}'", where, display_name(info.name())),
        fmt::format("is declared with another shape than the {} scores the network computes",
                    graph.classes()));
  }
}

}  // namespace

Graph import_graph(onnx::GraphProto& graph, int opset, const std::filesystem::path& folder,
                   const std::string& where, const ModelLimits& limits, std::string* external) {
  const ImageInput image = image_input(graph, where);
  const onnx::ValueInfoProto& output = only_output(graph, where);
  const std::string raise = "raise the limit (--max-memory) if you trust this file";
  MemoryBudget activations(limits.max_memory, "the activations", raise);
  activations.charge(element_count(image.shape), 4, where);
  MemoryBudget weights(limits.max_memory, "the weights", raise);
  // Constant subgraphs shape weights that the file holds; what grows from nothing stays small.
  MemoryBudget folding(std::int64_t{64} << 20, "constant subgraphs",
                       "let the exporter fold them, or simplify the network");
  const std::string input_name = display_name(image.name);
  ImportState state{where,
                    opset,
                    GraphBuilder(image.shape, where, input_name),
                    weights,
                    activations,
                    folding,
                    {folder, state.weights, external},
                    {},
                    {},
                    {},
                    {},
                    {}};
  state.value_names.unique(input_name);
  declare(state, image.name);
  for (const auto& tensor : graph.initializer()) declare(state, tensor.name());
  declare_nodes(graph, state);
  const auto written = state.operands.find(output.name());
  if (written == state.operands.end()) {
    bad(where, fmt::format("nothing writes its output '{}'", display_name(output.name())));
  }
  ++written->second.uses;
  const std::vector<int> order = sorted_nodes(graph, where);

  ValueId input = state.builder.input();
  if (image.nhwc) {
    const std::vector<int> to_nhwc{1, 2, 0};
    const std::string name = state.value_names.unique(input_name + "/nhwc");
    input = state.builder.add(state.node_names.unique(name), Transpose{to_nhwc}, {input}, name);
    state.transposes[input] = {to_nhwc, state.builder.input()};
  }
  state.operands.at(image.name).value = input;
  decode_initializers(graph, state);
  for (const int index : order) import_node(graph.node(index), state);

  const Operand& last = state.operands.at(output.name());
  if (last.value < 0) bad(where, "its output does not depend on the input image");
  Graph out =
      fuse_bias(state.builder.finish(last.value, display_name(output.name())), state.without_bias);
  check_output(output, out, where);
  return out;
}

}  // namespace ripple
