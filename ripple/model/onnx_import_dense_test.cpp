#include <gtest/gtest.h>

#include "tests/onnx_test_model.h"

// What exporters write, in the forms of every operator set.

namespace ripple {
namespace {

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

}  // namespace
}  // namespace ripple
