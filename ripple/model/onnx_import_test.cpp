#include <cstdint>
#include <limits>

#include <gtest/gtest.h>

#include "ripple/model/onnx_test_model.h"
#include "tests/expect_error.h"

// What exporters write, in the forms of every operator set.

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

TEST(ImportOnnx, PytorchViewOfSizeZero) {
  TestModel model;
  model.node("Shape", {"x"}, "s");
  model.ints("zero", {0}).clear_dims();
  model.ints("axes", {0});
  model.ints("rest", {-1});
  set_int(model.node("Gather", {"s", "zero"}, "n"), "axis", 0);
  model.node("Unsqueeze", {"n", "axes"}, "n1");
  set_int(model.node("Concat", {"n1", "rest"}, "target"), "axis", 0);
  model.node("Reshape", {"x", "target"}, "flat");
  model.weights("w", {144, 4});
  model.node("Gemm", {"flat", "w"}, "y");
  const Graph graph = model.read().graph;
  EXPECT_EQ(graph.nodes.size(), 2u);
  EXPECT_EQ(std::get<Reshape>(graph.nodes[0].op).shape, (Shape{144}));
}

TEST(ImportOnnx, GemmScalesAndTransposes) {
  TestModel model(13, {1, 1, 2});
  model.node("Flatten", {"x"}, "flat");
  model.numbers("w", {2, 2}, {1, 2, 3, 4});
  model.numbers("c", {1, 2}, {10, 20});
  auto& node = model.node("Gemm", {"flat", "w", "c"}, "y");
  set_float(node, "alpha", 2.0f);
  set_float(node, "beta", 0.5f);
  const auto gemm = op_of<Gemm>(model.read(), "n_y");
  EXPECT_EQ(gemm.weight.data, (std::vector<float>{2, 6, 4, 8}));
  EXPECT_EQ(gemm.bias.data, (std::vector<float>{5, 10}));
}

TEST(ImportOnnx, ClipByAttributeAndByInput) {
  TestModel old(10);
  auto& node = old.node("Clip", {"x"}, "c");
  set_float(node, "min", 0.0f);
  set_float(node, "max", 6.0f);
  old.classify("c", 144);
  EXPECT_EQ(op_of<Clip>(old.read(), "n_c").high, 6.0f);
  TestModel now(11);
  now.numbers("six", {}, {6.0f});
  now.node("Clip", {"x", "", "six"}, "c");
  now.classify("c", 144);
  EXPECT_EQ(op_of<Clip>(now.read(), "n_c").high, 6.0f);
  EXPECT_EQ(op_of<Clip>(now.read(), "n_c").low, -std::numeric_limits<float>::infinity());
}

TEST(ImportOnnx, PadByAttributeByInputAndByAxes) {
  TestModel old(10);
  set_ints(old.node("Pad", {"x"}, "p"), "pads", {0, 0, 1, 2, 0, 0, 3, 0});
  old.classify("p", 3 * 12 * 8);
  EXPECT_EQ(op_of<Pad>(old.read(), "n_p").begin, (std::vector<std::int64_t>{0, 1, 2}));
  TestModel now(18);
  now.ints("pads", {1, 2, 3, 0});
  now.ints("axes", {2, -1});
  now.node("Pad", {"x", "pads", "", "axes"}, "p");
  now.classify("p", 3 * 12 * 8);
  EXPECT_EQ(op_of<Pad>(now.read(), "n_p").begin, (std::vector<std::int64_t>{0, 1, 2}));
  EXPECT_EQ(op_of<Pad>(now.read(), "n_p").end, (std::vector<std::int64_t>{0, 3, 0}));
}

TEST(ImportOnnx, PadOfNothingIsDropped) {
  TestModel model;
  model.ints("pads", std::vector<std::int64_t>(8, 0));
  model.node("Pad", {"x", "pads"}, "p");
  model.classify("p", 144);
  EXPECT_EQ(model.read().graph.nodes.size(), 2u);
}

TEST(ImportOnnx, SliceByAttributeAndByInput) {
  TestModel old(9);
  auto& node = old.node("Slice", {"x"}, "s");
  set_ints(node, "starts", {-4});
  set_ints(node, "ends", {INT32_MAX});
  set_ints(node, "axes", {2});
  old.classify("s", 3 * 4 * 6);
  EXPECT_EQ(op_of<Slice>(old.read(), "n_s").start, (std::vector<std::int64_t>{0, 4, 0}));
  TestModel now(13);
  now.ints("starts", {INT64_MAX, 0});
  now.ints("ends", {INT64_MIN, INT64_MAX});
  now.ints("axes", {-1, 2});
  now.ints("steps", {-2, 3});
  now.node("Slice", {"x", "starts", "ends", "axes", "steps"}, "s");
  now.classify("s", 3 * 3 * 3);
  const Model model = now.read();
  EXPECT_EQ(op_of<Slice>(model, "n_s").start, (std::vector<std::int64_t>{0, 0, 5}));
  EXPECT_EQ(op_of<Slice>(model, "n_s").step, (std::vector<std::int64_t>{1, 3, -2}));
  EXPECT_EQ(op_of<Slice>(model, "n_s").shape, (Shape{3, 3, 3}));
}

