#include "ripple/model/onnx_shapes.h"

#include <limits>

#include <gtest/gtest.h>

#include "tests/expect_error.h"

namespace ripple {
namespace {

using Numbers = std::vector<std::int64_t>;

template <typename Call>
void expect_bad(Call call, const char* part) {
  expect_error(call, ErrorCode::kBadModel, {"here", part});
}

TEST(OnnxShapes, AxesCountFromBothEnds) {
  EXPECT_EQ(normalised_axis(0, 4, "here"), 0);
  EXPECT_EQ(normalised_axis(3, 4, "here"), 3);
  EXPECT_EQ(normalised_axis(-4, 4, "here"), 0);
  expect_bad([] { normalised_axis(4, 4, "here"); }, "axis 4 of 4");
  expect_bad([] { normalised_axis(-5, 4, "here"); }, "axis -5 of 4");
  EXPECT_EQ(normalised_axes({-1, 0}, 3, "here"), (std::vector<int>{2, 0}));
  expect_bad([] { normalised_axes({2, -1}, 3, "here"); }, "axis 2 twice");
}

TEST(OnnxShapes, ReshapeCopiesAndInfers) {
  EXPECT_EQ(reshaped({1, 3, 4, 2}, {0, -1}, false, "here"), (Shape{1, 24}));
  EXPECT_EQ(reshaped({1, 3, 4, 2}, {1, 2, 0, 3}, false, "here"), (Shape{1, 2, 4, 3}));
  EXPECT_EQ(reshaped({0, 3}, {3, 0}, true, "here"), (Shape{3, 0}));
  expect_bad([] { reshaped({4}, {2, 0}, false, "here"); }, "copies an axis");
  expect_bad([] { reshaped({4}, {-1, -1}, false, "here"); }, "two axes open");
  expect_bad([] { reshaped({4}, {-2, 2}, false, "here"); }, "extent -2");
  expect_bad([] { reshaped({4}, {3, -1}, false, "here"); }, "do not divide");
  expect_bad([] { reshaped({4}, {0, -1}, true, "here"); }, "do not divide by 0");
  expect_bad([] { reshaped({4}, {5}, false, "here"); }, "cannot become");
  expect_bad([] { reshaped({1}, Numbers(9, 1), false, "here"); }, "9 axes");
  constexpr std::int64_t kHuge = std::int64_t{1} << 40;
  expect_bad([] { reshaped({1}, {kHuge, kHuge}, false, "here"); }, "");
}

TEST(OnnxShapes, SqueezeAndUnsqueeze) {
  EXPECT_EQ(squeezed({1, 3, 1, 2}, std::nullopt, "here"), (Shape{3, 2}));
  EXPECT_EQ(squeezed({1, 3, 1, 2}, Numbers{-2}, "here"), (Shape{1, 3, 2}));
  EXPECT_EQ(squeezed({1, 3}, Numbers{}, "here"), (Shape{1, 3}));
  expect_bad([] { squeezed({1, 3}, Numbers{1}, "here"); }, "squeezes axis 1");
  EXPECT_EQ(unsqueezed({3, 2}, {0, -1}, "here"), (Shape{1, 3, 2, 1}));
  EXPECT_EQ(unsqueezed({}, {0}, "here"), (Shape{1}));
  expect_bad([] { unsqueezed({3}, {0, 0}, "here"); }, "twice");
  expect_bad([] { unsqueezed(Shape(8, 1), {0}, "here"); }, "9 axes");
}

/// Of an axis of 10: start, step and how many, as NumPy's [start:end:step] takes them.
SliceRange slice(std::int64_t start, std::int64_t end, std::int64_t step) {
  return sliced({10}, {start}, {end}, std::nullopt, Numbers{step}, "here").at(0);
}

TEST(OnnxShapes, SlicesTakeWhatNumPyTakes) {
  const auto expect = [](const SliceRange& got, std::int64_t start, std::int64_t step,
                         std::int64_t count) {
    EXPECT_EQ(got.count, count);
    EXPECT_EQ(got.start, start);
    EXPECT_EQ(got.step, step);
  };
  constexpr std::int64_t kLowest = std::numeric_limits<std::int64_t>::min();
  constexpr std::int64_t kHighest = std::numeric_limits<std::int64_t>::max();
  expect(slice(2, 8, 3), 2, 3, 2);
  expect(slice(-3, kHighest, 1), 7, 1, 3);
  expect(slice(-100, -8, 1), 0, 1, 2);
  expect(slice(8, 2, 1), 8, 1, 0);
  expect(slice(-1, -100, -4), 9, -4, 3);
  expect(slice(100, 0, -1), 9, -1, 9);
  expect(slice(5, kLowest, kLowest), 5, 1, 1);
  expect(slice(0, 10, kHighest), 0, 1, 1);
  // Axes that are not named are taken whole.
  const auto two = sliced({10, 4}, {1}, {3}, Numbers{-1}, std::nullopt, "here");
  expect(two.at(0), 0, 1, 10);
  expect(two.at(1), 1, 1, 2);
  expect_bad([] { slice(0, 1, 0); }, "steps by 0");
  expect_bad([] { sliced({4}, {0, 0}, {1}, std::nullopt, std::nullopt, "here"); }, "lengths");
  expect_bad([] { sliced({4}, {0, 0}, {1, 1}, std::nullopt, std::nullopt, "here"); }, "lengths");
}

TEST(OnnxShapes, Permutations) {
  EXPECT_EQ(permutation_of(std::nullopt, 3, "here"), (std::vector<int>{2, 1, 0}));
  EXPECT_EQ(permutation_of(Numbers{0, 2, -2}, 3, "here"), (std::vector<int>{0, 2, 1}));
  expect_bad([] { permutation_of(Numbers{0, 1}, 3, "here"); }, "2 axes of 3");
  expect_bad([] { permutation_of(Numbers{0, 1, 1}, 3, "here"); }, "twice");
}

}  // namespace
}  // namespace ripple
