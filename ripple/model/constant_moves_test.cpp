#include <gtest/gtest.h>

#include "tests/expect_error.h"
#include "tests/onnx_test_model.h"

// Constants made and moved while a file is read: values by hand, faults by their words.

namespace ripple {
namespace {

using Floats = std::vector<float>;

/// "a": 0, 1, 2, ... of a shape.
void count_up(TestModel& m, const std::vector<std::int64_t>& dims) {
  Floats values;
  for (std::int64_t i = 0; i < element_count(dims); ++i) values.push_back(float(i));
  m.numbers("a", dims, values);
}

/// Adds `op` on "a" of a shape and on integers; `adjust` sets attributes.
using Adjust = void (*)(onnx::NodeProto&);
void add_move(TestModel& m, const char* op, const std::vector<std::int64_t>& dims,
              const std::vector<std::vector<std::int64_t>>& more, Adjust adjust,
              const std::string& output) {
  count_up(m, dims);
  std::vector<std::string> inputs{"a"};
  for (const auto& values : more) {
    inputs.push_back("i" + std::to_string(inputs.size()));
    m.ints(inputs.back(), values);
  }
  auto& node = m.node(op, inputs, output);
  if (adjust != nullptr) adjust(node);
}

/// Its `count` numbers.
Floats moved(std::int64_t count, const char* op, const std::vector<std::int64_t>& dims,
             const std::vector<std::vector<std::int64_t>>& more, Adjust adjust = nullptr,
             int opset = 13) {
  return folded(
      count, [&](TestModel& m) { add_move(m, op, dims, more, adjust, "k"); }, opset);
}

/// Its shape, as a Shape node behind it says.
Floats moved_shape(std::int64_t rank, const char* op, const std::vector<std::int64_t>& dims,
                   const std::vector<std::vector<std::int64_t>>& more, Adjust adjust = nullptr) {
  return folded(rank, [&](TestModel& m) {
    add_move(m, op, dims, more, adjust, "moved");
    m.node("Shape", {"moved"}, "k");
  });
}

template <typename Action>
void refuse(const Action& action, const char* part, ErrorCode code = ErrorCode::kBadModel) {
  expect_error(action, code, {"node 'n_k'", part});
}

TEST(ConstantMoves, ConstantInEveryForm) {
  const auto constant = [](std::int64_t count, Adjust adjust) {
    return folded(count, [&](TestModel& m) { adjust(m.node("Constant", {}, "k")); });
  };
  EXPECT_EQ(constant(1, [](auto& n) { set_float(n, "value_float", 2.5f); }), (Floats{2.5f}));
  EXPECT_EQ(constant(1, [](auto& n) { set_int(n, "value_int", -3); }), (Floats{-3}));
  EXPECT_EQ(constant(2, [](auto& n) { set_ints(n, "value_ints", {4, 5}); }), (Floats{4, 5}));
  EXPECT_EQ(constant(2,
                     [](auto& n) {
                       auto* attribute = n.add_attribute();
                       attribute->set_name("value_floats");
                       attribute->set_type(onnx::AttributeProto::FLOATS);
                       attribute->add_floats(0.5f);
                       attribute->add_floats(-1);
                     }),
            (Floats{0.5f, -1}));
  EXPECT_EQ(constant(2,
                     [](auto& n) {
                       auto* attribute = n.add_attribute();
                       attribute->set_name("value");
                       attribute->set_type(onnx::AttributeProto::TENSOR);
                       attribute->mutable_t()->set_data_type(onnx::TensorProto::INT32);
                       attribute->mutable_t()->add_dims(2);
                       attribute->mutable_t()->add_int32_data(6);
                       attribute->mutable_t()->add_int32_data(-7);
                     }),
            (Floats{6, -7}));
  refuse([&] { constant(1, [](auto&) {}); }, "has no numeric value");
}

TEST(ConstantMoves, ConstantOfShapeRepeatsOneNumber) {
  const auto filled_with = [](std::int64_t count, const std::vector<std::int64_t>& shape,
                              const std::vector<std::int64_t>& value) {
    return folded(count, [&](TestModel& m) {
      m.ints("shape", shape);
      auto& node = m.node("ConstantOfShape", {"shape"}, "k");
      if (value.empty()) return;
      auto* attribute = node.add_attribute();
      attribute->set_name("value");
      attribute->set_type(onnx::AttributeProto::TENSOR);
      attribute->mutable_t()->set_data_type(onnx::TensorProto::INT64);
      attribute->mutable_t()->add_dims(std::int64_t(value.size()));
      for (const std::int64_t v : value) attribute->mutable_t()->add_int64_data(v);
    });
  };
  EXPECT_EQ(filled_with(6, {2, 3}, {}), Floats(6, 0.0f));
  EXPECT_EQ(filled_with(4, {1, 4}, {7}), Floats(4, 7.0f));
  refuse([&] { filled_with(1, {1}, {7, 8}); }, "not one number");
  refuse([&] { filled_with(1, std::vector<std::int64_t>(9, 1), {}); }, "asks for 9 axes");
  const std::int64_t large = std::int64_t{1} << 40;
  refuse([&] { filled_with(1, {large, large}, {}); }, "does not fit 64 bits");
  refuse([&] { filled_with(1, {-1, -1}, {}); }, "extent -1");
}

TEST(ConstantMoves, CastCutsTowardsZeroAndKnowsTruth) {
  const auto cast = [](std::int64_t to, const Floats& values) {
    return folded(std::int64_t(values.size()), [&](TestModel& m) {
      m.numbers("a", {std::int64_t(values.size())}, values);
      set_int(m.node("Cast", {"a"}, "k"), "to", to);
    });
  };
  EXPECT_EQ(cast(onnx::TensorProto::INT64, {1.75f, -1.75f, 0.25f}), (Floats{1, -1, 0}));
  EXPECT_EQ(cast(onnx::TensorProto::BOOL, {0.25f, 0, -3}), (Floats{1, 0, 1}));
  EXPECT_EQ(cast(onnx::TensorProto::FLOAT, {0.25f}), (Floats{0.25f}));
  refuse([&] { cast(onnx::TensorProto::INT64, {1e30f}); }, "does not fit 64 bits");
  EXPECT_EQ(cast(onnx::TensorProto::UINT8, {255, 0}), (Floats{255, 0}));
  for (const float value : {256.0f, -1.0f})
    refuse([&] { cast(onnx::TensorProto::UINT8, {value}); }, "does not fit element type 2");
  EXPECT_EQ(cast(onnx::TensorProto::INT16, {-32768, 32767}), (Floats{-32768, 32767}));
  refuse([&] { cast(onnx::TensorProto::INT16, {32768}); }, "does not fit element type 5");
  refuse([&] { cast(onnx::TensorProto::STRING, {1}); }, "element type 8",
         ErrorCode::kUnsupportedOp);
}

TEST(ConstantMoves, ShapesOnly) {
  EXPECT_EQ(moved_shape(2, "Reshape", {2, 6}, {{0, -1}}), (Floats{2, 6}));
  EXPECT_EQ(moved_shape(3, "Reshape", {2, 6}, {{3, 2, 2}}), (Floats{3, 2, 2}));
  EXPECT_EQ(moved_shape(2, "Flatten", {2, 3, 4}, {}), (Floats{2, 12}));
  EXPECT_EQ(moved_shape(2, "Flatten", {2, 3, 4}, {}, [](auto& n) { set_int(n, "axis", -1); }),
            (Floats{6, 4}));
  EXPECT_EQ(moved_shape(2, "Flatten", {2, 3, 4}, {}, [](auto& n) { set_int(n, "axis", 0); }),
            (Floats{1, 24}));
  EXPECT_EQ(moved_shape(2, "Squeeze", {1, 2, 1, 3}, {}), (Floats{2, 3}));
  EXPECT_EQ(moved_shape(3, "Squeeze", {1, 2, 1, 3}, {{-2}}), (Floats{1, 2, 3}));
  EXPECT_EQ(moved_shape(4, "Unsqueeze", {2, 3}, {{0, -1}}), (Floats{1, 2, 3, 1}));
  EXPECT_EQ(moved_shape(2, "Identity", {2, 3}, {}), (Floats{2, 3}));
  refuse([] { moved(2, "Squeeze", {2}, {{0}}); }, "squeezes axis 0 of 2");
  refuse([] { moved(2, "Unsqueeze", {2}, {}); }, "has no axes");
  refuse([] { moved(2, "Reshape", {2}, {{3}}); }, "2 cannot become 3");
}

TEST(ConstantMoves, TransposeReversesOrFollowsItsPermutation) {
  EXPECT_EQ(moved(6, "Transpose", {2, 3}, {}), (Floats{0, 3, 1, 4, 2, 5}));
  EXPECT_EQ(moved(8, "Transpose", {2, 2, 2}, {},
                  [](auto& n) {
                    set_ints(n, "perm", {1, 2, 0});
                  }),
            (Floats{0, 4, 1, 5, 2, 6, 3, 7}));
}

TEST(ConstantMoves, ConcatAlongAnyAxis) {
  const auto joined = [](std::int64_t axis, bool mixed) {
    return folded(8, [&](TestModel& m) {
      count_up(m, {2, 2});
      if (mixed) m.ints("b", {1, 2, 3, 4});
      if (!mixed) m.numbers("b", {2, 2}, {10, 11, 12, 13});
      set_int(m.node("Concat", {"a", "b"}, "k"), "axis", axis);
    });
  };
  EXPECT_EQ(joined(0, false), (Floats{0, 1, 2, 3, 10, 11, 12, 13}));
  EXPECT_EQ(joined(-1, false), (Floats{0, 1, 10, 11, 2, 3, 12, 13}));
  EXPECT_EQ(folded(4,
                   [](TestModel& m) {
                     count_up(m, {2, 2});
                     m.numbers("none", {2, 0}, {});
                     set_int(m.node("Concat", {"none", "a", "none"}, "k"), "axis", 1);
                   }),
            (Floats{0, 1, 2, 3}));
  refuse([&] { joined(0, true); }, "differ in type or axes");
  refuse([] { moved(4, "Concat", {2, 2}, {}); }, "has no axis");
}

TEST(ConstantMoves, SliceForwardsAndBackwards) {
  EXPECT_EQ(moved(2, "Slice", {5}, {{1}, {3}}), (Floats{1, 2}));
  EXPECT_EQ(moved(3, "Slice", {5}, {{-1}, {INT64_MIN}, {0}, {-2}}), (Floats{4, 2, 0}));
  EXPECT_EQ(moved(4, "Slice", {3, 4}, {{0, 1}, {3, 4}, {0, 1}, {2, 2}}), (Floats{1, 3, 9, 11}));
  EXPECT_EQ(moved_shape(2, "Slice", {2, 3}, {{3}, {3}, {1}}), (Floats{2, 0}));  // past the end
  const auto by_attribute = [](auto& n) {
    set_ints(n, "starts", {1});
    set_ints(n, "ends", {99});
    set_ints(n, "axes", {1});
  };
  EXPECT_EQ(moved(4, "Slice", {2, 3}, {}, by_attribute, 9), (Floats{1, 2, 4, 5}));
}

TEST(ConstantMoves, GatherTakesRowsAndColumns) {
  const auto second_axis = [](auto& n) { set_int(n, "axis", 1); };
  EXPECT_EQ(moved(4, "Gather", {3, 2}, {{2, -3}}), (Floats{4, 5, 0, 1}));
  EXPECT_EQ(moved(6, "Gather", {3, 2}, {{-1, 0}}, second_axis), (Floats{1, 0, 3, 2, 5, 4}));
  refuse([] { moved(2, "Gather", {3, 2}, {{3}}); }, "index 3 of 3");
  refuse([] { moved(2, "Gather", {3, 2}, {{-4}}); }, "index -4 of 3");
}

TEST(ConstantMoves, ExpandRepeats) {
  EXPECT_EQ(moved(6, "Expand", {2, 1}, {{2, 3}}), (Floats{0, 0, 0, 1, 1, 1}));
  EXPECT_EQ(moved(6, "Expand", {3}, {{2, 1}}), (Floats{0, 1, 2, 0, 1, 2}));
  refuse([] { moved(6, "Expand", {2, 1}, {{2, -3}}); }, "negative extent");
  refuse([] { moved(6, "Expand", {2}, {{3}}); }, "shapes 2 and 3 do not broadcast");
}

TEST(ConstantMoves, RangeUpAndDown) {
  const auto range = [](std::int64_t count, std::int64_t first, std::int64_t limit,
                        std::int64_t step) {
    return folded(count, [&](TestModel& m) {
      m.ints("first", {first}).clear_dims();
      m.ints("limit", {limit}).clear_dims();
      m.ints("step", {step}).clear_dims();
      m.node("Range", {"first", "limit", "step"}, "k");
    });
  };
  EXPECT_EQ(range(3, 1, 6, 2), (Floats{1, 3, 5}));
  EXPECT_EQ(range(2, 5, 1, -3), (Floats{5, 2}));
  refuse([&] { range(1, 0, 1, 0); }, "steps by 0");
  refuse([&] { range(1, 0, INT64_MAX, 1); }, "out of range");
}

}  // namespace
}  // namespace ripple