TEST(ImportOnnx, AutoPadOfEvenTotalsAndOddOnes) {
  for (const bool upper : {true, false}) {
    TestModel model(13, {3, 8, 7});
    model.weights("k", {2, 3, 3, 3});
    auto& node = model.node("Conv", {"x", "k"}, "c");
    set_text(node, "auto_pad", upper ? "SAME_UPPER" : "SAME_LOWER");
    set_ints(node, "strides", {2, 2});
    model.classify("c", 2 * 4 * 4);
    const Model read = model.read();
    const Window window = op_of<Conv>(read, "n_c").window;
    EXPECT_EQ(window.pad_begin, (std::array<int, 2>{upper ? 0 : 1, 1}));
    EXPECT_EQ(window.pad_end, (std::array<int, 2>{upper ? 1 : 0, 1}));
  }
}

TEST(ImportOnnx, SqueezeByAttributeAndByInput) {
  for (const int opset : {11, 13}) {
    TestModel model(opset);
    model.node("GlobalAveragePool", {"x"}, "g");
    if (opset == 11) {
      set_ints(model.node("Squeeze", {"g"}, "s"), "axes", {2, 3});
    } else {
      model.ints("axes", {-1, -2});
      model.node("Squeeze", {"g", "axes"}, "s");
    }
    model.classify("s", 3);
    EXPECT_EQ(op_of<Reshape>(model.read(), "n_s").shape, (Shape{3}));
  }
}

TEST(ImportOnnx, ReduceMeanOverRowsAndColumns) {
  TestModel model(18);
  model.ints("axes", {-1, -2});
  set_int(model.node("ReduceMean", {"x", "axes"}, "m"), "keepdims", 0);
  model.classify("m", 3);
  const Graph graph = model.read().graph;
  EXPECT_EQ(op_name(graph.nodes[0].op), "GlobalAveragePool");
  EXPECT_EQ(graph.nodes[1].name, "n_m");
}

TEST(ImportOnnx, OldSoftmaxJoinsTheAxesBehind) {
  TestModel model(11);
  model.node("Softmax", {"x"}, "s");
  model.classify("s", 144);
  const Graph graph = model.read().graph;
  EXPECT_EQ(graph.shape(graph.nodes[1].output), (Shape{144}));
  TestModel now(13);
  now.node("Softmax", {"x"}, "s");
  now.classify("s", 144);
  EXPECT_EQ(op_of<Softmax>(now.read(), "n_s").axis, 2);
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

TEST(ImportOnnx, DropoutIdentityAndCastDisappear) {
  TestModel model(13);
  model.node("Dropout", {"x"}, "d");
  model.node("Identity", {"d"}, "i");
  set_int(model.node("Cast", {"i"}, "c"), "to", onnx::TensorProto::FLOAT);
  model.classify("c", 144);
  EXPECT_EQ(model.read().graph.nodes.size(), 2u);
}

TEST(ImportOnnx, PreluSlopeOfOneNumberOrOneAChannel) {
  TestModel model;
  model.weights("one", {1});
  model.weights("each", {3, 1, 1});
  model.node("PRelu", {"x", "one"}, "a");
  model.node("PRelu", {"a", "each"}, "b");
  model.classify("b", 144);
  const Model read = model.read();
  EXPECT_EQ(op_of<PRelu>(read, "n_a").slope.data, (std::vector<float>{0.5f, 0.5f, 0.5f}));
  EXPECT_EQ(op_of<PRelu>(read, "n_b").slope.data, (std::vector<float>{0.5f, 0.75f, 1.0f}));
}

TEST(ImportOnnx, HalfAndDoubleWeights) {
  TestModel model(13, {1, 1, 2});
  model.node("Flatten", {"x"}, "flat");
  auto& half = model.numbers("w", {2, 2}, {});
  half.set_data_type(onnx::TensorProto::FLOAT16);
  half.set_raw_data("\x00\x3c\x00\xc0\x01\x00\xff\x7b", 8);  // 1, -2, 2^-24, 65504
  auto& wide = model.numbers("c", {2}, {});
  wide.set_data_type(onnx::TensorProto::DOUBLE);
  wide.add_double_data(0.25);
  wide.add_double_data(-8.0);
  set_int(model.node("Gemm", {"flat", "w", "c"}, "y"), "transB", 1);
  const Model read = model.read();
  EXPECT_EQ(op_of<Gemm>(read, "n_y").weight.data,
            (std::vector<float>{1.0f, -2.0f, 5.9604644775390625e-8f, 65504.0f}));
  EXPECT_EQ(op_of<Gemm>(read, "n_y").bias.data, (std::vector<float>{0.25f, -8.0f}));
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
