#include "ripple/base/rate.h"

#include <cmath>

#include <gtest/gtest.h>

namespace ripple {
namespace {

TEST(ClusteredRate, OneTrialAClusterIsWilsons) {
  ClusteredRate rate;
  for (int i = 0; i < 40; ++i) rate.add(1, i < 13);
  const Interval want = wilson_interval(13, 40);
  EXPECT_DOUBLE_EQ(rate.rate(), 13.0 / 40.0);
  EXPECT_DOUBLE_EQ(rate.interval().low, want.low);
  EXPECT_DOUBLE_EQ(rate.interval().high, want.high);
}

TEST(ClusteredRate, ClustersThatAgreeInThemselvesCountOnce) {
  // 50 clusters of 8 trials, all or nothing: as wide as 50 trials, not as 400.
  ClusteredRate rate;
  for (int i = 0; i < 50; ++i) rate.add(8, i % 2 == 0 ? 8 : 0);
  EXPECT_EQ(rate.trials(), 400);
  EXPECT_DOUBLE_EQ(rate.rate(), 0.5);
  // sqrt(sum (s - r n)^2 * m / (m - 1)) / n = sqrt(50 * 16 * 50 / 49) / 400
  const double deviation = std::sqrt(50.0 * 16.0 * 50.0 / 49.0) / 400.0;
  EXPECT_NEAR(rate.interval().low, 0.5 - 2.0096 * deviation, 1e-5);   // t of 49
  EXPECT_NEAR(rate.interval().high, 0.5 + 2.0096 * deviation, 1e-5);  // t of 49
}

TEST(ClusteredRate, NeverClaimsToKnowExactly) {
  ClusteredRate none;
  EXPECT_TRUE(std::isnan(none.rate()));
  EXPECT_EQ(none.interval().low, 0.0);
  EXPECT_EQ(none.interval().high, 1.0);
  none.add(0, 0);
  EXPECT_EQ(none.clusters(), 0);
  ClusteredRate zero;
  for (int i = 0; i < 20; ++i) zero.add(8, 0);
  EXPECT_EQ(zero.interval().low, 0.0);
  EXPECT_DOUBLE_EQ(zero.interval().high, wilson_interval(0, 20).high);
}

}  // namespace
}  // namespace ripple
