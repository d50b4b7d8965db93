#include <cmath>

#include <gtest/gtest.h>

#include "ripple/model/onnx_import.h"
#include "tests/expect_error.h"
#include "tests/onnx_test_model.h"

namespace ripple {
namespace {

using Ints = std::vector<std::int64_t>;

/// A file under way: the image "x" [2, 4, 4], constants as a test puts them, the output "y".
struct File {
  ImportState state;

  explicit File(int opset = 13, std::int64_t limit = 1 << 20)
      : state{"file",
              opset,
              GraphBuilder({2, 4, 4}, "file", "x"),
              MemoryBudget(limit, "the weights", ""),
              MemoryBudget(limit, "the activations", ""),
              MemoryBudget(limit, "constant subgraphs", ""),
              {{}, state.weights},
              {},
              {},
              {},
              {},
              {}} {
    state.operands["x"].value = state.builder.input();
    state.operands["y"];
  }

  void put(const std::string& name, Constant constant, int uses = 1) {
    state.operands[name] = {std::make_shared<Constant>(std::move(constant)), -1, uses};
  }
};

onnx::NodeProto proto(const std::string& op, const std::vector<std::string>& inputs,
                      const std::vector<std::string>& outputs = {"y"}) {
  onnx::NodeProto node;
  node.set_op_type(op);
  for (const std::string& input : inputs) node.add_input(input);
  for (const std::string& output : outputs) node.add_output(output);
  return node;
}

TEST(NodeImport, IsNamedAsInTheFileOrByItsOutput) {
  File file;
  onnx::NodeProto named = proto("Relu", {"x"});
  named.set_name("first");
  EXPECT_EQ(NodeImport(file.state, named).where(), "file: node 'first' (Relu)");
  EXPECT_EQ(NodeImport(file.state, proto("Relu", {"x"})).where(), "file: node 'y' (Relu)");
  EXPECT_EQ(NodeImport(file.state, proto("Relu", {"x"}, {})).where(),
            "file: node 'unnamed' (Relu)");
}

TEST(NodeImport, TellsInputsThatAreConstantComputedAndLeftOut) {
  File file;
  file.put("w", {{3}, std::vector<float>{1, 2, 3}});
  const onnx::NodeProto some = proto("Clip", {"x", "", "w"});
  const NodeImport node(file.state, some);
  EXPECT_EQ(node.input_count(), 3);
  EXPECT_EQ(node.opset(), 13);
  EXPECT_TRUE(node.has_input(0));
  EXPECT_FALSE(node.has_input(1));
  EXPECT_FALSE(node.has_input(3));
  EXPECT_FALSE(node.is_constant(0));
  EXPECT_TRUE(node.is_constant(2));
  EXPECT_FALSE(node.all_inputs_constant());
  EXPECT_EQ(node.onnx_shape(node.value(0)), (Shape{1, 2, 4, 4}));
  EXPECT_EQ(&node.constant(2), file.state.operands.at("w").constant.get());
  expect_error([&] { node.value(1); }, ErrorCode::kBadModel, {"node 'y' (Clip)", "input 1"});
  expect_error([&] { node.value(2); }, ErrorCode::kUnsupportedOp, {"input 2 is a constant"});
  expect_error([&] { node.constant(0); }, ErrorCode::kUnsupportedOp,
               {"input 0 is computed from the image"});
  const onnx::NodeProto constants = proto("Add", {"w", "", "w"});
  EXPECT_TRUE(NodeImport(file.state, constants).all_inputs_constant());
}

TEST(NodeImport, TakesWeightsOutWhereNobodyElseReadsThem) {
  File file;
  file.put("own", {{2}, std::vector<float>{1, 2}});
  file.put("shared", {{2}, std::vector<float>{3, 4}}, 2);
  const onnx::NodeProto some = proto("Conv", {"own", "shared"});
  NodeImport node(file.state, some);
  EXPECT_EQ(node.take_tensor(0).data, (std::vector<float>{1, 2}));
  EXPECT_TRUE(file.state.operands.at("own").constant->floats().empty());
  EXPECT_EQ(file.state.weights.used(), 0);
  EXPECT_EQ(node.take_tensor(1).data, (std::vector<float>{3, 4}));
  EXPECT_EQ(file.state.operands.at("shared").constant->floats(), (std::vector<float>{3, 4}));
  EXPECT_EQ(file.state.weights.used(), 8) << "the copy";
}

TEST(NodeImport, RefusesWeightsThatAreNoNumbers) {
  File file;
  file.put("nan", {{2}, std::vector<float>{1, NAN}});
  file.put("inf", {{1}, std::vector<float>{INFINITY}});
  file.put("ints", {{1}, Ints{1}});
  const onnx::NodeProto some = proto("Conv", {"nan", "inf", "ints"});
  NodeImport node(file.state, some);
  expect_error([&] { node.take_tensor(0); }, ErrorCode::kBadModel, {"'nan' hold nan"});
  expect_error([&] { node.take_tensor(1); }, ErrorCode::kBadModel, {"'inf' hold inf"});
  expect_error([&] { node.take_tensor(2); }, ErrorCode::kBadModel, {"input 2 holds integers"});
}

TEST(NodeImport, ReadsScalarsAndLists) {
  File file;
  file.put("one", {{}, std::vector<float>{6}});
  file.put("two", {{2}, std::vector<float>{6, 7}});
  file.put("list", {{2}, Ints{4, 5}});
  file.put("table", {{1, 2}, Ints{4, 5}});
  const onnx::NodeProto some = proto("Op", {"one", "two", "list", "table"});
  const NodeImport node(file.state, some);
  EXPECT_EQ(node.scalar(0), 6.0f);
  expect_error([&] { node.scalar(1); }, ErrorCode::kBadModel, {"not one floating-point number"});
  expect_error([&] { node.scalar(2); }, ErrorCode::kBadModel, {"not one floating-point number"});
  EXPECT_EQ(node.ints(2), (Ints{4, 5}));
  expect_error([&] { node.ints(1); }, ErrorCode::kBadModel, {"not a list of integers"});
  expect_error([&] { node.ints(3); }, ErrorCode::kBadModel, {"not a list of integers"});
}

TEST(NodeImport, ListsAreAttributesBeforeTheirOpsetAndInputsFromItOn) {
  onnx::NodeProto some = proto("Squeeze", {"x", "axes"});
  set_ints(some, "axes", {2});
  for (const int opset : {12, 13}) {
    File file(opset);
    file.put("axes", {{1}, Ints{3}});
    NodeImport node(file.state, some);
    EXPECT_EQ(node.ints_of("axes", 1, 13), (opset < 13 ? Ints{2} : Ints{3}));
    EXPECT_EQ(node.ints_of("axes", 2, 13), opset < 13 ? std::optional(Ints{2}) : std::nullopt);
  }
}

TEST(NodeImport, EmittedOperatorsBecomeTheOutputUnderNamesThatAreFree) {
  File file;
  file.state.operands["z"];
  const onnx::NodeProto first = proto("Relu", {"x"});
  NodeImport(file.state, first).emit(Relu{}, {file.state.builder.input()});
  onnx::NodeProto second = proto("HardSwish", {"y"}, {"z"});
  second.set_name("y");  // as the first, which has its output's name
  NodeImport node(file.state, second);
  const ValueId part = node.emit_part("inner", Relu{}, {node.value(0)});
  node.emit(Relu{}, {part});
  const ValueId flat = file.state.builder.flatten("flat", file.state.operands.at("z").value);
  const Graph graph = file.state.builder.finish(flat);
  ASSERT_EQ(graph.nodes.size(), 4u);
  EXPECT_EQ(graph.nodes[0].name, "y");
  EXPECT_EQ(graph.nodes[1].name, "y#2/inner");
  EXPECT_EQ(graph.nodes[2].name, "y#2");
  EXPECT_EQ(graph.nodes[1].inputs, std::vector<ValueId>{graph.nodes[0].output});
  EXPECT_EQ(file.state.activations.used(), 3 * 32 * 4);
}

TEST(NodeImport, RemembersWhatATransposeDid) {
  File file;
  const onnx::NodeProto some = proto("Transpose", {"x"});
  NodeImport node(file.state, some);
  const ValueId input = file.state.builder.input();
  EXPECT_EQ(node.transpose_behind(input), nullptr);
  node.emit(Transpose{{1, 2, 0}}, {input});
  const auto* behind = node.transpose_behind(file.state.operands.at("y").value);
  ASSERT_NE(behind, nullptr);
  EXPECT_EQ(behind->first, (std::vector<int>{1, 2, 0}));
  EXPECT_EQ(behind->second, input);
}

TEST(NodeImport, OnlyTheFirstOutputMayBeRead) {
  File file;
  file.state.operands["mask"];
  const onnx::NodeProto some = proto("Dropout", {"x"}, {"y", "mask"});
  NodeImport node(file.state, some);
  node.check_single_output();
  EXPECT_FALSE(node.output_read(1));
  EXPECT_FALSE(node.output_read(2));
  file.state.operands["mask"].uses = 1;
  EXPECT_TRUE(node.output_read(1));
  expect_error([&] { node.check_single_output(); }, ErrorCode::kUnsupportedOp,
               {"its output 1 is used"});
  const onnx::NodeProto none = proto("Relu", {"x"}, {""});
  expect_error([&] { NodeImport(file.state, none).check_single_output(); }, ErrorCode::kBadModel,
               {"has no output"});
}

TEST(NodeImport, ChargesWhatItAllocates) {
  File file(13, 100);
  file.put("shared", {{20}, std::vector<float>(20)}, 2);
  const onnx::NodeProto some = proto("Conv", {"x", "shared"});
  NodeImport node(file.state, some);
  node.charge_folding(5, 8);
  EXPECT_EQ(file.state.folding.used(), 40);
  EXPECT_EQ(file.state.weights.used(), 40);
  expect_error([&] { node.take_tensor(1); }, ErrorCode::kBadModel, {"node 'y'", "the weights"});
  expect_error([&] { node.emit(Relu{}, {node.value(0)}); }, ErrorCode::kBadModel,
               {"node 'y'", "the activations"});
  expect_error([&] { node.charge_folding(8, 8); }, ErrorCode::kBadModel, {"constant subgraphs"});
}

TEST(NodeImport, FoldedOutputsAreConstants) {
  File file;
  const onnx::NodeProto some = proto("Shape", {"x"});
  NodeImport(file.state, some).set_output(Constant{{4}, Ints{1, 2, 4, 4}});
  EXPECT_EQ(file.state.operands.at("y").constant->ints(), (Ints{1, 2, 4, 4}));
}

}  // namespace
}  // namespace ripple
