#include "ripple/model/onnx_attributes.h"

#include <gtest/gtest.h>

#include "tests/expect_error.h"
#include "tests/onnx_test_model.h"

namespace ripple {
namespace {

TEST(AttributeReader, GivesValuesAndFallbacks) {
  onnx::NodeProto node;
  set_int(node, "axis", -1);
  set_float(node, "alpha", 0.5f);
  set_text(node, "mode", "edge");
  set_ints(node, "pads", {1, 2});
  AttributeReader reader(node, "here");
  EXPECT_TRUE(reader.has("axis"));
  EXPECT_FALSE(reader.has("beta"));
  EXPECT_EQ(reader.integer("axis", 7, -3, 3), -1);
  EXPECT_EQ(reader.integer("group", 7, -3, 9), 7);
  EXPECT_EQ(reader.real("alpha", 1.0f), 0.5f);
  EXPECT_EQ(reader.real("beta", 1.0f), 1.0f);
  EXPECT_EQ(reader.text("mode", "constant"), "edge");
  EXPECT_EQ(reader.integers("pads"), (std::vector<std::int64_t>{1, 2}));
  EXPECT_EQ(reader.integers("strides"), std::nullopt);
  EXPECT_EQ(reader.reals("scales"), std::nullopt);
  EXPECT_EQ(reader.tensor("value"), nullptr);
  reader.check_all_read();
}

TEST(AttributeReader, RefusesRangeTypeAndWhatNobodyReads) {
  onnx::NodeProto node;
  set_int(node, "axis", 4);
  AttributeReader reader(node, "here");
  expect_error([&] { reader.check_all_read(); }, ErrorCode::kUnsupportedOp, {"here", "'axis'"});
  expect_error([&] { reader.integer("axis", 0, -3, 3); }, ErrorCode::kBadModel, {"here", "axis"});
  expect_error([&] { reader.real("axis", 0.0f); }, ErrorCode::kBadModel, {"another type"});
  reader.ignore("axis");
  reader.check_all_read();
}

}  // namespace
}  // namespace ripple
