#include <gtest/gtest.h>

#include "tests/expect_error.h"
#include "tests/onnx_test_model.h"

// Arithmetic on constants while a file is read: values by hand, faults by their words.

namespace ripple {
namespace {

using Floats = std::vector<float>;
using Ints = std::vector<std::int64_t>;

Floats of_floats(const char* op, const Floats& a, const Floats& b) {
  return folded(std::int64_t(a.size()), [&](TestModel& m) {
    m.numbers("a", {std::int64_t(a.size())}, a);
    m.numbers("b", {std::int64_t(b.size())}, b);
    m.node(op, {"a", "b"}, "k");
  });
}

Floats of_ints(const char* op, const Ints& a, const Ints& b) {
  return folded(std::int64_t(a.size()), [&](TestModel& m) {
    m.ints("a", a);
    m.ints("b", b);
    m.node(op, {"a", "b"}, "k");
  });
}

template <typename Make>
Floats of_one(const char* op, std::int64_t count, const Make& input) {
  return folded(count, [&](TestModel& m) {
    input(m);
    m.node(op, {"a"}, "k");
  });
}

TEST(ConstantFolding, FloatingPointArithmetic) {
  EXPECT_EQ(of_floats("Add", {1, 2}, {0.5f, -4}), (Floats{1.5f, -2}));
  EXPECT_EQ(of_floats("Sub", {1, 2}, {0.5f, -4}), (Floats{0.5f, 6}));
  EXPECT_EQ(of_floats("Mul", {1, 2}, {0.5f, -4}), (Floats{0.5f, -8}));
  EXPECT_EQ(of_floats("Div", {1, 2}, {0.5f, -4}), (Floats{2, -0.5f}));
  EXPECT_EQ(of_floats("Min", {1, 2}, {0.5f, 4}), (Floats{0.5f, 2}));
  EXPECT_EQ(of_floats("Max", {1, 2}, {0.5f, 4}), (Floats{1, 4}));
  EXPECT_EQ(of_floats("Equal", {1, 2}, {1, 4}), (Floats{1, 0}));
}

TEST(ConstantFolding, IntegerArithmeticCutsTowardsZero) {
  EXPECT_EQ(of_ints("Add", {7, -7}, {2, 2}), (Floats{9, -5}));
  EXPECT_EQ(of_ints("Sub", {7, -7}, {2, 2}), (Floats{5, -9}));
  EXPECT_EQ(of_ints("Mul", {7, -7}, {2, 2}), (Floats{14, -14}));
  EXPECT_EQ(of_ints("Div", {7, -7}, {2, 2}), (Floats{3, -3}));
  EXPECT_EQ(of_ints("Min", {7, -7}, {2, 2}), (Floats{2, -7}));
  EXPECT_EQ(of_ints("Max", {7, -7}, {2, 2}), (Floats{7, 2}));
  EXPECT_EQ(of_ints("Equal", {7, -7}, {7, 2}), (Floats{1, 0}));
}

TEST(ConstantFolding, OneInputAndMany) {
  const auto reals = [](TestModel& m) { m.numbers("a", {4}, {2.25f, -1.5f, 0, 9}); };
  EXPECT_EQ(of_one("Floor", 4, reals), (Floats{2, -2, 0, 9}));
  EXPECT_EQ(of_one("Ceil", 4, reals), (Floats{3, -1, 0, 9}));
  EXPECT_EQ(of_one("Neg", 4, reals), (Floats{-2.25f, 1.5f, 0, -9}));
  EXPECT_EQ(of_one("Max", 4, reals), (Floats{2.25f, -1.5f, 0, 9}));
  const auto squares = [](TestModel& m) { m.numbers("a", {2}, {2.25f, 9}); };
  EXPECT_EQ(of_one("Sqrt", 2, squares), (Floats{1.5f, 3}));
  const auto whole = [](TestModel& m) { m.ints("a", {3, -4}); };
  EXPECT_EQ(of_one("Neg", 2, whole), (Floats{-3, 4}));
  EXPECT_EQ(of_one("Floor", 2, whole), (Floats{3, -4}));
  const Floats least = folded(2, [](TestModel& m) {
    m.ints("a", {3, 9});
    m.ints("b", {4, 5});
    m.ints("c", {7});
    m.node("Min", {"a", "b", "c"}, "k");
  });
  EXPECT_EQ(least, (Floats{3, 5}));
}

TEST(ConstantFolding, BroadcastsBothSides) {
  const Floats sums = folded(6, [](TestModel& m) {
    m.numbers("a", {2, 1}, {10, 20});
    m.numbers("b", {3}, {1, 2, 3});
    m.node("Add", {"a", "b"}, "k");
  });
  EXPECT_EQ(sums, (Floats{11, 12, 13, 21, 22, 23}));
  const Floats differences = folded(8, [](TestModel& m) {
    m.numbers("a", {2, 1, 2}, {1, 2, 3, 4});
    m.numbers("b", {1, 2, 1}, {10, 20});
    m.node("Sub", {"b", "a"}, "k");
  });
  EXPECT_EQ(differences, (Floats{9, 8, 19, 18, 7, 6, 17, 16}));
}

TEST(ConstantFolding, WhereChoosesAndBroadcastsThreeWays) {
  const Floats chosen = folded(6, [](TestModel& m) {
    m.ints("yes", {1, 0, 7});
    m.numbers("a", {2, 1}, {1, 2});
    m.numbers("b", {1}, {-1});
    m.node("Where", {"yes", "a", "b"}, "k");
  });
  EXPECT_EQ(chosen, (Floats{1, -1, 1, 2, -1, 2}));
}

TEST(ConstantFolding, ChainOfManyOperators) {
  // ((7 / 2) * 2 - 5 + max(1, 0)) = 2 rows of [2, 72], through Cast, Range, Where and Equal.
  TestModel model(13);
  for (const auto& [name, value] :
       {std::pair{"c0", 0}, {"c1", 1}, {"c2", 2}, {"c5", 5}, {"c7", 7}}) {
    model.ints(name, {value});
  }
  model.node("Div", {"c7", "c2"}, "half");
  model.node("Mul", {"half", "c2"}, "six");
  model.node("Sub", {"six", "c5"}, "one");
  model.node("Max", {"c1", "c0"}, "also_one");
  model.node("Add", {"one", "also_one"}, "two");
  set_int(model.node("Cast", {"two"}, "real"), "to", onnx::TensorProto::FLOAT);
  model.node("Floor", {"real"}, "floored");
  set_int(model.node("Cast", {"floored"}, "rows"), "to", onnx::TensorProto::INT64);
  model.node("Equal", {"rows", "c2"}, "is_two");
  model.node("Where", {"is_two", "rows", "c5"}, "chosen");
  model.ints("minus", {-1});
  set_int(model.node("Concat", {"c1", "chosen", "minus"}, "shape"), "axis", 0);
  model.node("Reshape", {"x", "shape"}, "r");
  model.classify("r", 144);
  EXPECT_EQ(op_of<Reshape>(model.read(), "n_r").shape, (Shape{2, 72}));
}

TEST(ConstantFolding, RefusesWhatDoesNotFitAnInteger) {
  const auto refuse = [](const char* op, std::int64_t a, std::int64_t b, const char* part) {
    expect_error([&] { of_ints(op, {a}, {b}); }, ErrorCode::kBadModel, {"node 'n_k'", part});
  };
  refuse("Add", INT64_MAX, 1, "9223372036854775807 + 1 does not fit 64 bits");
  refuse("Sub", INT64_MIN, 1, "-9223372036854775808 - 1 does not fit 64 bits");
  refuse("Mul", INT64_MAX, -2, "9223372036854775807 x -2 does not fit 64 bits");
  refuse("Div", 5, 0, "divides 5 by 0");
  refuse("Div", INT64_MIN, -1, "divides -9223372036854775808 by -1");
  expect_error([] { of_one("Neg", 1, [](TestModel& m) { m.ints("a", {INT64_MIN}); }); },
               ErrorCode::kBadModel, {"-(-9223372036854775808) does not fit 64 bits"});
}

TEST(ConstantFolding, RefusesMixedTypesAndShapes) {
  const auto refuse = [](const char* op, const std::vector<std::string>& inputs, const char* part) {
    const auto make = [&](TestModel& m) {
      m.ints("i", {1, 2});
      m.numbers("f", {2}, {1, 2});
      m.numbers("g", {3}, {1, 2, 3});
      m.node(op, inputs, "k");
    };
    expect_error([&] { folded(2, make); }, ErrorCode::kBadModel, {"node 'n_k'", part});
  };
  refuse("Add", {"i", "f"}, "mixes floating-point numbers and integers");
  refuse("Equal", {"f", "i"}, "compares floating-point numbers and integers");
  refuse("Where", {"f", "f", "f"}, "condition is not boolean");
  refuse("Where", {"i", "f", "i"}, "mixes");
  refuse("Sqrt", {"i"}, "of integers");
  refuse("Add", {"f"}, "needs two inputs, has 1");
  refuse("Mul", {"f", "g"}, "shapes 2 and 3 do not broadcast");
}

}  // namespace
}  // namespace ripple
