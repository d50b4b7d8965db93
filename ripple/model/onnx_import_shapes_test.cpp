#include <gtest/gtest.h>

#include "tests/onnx_test_model.h"

// What exporters write, in the forms of every operator set.

namespace ripple {
namespace {

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

}  // namespace
}  // namespace ripple
