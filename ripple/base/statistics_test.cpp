#include "ripple/base/statistics.h"

#include <bit>
#include <cmath>

#include <gtest/gtest.h>

#include "ripple/base/rng.h"

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

TEST(Statistics, StudentMatchesPublishedValues) {
  // The usual table, two-sided 95 %.
  for (const auto& [degrees, want] : {std::pair{1, 12.706},
                                      {2, 4.303},
                                      {3, 3.182},
                                      {4, 2.776},
                                      {5, 2.571},
                                      {6, 2.447},
                                      {8, 2.306},
                                      {10, 2.228},
                                      {20, 2.086},
                                      {30, 2.042},
                                      {100, 1.984}}) {
    EXPECT_NEAR(student_t95(degrees), want, 1e-3) << degrees;
  }
  EXPECT_NEAR(student_t95(1000000), 1.96, 1e-4);
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
  // The example of scipy.stats.mannwhitneyu: ages at diagnosis, exact p.
  const RankTest ages = rank_test({19, 22, 16, 29, 24}, {20, 11, 17, 12});
  EXPECT_EQ(ages.u, 17.0);
  EXPECT_NEAR(ages.p_value, 1.0 / 9.0, 1e-12);
  EXPECT_DOUBLE_EQ(ages.a12, 17.0 / 20.0);
  EXPECT_DOUBLE_EQ(ages.rank_biserial, 0.7);
  // One against two: the most extreme order is one of three either way.
  EXPECT_DOUBLE_EQ(rank_test({3}, {1, 2}).p_value, 2.0 / 3.0);
}

TEST(Statistics, RankTestOfLargerGroupsIsTheNormalApproximation) {
  std::vector<double> odd, even;
  for (int k = 1; k <= 9; ++k) {
    odd.push_back(2 * k - 1);
    even.push_back(2 * k);
  }
  const RankTest test = rank_test(odd, even);  // U = 36 of 81, its variance 81 * 19 / 12
  EXPECT_DOUBLE_EQ(test.u, 36.0);
  EXPECT_NEAR(test.p_value, std::erfc(4.0 / std::sqrt(2.0 * 81.0 * 19.0 / 12.0)), 1e-14);
  // Three 2s and two 3s, four times: t = 12, 8, 4, 4, 4 of 32 values.
  std::vector<double> first, second;
  for (int i = 0; i < 4; ++i) {
    first.insert(first.end(), {1, 2, 2, 3});
    second.insert(second.end(), {2, 3, 4, 5});
  }
  const double ties = (12 * 143 + 8 * 63 + 3 * 4 * 15) / (32.0 * 31.0);
  EXPECT_NEAR(rank_test(first, second).p_value,
              std::erfc((128.0 - 40.0 - 0.5) / std::sqrt(2.0 * 256.0 / 12.0 * (33.0 - ties))),
              1e-14);
}

