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

TEST(Statistics, RunningMeanIsTheMeanAndItsError) {
  RunningMean running;
  EXPECT_TRUE(std::isnan(running.mean()));
  running.add(2);
  EXPECT_TRUE(std::isnan(running.standard_error()));
  for (const double value : {4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0}) running.add(value);
  EXPECT_EQ(running.count(), 8);
  EXPECT_DOUBLE_EQ(running.mean(), 5.0);
  EXPECT_NEAR(running.standard_error(), std::sqrt(32.0 / 7.0 / 8.0), 1e-14);
}

TEST(Statistics, RankTestMatchesPublishedValues) {
  // The example of scipy.stats.mannwhitneyu: ages at diagnosis, asymptotic p with continuity.
  const RankTest ages = rank_test({19, 22, 16, 29, 24}, {20, 11, 17, 12});
  EXPECT_EQ(ages.u, 17.0);
  EXPECT_NEAR(ages.p_value, 0.11134688653314041, 1e-12);
  EXPECT_DOUBLE_EQ(ages.a12, 17.0 / 20.0);
  EXPECT_DOUBLE_EQ(ages.rank_biserial, 0.7);
}

TEST(Statistics, RankTestCorrectsForTies) {
  // By hand: ranks 1, 3, 3, 5.5 give U = 2.5; three 2s and two 3s give variance 16/12 (9 - 30/56).
  const RankTest test = rank_test({1, 2, 2, 3}, {2, 3, 4, 5});
  EXPECT_DOUBLE_EQ(test.u, 2.5);
  EXPECT_NEAR(test.p_value, std::erfc(5.0 / std::sqrt(2.0 * 16.0 / 12.0 * (9.0 - 30.0 / 56.0))),
              1e-14);
  const RankTest other = rank_test({2, 3, 4, 5}, {1, 2, 2, 3});
  EXPECT_DOUBLE_EQ(other.p_value, test.p_value);
  EXPECT_DOUBLE_EQ(other.a12, 1.0 - test.a12);
}

TEST(Statistics, RankTestAtTheEnds) {
  EXPECT_EQ(rank_test({1, 1}, {1, 1, 1}).p_value, 1.0);
  EXPECT_EQ(rank_test({1, 1}, {1, 1, 1}).a12, 0.5);
  EXPECT_EQ(rank_test({1}, {2}).a12, 0.0);
  EXPECT_TRUE(std::isnan(rank_test({}, {1}).p_value));
}

}  // namespace
}  // namespace ripple
