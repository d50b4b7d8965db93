#include <gtest/gtest.h>

#include "tests/onnx_test_model.h"

// Whole files as exporters write them; operators are in onnx_import_*_test.cpp.

namespace ripple {
namespace {

TEST(ImportOnnx, Tf2onnxChannelsLast) {
  TestModel model(13, {8, 6, 3});
  set_ints(model.node("Transpose", {"x"}, "nchw"), "perm", {0, 3, 1, 2});
  model.weights("k", {5, 3, 3, 3});
  set_text(model.node("Conv", {"nchw", "k"}, "c"), "auto_pad", "SAME_UPPER");
  set_ints(model.node("Transpose", {"c"}, "nhwc"), "perm", {0, 2, 3, 1});
  model.node("Relu", {"nhwc"}, "r");
  auto& mean = model.node("ReduceMean", {"r"}, "m");
  set_ints(mean, "axes", {1, 2});
  set_int(mean, "keepdims", 0);
  model.weights("w", {5, 4});
  model.numbers("b", {4}, {1, 2, 3, 4});
  model.node("MatMul", {"m", "w"}, "mm");
  model.node("Add", {"mm", "b"}, "y");
  const Graph graph = model.read().graph;
  EXPECT_EQ(graph.shape(graph.input), (Shape{3, 8, 6}));
  EXPECT_EQ(op_name(graph.nodes[0].op), "Conv");  // the first Transpose is gone
  EXPECT_EQ(graph.nodes.back().name, "n_mm");
  EXPECT_EQ(std::get<Gemm>(graph.nodes.back().op).bias.data, (std::vector<float>{1, 2, 3, 4}));
  EXPECT_EQ(graph.values[graph.logits].name, "y");
}

TEST(ImportOnnx, Tf2onnxChannelsLastWithoutATranspose) {
  TestModel model(13, {8, 6, 3});
  model.classify("x", 8 * 6 * 3);
  const Graph graph = model.read().graph;
  EXPECT_EQ(graph.shape(graph.input), (Shape{3, 8, 6}));
  ASSERT_EQ(op_name(graph.nodes[0].op), "Transpose");
  EXPECT_EQ(std::get<Transpose>(graph.nodes[0].op).permutation, (std::vector<int>{1, 2, 0}));
}

TEST(ImportOnnx, TrailingSoftmaxIsTakenOff) {
  TestModel model(13, {3, 2, 2});
  model.classify("x", 12);
  model.graph().mutable_node(1)->set_output(0, "scores");
  model.node("Softmax", {"scores"}, "y");
  const Graph graph = model.read().graph;
  EXPECT_TRUE(graph.ends_in_softmax);
  EXPECT_EQ(graph.output_name, "y");
  EXPECT_EQ(graph.values[graph.logits].name, "scores");
}

TEST(ImportOnnx, NodesInAnyOrder) {
  TestModel model;
  model.classify("r", 144);
  model.node("Relu", {"x"}, "r");
  EXPECT_EQ(model.read().graph.nodes[0].name, "n_r");
}

TEST(ImportOnnx, OldFilesListWeightsAsInputs) {
  TestModel model(7);
  model.proto.set_ir_version(3);
  model.classify("x", 144);
  model.graph().add_input()->set_name("fc.w");
  EXPECT_EQ(model.read().graph.classes(), 4);
}

}  // namespace
}  // namespace ripple
