#include <limits>

#include <gtest/gtest.h>

#include "tests/onnx_test_model.h"

// What exporters write, in the forms of every operator set.

namespace ripple {
namespace {

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

}  // namespace
}  // namespace ripple
