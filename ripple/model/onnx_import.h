#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include <fmt/format.h>

#include "ripple/base/error.h"
#include "ripple/model/graph_builder.h"
#include "ripple/model/model.h"
#include "ripple/model/onnx_attributes.h"
#include "ripple/model/onnx_names.h"
#include "ripple/model/onnx_tensor.h"

namespace onnx {
class GraphProto;
class NodeProto;
class ValueInfoProto;
}  // namespace onnx

namespace ripple {

/// What the name of an ONNX tensor stands for: a constant, or a value of the graph being built.
/// A value's ONNX shape is [1] + its shape here.
struct Operand {
  std::shared_ptr<Constant> constant;  ///< null for a value
  ValueId value = -1;
  int uses = 0;  ///< readers still to come; at 0 a constant is freed
};

/// State shared by the nodes of one file.
struct ImportState {
  std::string where;
  int opset = 0;
  GraphBuilder builder;
  MemoryBudget weights;      ///< constants and the weights of nodes
  MemoryBudget activations;  ///< of one image
  MemoryBudget folding;      ///< what constant subgraphs may compute, in proportion to the file
  TensorSource source;
  std::unordered_map<std::string, Operand> operands;
  NameSet node_names;
  NameSet value_names;
  /// The permutation and input of values that a Transpose wrote: pairs that cancel are dropped.
  std::unordered_map<ValueId, std::pair<std::vector<int>, ValueId>> transposes;
  /// Nodes without a bias of their own, into which a following Add may go.
  std::unordered_set<std::string> without_bias;
};

/// What messages call a node: its name, or its first output's where it has none.
std::string node_label(const onnx::NodeProto& node);

/// One ONNX node on its way into the graph: typed, checked access to its inputs and attributes, and
/// the place where its output goes. The functions of the operator table take one.
class NodeImport {
 public:
  NodeImport(ImportState& state, const onnx::NodeProto& node);

  AttributeReader& attributes() { return attributes_; }
  const std::string& where() const { return where_; }
  int opset() const { return state_.opset; }

  int input_count() const;
  bool has_input(int index) const;
  bool is_constant(int index) const;
  bool all_inputs_constant() const;

  /// The value at an input. Errors: kUnsupportedOp where a constant is there.
  ValueId value(int index) const;
  /// The only value; constants stand at the other inputs.
  const Shape& shape(ValueId id) const { return state_.builder.shape(id); }
  /// [1] + shape(id).
  Shape onnx_shape(ValueId id) const;
  /// The constant at an input. Errors: kUnsupportedOp where a value is there.
  const Constant& constant(int index) const;
  /// A finite float constant as a weight of this node: moved out where nobody else reads it.
  Tensor take_tensor(int index);
  /// A single float.
  float scalar(int index) const;
  /// Integers of a constant of at most one axis.
  std::vector<std::int64_t> ints(int index) const;
  /// What older opsets give as the attribute `name` and newer ones, from `first_opset`, as input.
  std::optional<std::vector<std::int64_t>> ints_of(const std::string& name, int index,
                                                   int first_opset);

  /// Appends the operator; its value is this node's output.
  void emit(Op op, std::vector<ValueId> inputs);
  /// Appends an operator of a node that takes more than one; named "<node>/<part>".
  ValueId emit_part(const std::string& part, Op op, std::vector<ValueId> inputs);
  /// This node's output is a value that is there already.
  void set_output(ValueId id);
  /// This node's output is constant; charged to the folding budget before.
  void set_output(Constant constant);
  /// Charges `count` elements that a constant subgraph is about to compute.
  void charge_folding(std::int64_t count, std::int64_t width);
  /// The same for a tensor, whose extents may multiply to more than 64 bits hold.
  void charge_folding(const Shape& shape, std::int64_t width);
  void charge_weights(std::int64_t count);
  /// Decodes a tensor attribute.
  Constant decode(const onnx::TensorProto& tensor);

  /// Whether anything reads the output at `index`.
  bool output_read(int index) const;
  /// Whether outputs behind the first have names, read or not.
  bool has_outputs_behind_first() const;
  /// Errors: kUnsupportedOp where more than the first output is read.
  void check_single_output() const;
  /// Remembers that a constant added to this node's output may become its bias.
  void note_without_bias() { state_.without_bias.insert(name_); }
  /// What wrote the value, if that is a Transpose.
  const std::pair<std::vector<int>, ValueId>* transpose_behind(ValueId id) const;

  template <typename... Args>
  [[noreturn]] void bad(fmt::format_string<Args...> format, Args&&... args) const {
    throw Error(ErrorCode::kBadModel, where_, fmt::format(format, std::forward<Args>(args)...));
  }
  template <typename... Args>
  [[noreturn]] void unsupported(fmt::format_string<Args...> format, Args&&... args) const {
    throw Error(ErrorCode::kUnsupportedOp, where_,
                fmt::format(format, std::forward<Args>(args)...));
  }

 private:
  Operand& operand(int index) const;
  ValueId add(const std::string& name, const std::string& value_name, Op op,
              std::vector<ValueId> inputs);

  ImportState& state_;
  const onnx::NodeProto& node_;
  std::string name_;
  std::string where_;
  AttributeReader attributes_;
};

/// decode_tensor(); what constant subgraphs may compute grows by eight times its size.
Constant decode_constant(const onnx::TensorProto& tensor, ImportState& state,
                         const std::string& where);

/// Builds the graph of an ONNX graph whose envelope is checked. Takes the data of initializers out
/// of `graph` as it goes. `external` (may be null) receives the SHA-256 of each tensor whose
/// numbers lie in a file beside the model, one behind the other. Errors: as read_onnx().
Graph import_graph(onnx::GraphProto& graph, int opset, const std::filesystem::path& folder,
                   const std::string& where, const ModelLimits& limits,
                   std::string* external = nullptr);

/// parse_onnx() and import_graph(): the network without its metadata, which may be damaged.
Graph read_onnx_graph(std::span<const std::uint8_t> bytes, const std::filesystem::path& folder,
                      const std::string& where, const ModelLimits& limits);

}  // namespace ripple
