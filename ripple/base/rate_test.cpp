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
  EXPECT_NEAR(deviation, std::sqrt(0.25 / 49.0), 1e-12);             // as of 49 trials
  const double reach = 2.0096 * deviation;                           // t of 49
  const double half = reach / std::sqrt(1.0 + 4.0 * reach * reach);  // Wilson's at 0.5
  EXPECT_NEAR(rate.interval().low, 0.5 - half, 1e-5);
  EXPECT_NEAR(rate.interval().high, 0.5 + half, 1e-5);
}

TEST(ClusteredRate, ASuccessIsNeverInAnIntervalFromZero) {
  // 3 of 72 in 8 clusters. By hand: variance = (3 * (1 - 9 r)^2 + 5 * (9 r)^2) * 8 / 7 / 72^2 with
  // r = 1/24, effective trials = r (1 - r) / variance = 96.6, cut to 72; t of 7 is 2.3646.
  ClusteredRate rate;
  for (int i = 0; i < 8; ++i) rate.add(9, i < 3);
  const Interval want = score_interval(1.0 / 24.0, 72.0, 2.3646);
  EXPECT_NEAR(rate.interval().low, want.low, 1e-5);
  EXPECT_NEAR(rate.interval().high, want.high, 1e-5);
  EXPECT_GT(rate.interval().low, 0.005);
  // All in one cluster: fewer effective trials, a wider interval.
  ClusteredRate one;
  for (int i = 0; i < 8; ++i) one.add(9, i == 0 ? 3 : 0);
  const double r = 1.0 / 24.0;
  const double squares = (3 - 9 * r) * (3 - 9 * r) + 7 * (9 * r) * (9 * r);
  const double trials = r * (1 - r) / (squares * 8 / 7 / (72.0 * 72.0));
  EXPECT_LT(trials, 30.0);
  EXPECT_NEAR(one.interval().low, score_interval(r, trials, 2.3646).low, 1e-5);
  EXPECT_GT(one.interval().high, rate.interval().high);
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
  // Clusters that all have the same rate, between 0 and 1: that of as many trials as clusters.
  ClusteredRate quarter;
  for (int i = 0; i < 3; ++i) quarter.add(8, 2);
  EXPECT_NEAR(quarter.interval().low, 0.037, 1e-3);
  EXPECT_NEAR(quarter.interval().high, 0.744, 1e-3);
  // So it is where the rate has no exact double, by which the variance is not quite 0.
  for (const std::int64_t successes : {1, 2, 4, 5}) {
    const std::int64_t trials = successes == 5 ? 9 : 5;
    ClusteredRate alike;
    for (int i = 0; i < 20; ++i) alike.add(trials, successes);
    alike.add(2 * trials, 2 * successes);
    const Interval as_many = score_interval(alike.rate(), 21, kNormal95);
    EXPECT_DOUBLE_EQ(alike.interval().low, as_many.low);
    EXPECT_DOUBLE_EQ(alike.interval().high, as_many.high);
  }
  ClusteredRate one;
  one.add(9, 4);
  EXPECT_NEAR(one.interval().low, 0.044, 1e-3);
  EXPECT_NEAR(one.interval().high, 0.933, 1e-3);
}

}  // namespace
}  // namespace ripple