TEST(Statistics, RankTestOfTiesCountsAllChoices) {
  const std::vector<double> ranks{1, 3, 3, 3, 5.5, 5.5, 7, 8};  // of 1, 2, 2, 2, 3, 3, 4, 5
  int far = 0;
  for (unsigned choice = 0; choice < 256; ++choice) {
    if (std::popcount(choice) != 4) continue;
    double sum = 0.0;
    for (std::size_t i = 0; i < ranks.size(); ++i) sum += (choice >> i & 1) * ranks[i];
    far += std::abs(sum - 18.0) >= 5.5;
  }
  const RankTest test = rank_test({1, 2, 2, 3}, {2, 3, 4, 5});
  EXPECT_DOUBLE_EQ(test.u, 2.5);
  EXPECT_DOUBLE_EQ(test.p_value, far / 70.0);
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

TEST(Statistics, RanksShareTheMeanOfTheirPlaces) {
  EXPECT_EQ(ranks_of({3, 1, 3, 2}), (std::vector<double>{3.5, 1, 3.5, 2}));
}

TEST(Statistics, SpearmanKnowsOrderOnly) {
  EXPECT_DOUBLE_EQ(spearman({1, 2, 3, 4}, {1, 10, 100, 1000}), 1.0);
  EXPECT_DOUBLE_EQ(spearman({1, 2, 3, 4}, {9, 7, 5, 3}), -1.0);
  EXPECT_DOUBLE_EQ(spearman({1, 2, 3}, {2, 1, 3}), 0.5);
  EXPECT_TRUE(std::isnan(spearman({1, 2, 3}, {5, 5, 5})));
}

TEST(Statistics, CorrelationOfBothWaysHasFishersInterval) {
  // tanh(atanh(0.5) -+ 1.96 / sqrt(45 - 1.5))
  const Interval interval = both_ways_correlation_interval(0.5, 45);
  EXPECT_NEAR(interval.low, 0.24692, 1e-5);
  EXPECT_NEAR(interval.high, 0.68923, 1e-5);
  EXPECT_NEAR(both_ways_correlation_interval(0.0, 200).high, 0.1382, 1e-4);
  EXPECT_EQ(both_ways_correlation_interval(0.9, 3).low, -1.0);
  EXPECT_EQ(both_ways_correlation_interval(std::nan(""), 45).high, 1.0);
  // One pair of 45 that differs from the others, by as much both ways, says little.
  EXPECT_EQ(both_ways_correlation_interval(1.0, 45).low, -1.0);
  EXPECT_EQ(both_ways_correlation_interval(-1.0, 45).high, 1.0);
}

TEST(Statistics, BootstrapIntervalCoversTheMeanAsOftenAsItSays) {
  int covered = 0;
  for (std::uint64_t trial = 0; trial < 200; ++trial) {
    Rng rng{trial};
    std::vector<double> values;
    for (int i = 0; i < 60; ++i) values.push_back(rng.normal(3.0, 2.0));
    const Interval interval = bootstrap_mean_interval(values, trial, 400);
    EXPECT_LT(interval.low, mean(values));
    EXPECT_GT(interval.high, mean(values));
    covered += interval.low <= 3.0 && interval.high >= 3.0;
  }
  EXPECT_GE(covered, 178);
  EXPECT_LE(covered, 199);
  EXPECT_TRUE(std::isnan(bootstrap_mean_interval({}, 1).low));
  EXPECT_TRUE(std::isnan(bootstrap_mean_interval({3.0}, 1).high));
}

TEST(Statistics, WilcoxonAgreesWithPublishedNumbers) {
  // Darwin's heights of maize: W = 24 of 15 pairs, exact p 0.0413, by the normal curve 0.0438.
  const double p =
      wilcoxon_signed_rank_p({6, 8, 14, 16, 23, 24, 28, 29, 41, -48, 49, 56, 60, -67, 75});
  EXPECT_NEAR(p, 0.0438, 0.0005);
  EXPECT_TRUE(std::isnan(wilcoxon_signed_rank_p({1, 2, 3, 4, 5, 6, 7, 8, 9, 0})));
  std::vector<double> even;
  for (int i = 1; i <= 20; ++i) even.push_back(i % 2 == 0 ? i : -i);
  EXPECT_GT(wilcoxon_signed_rank_p(even), 0.5);
}

TEST(Statistics, WilcoxonOfSignsAloneIsTheSignTestsCurve) {
  // All sizes tied share rank (n + 1) / 2, so that the variance is n (n + 1)^2 / 16.
  std::vector<double> signs;
  for (int i = 0; i < 20; ++i) signs.push_back(i < 15 ? 1.0 : -1.0);
  const double z = (15 * 10.5 - 105.0 - 0.5) / std::sqrt(20.0 * 21.0 * 21.0 / 16.0);
  EXPECT_NEAR(wilcoxon_signed_rank_p(signs), std::erfc(z / std::sqrt(2.0)), 1e-12);
}

TEST(Statistics, QuantilesLieBetweenValues) {
  // numpy.percentile([1, 2, 4, 8], [0, 25, 50, 75, 90, 100])
  const std::vector<double> values{1, 2, 4, 8};
  const std::vector<double> wanted{1.0, 1.75, 3.0, 5.0, 6.8, 8.0};
  const std::vector<double> shares{0.0, 0.25, 0.5, 0.75, 0.9, 1.0};
  for (std::size_t i = 0; i < shares.size(); ++i)
    EXPECT_DOUBLE_EQ(quantile_of_sorted(values, shares[i]), wanted[i]);
  EXPECT_DOUBLE_EQ(quantile_of_sorted({3}, 0.75), 3.0);
  EXPECT_TRUE(std::isnan(quantile_of_sorted({}, 0.5)));
}

TEST(Statistics, FisherMatchesPublishedValues) {
  // The tea-tasting lady of R's fisher.test: 3 of 4 against 1 of 4, 34 of 70 tables.
  EXPECT_NEAR(fisher_exact_p(3, 4, 1, 4), 34.0 / 70.0, 1e-12);
  // The twins of the same page: 2 of 17 against 10 of 13.
  EXPECT_NEAR(fisher_exact_p(2, 17, 10, 13), 0.0005367, 5e-8);
  // scipy.stats.fisher_exact([[8, 2], [1, 5]])
  EXPECT_NEAR(fisher_exact_p(8, 10, 1, 6), 0.034965034965034975, 1e-12);
  EXPECT_NEAR(fisher_exact_p(1, 6, 8, 10), 0.034965034965034975, 1e-12);
}

TEST(Statistics, FisherAtTheEnds) {
  EXPECT_DOUBLE_EQ(fisher_exact_p(0, 0, 3, 5), 1.0);
  EXPECT_DOUBLE_EQ(fisher_exact_p(0, 0, 0, 0), 1.0);
  EXPECT_DOUBLE_EQ(fisher_exact_p(0, 7, 0, 9), 1.0);
  EXPECT_NEAR(fisher_exact_p(5, 5, 0, 5), 2.0 / 252.0, 1e-12);
  EXPECT_DOUBLE_EQ(fisher_exact_p(5, 10, 5, 10), 1.0);
}

TEST(Statistics, HolmCorrectsTheSmallestMost) {
  // R: p.adjust(c(0.01, 0.04, 0.03, 0.005), "holm")
  const std::vector<double> adjusted = holm_adjusted({0.01, 0.04, 0.03, 0.005});
  const std::vector<double> wanted{0.03, 0.06, 0.06, 0.02};
  for (std::size_t i = 0; i < wanted.size(); ++i) EXPECT_NEAR(adjusted[i], wanted[i], 1e-15);
  EXPECT_EQ(holm_adjusted({0.6, 0.7}), (std::vector<double>{1.0, 1.0}));
  EXPECT_TRUE(holm_adjusted({}).empty());
}

}  // namespace
}  // namespace ripple
