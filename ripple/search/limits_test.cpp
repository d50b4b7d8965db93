#include "ripple/search/limits.h"

#include <gtest/gtest.h>

#include "ripple/base/error.h"

namespace ripple {
namespace {

TEST(SearchLimits, TheEndsAreAllowedAndOneBeyondIsNot) {
  EXPECT_NO_THROW(check_search_limits(1, 1, 1, 1));
  EXPECT_NO_THROW(check_search_limits(5, kMaxPopulation, 1000, 1));
  EXPECT_THROW(check_search_limits(0, 1, 1, 1), Error);
  EXPECT_THROW(check_search_limits(6, 1, 1, 1), Error);
  EXPECT_THROW(check_search_limits(1, 0, 1, 1), Error);
  EXPECT_THROW(check_search_limits(1, kMaxPopulation + 1, 1, 1), Error);
  EXPECT_THROW(check_search_limits(1, 1, 0, 1), Error);
  EXPECT_THROW(check_search_limits(1, 1, 1, 0), Error);
}

TEST(SearchLimits, DifferentPixelsMustFitTheImage) {
  EXPECT_NO_THROW(check_distinct_pixels(4, 2, 2));
  EXPECT_THROW(check_distinct_pixels(5, 2, 2), Error);
}

}  // namespace
}  // namespace ripple
