#include "ripple/base/shape.h"

#include <limits>

#include <gtest/gtest.h>

#include "ripple/base/error.h"

namespace ripple {
namespace {

TEST(Shape, CountsElements) {
  EXPECT_EQ(element_count(Shape{3, 32, 32}), 3072);
  EXPECT_EQ(element_count(Shape{}), 1);
  EXPECT_EQ(element_count(Shape{5, 0}), 0);
}

TEST(Shape, RefusesAProductThatOverflows) {
  EXPECT_THROW(element_count(Shape{std::int64_t{1} << 40, std::int64_t{1} << 40}), Error);
}

TEST(Shape, RefusesANegativeExtent) {
  EXPECT_THROW(element_count(Shape{3, -1}), Error);
}

TEST(Shape, RefusesASumThatOverflows) {
  EXPECT_THROW(checked_add(std::numeric_limits<std::int64_t>::max(), 1, "test"), Error);
}

TEST(Shape, Prints) {
  EXPECT_EQ(to_string(Shape{3, 32, 32}), "3x32x32");
  EXPECT_EQ(to_string(Shape{}), "scalar");
}

}  // namespace
}  // namespace ripple
