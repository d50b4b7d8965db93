#include "ripple/base/statistics.h"

#include <cmath>

#include <gtest/gtest.h>

namespace ripple {
namespace {

TEST(Statistics, WilsonMatchesPublishedValues) {
  // Newcombe 1998, table I: 81 of 263 and 15 of 148 (score method without continuity correction).
  const Interval a = wilson_interval(81, 263);
  EXPECT_NEAR(a.low, 0.2553, 5e-5);
  EXPECT_NEAR(a.high, 0.3662, 5e-5);
  const Interval b = wilson_interval(15, 148);
  EXPECT_NEAR(b.low, 0.0624, 5e-5);
  EXPECT_NEAR(b.high, 0.1605, 5e-5);
}

TEST(Statistics, WilsonAtTheEnds) {
  EXPECT_EQ(wilson_interval(0, 20).low, 0.0);
  EXPECT_NEAR(wilson_interval(0, 20).high, 0.1611, 5e-5);
  EXPECT_EQ(wilson_interval(20, 20).high, 1.0);
  EXPECT_EQ(wilson_interval(0, 0).low, 0.0);
  EXPECT_EQ(wilson_interval(0, 0).high, 1.0);
}

TEST(Statistics, MeanAndMedian) {
  EXPECT_DOUBLE_EQ(mean({1, 2, 6}), 3.0);
  EXPECT_DOUBLE_EQ(median({6, 1, 2}), 2.0);
  EXPECT_DOUBLE_EQ(median({6, 1, 2, 3}), 2.5);
  EXPECT_TRUE(std::isnan(mean({})));
  EXPECT_TRUE(std::isnan(median({})));
}

}  // namespace
}  // namespace ripple
