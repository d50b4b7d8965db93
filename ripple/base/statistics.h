#pragma once

#include <cstdint>
#include <vector>

namespace ripple {

struct Interval {
  double low = 0.0;
  double high = 0.0;
};

/// 95 % interval of a rate. Source: Wilson 1927, doi:10.1080/01621459.1927.10502953, eq. for the
/// score interval with z = 1.96. Of no trials it is [0, 1]: nothing is known. Assumes 0 <=
/// successes <= trials.
Interval wilson_interval(std::int64_t successes, std::int64_t trials);

/// 97.5 % quantile of the normal distribution: how many standard errors a 95 % interval reaches.
inline constexpr double kNormal95 = 1.959963984540054;

/// The same interval of a rate over `trials` that need be no whole number, reaching `quantile`
/// standard errors. Assumes 0 <= rate <= 1, trials > 0.
Interval score_interval(double rate, double trials, double quantile);

/// By how many of its estimated standard errors a 95 % interval reaches to each side: the 97.5 %
/// quantile of Student's t with `degrees` of freedom; within 0.001, towards 1.96 of many.
/// Source: Abramowitz & Stegun 1964, 26.7.5; under 5 degrees a table. Assumes degrees >= 1.
double student_t95(std::int64_t degrees);

/// Arithmetic mean; NaN of no values.
double mean(const std::vector<double>& values);

/// Mean and its standard error of numbers that come one at a time; memory does not grow.
/// Source: Welford 1962, doi:10.1080/00401706.1962.10490022.
class RunningMean {
 public:
  void add(double value);
  std::int64_t count() const { return count_; }
  /// NaN of no values.
  double mean() const;
  /// Standard deviation (n - 1) over the root of n; NaN of fewer than two values.
  double standard_error() const;

 private:
  std::int64_t count_ = 0;
  double mean_ = 0.0;
  double squares_ = 0.0;  // sum of squared deviations from the mean
};

/// Whether two groups of numbers differ in size, without an assumption about their distribution.
struct RankTest {
  double u = 0.0;        ///< pairs in which the first group's value is larger, ties counting half
  double p_value = 0.0;  ///< two-sided; NaN where a group is empty
  double a12 = 0.0;      ///< u over all pairs: chance that a value of the first group is larger
  double rank_biserial = 0.0;  ///< 2 a12 - 1: -1 to 1, 0 where neither group is larger
};

/// The Mann-Whitney U test. The p value is exact, ties included (of all ways to draw the smaller
/// group from the values, those whose U lies as far from the middle), where that group has at most
/// 8 of at most 200 values; else by the normal approximation, corrected for ties and continuity.
/// Assumes no NaN.
/// Source: Mann & Whitney 1947, doi:10.1214/aoms/1177730491; a12: Vargha & Delaney 2000,
/// doi:10.3102/10769986025002101. Cost: a sort; exact, up to 5 million additions.
RankTest rank_test(const std::vector<double>& first, const std::vector<double>& second);

/// Middle value, or the mean of the two middle ones; NaN of no values.
double median(std::vector<double> values);

/// The value below which `share` (0 to 1) of the values lie, linear between two of them (type 7 of
/// Hyndman & Fan 1996, doi:10.2307/2684934: what R and numpy do). Assumes sorted values; NaN of
/// none.
double quantile_of_sorted(const std::vector<double>& sorted, double share);

/// Ranks of the values from 1, equal ones sharing the mean of their places.
std::vector<double> ranks_of(const std::vector<double>& values);

/// Rank correlation of Spearman, -1 to 1: Pearson's of the ranks. NaN of fewer than two pairs or
/// where one side is all the same. Assumes as many values on both sides and no NaN.
double spearman(const std::vector<double>& a, const std::vector<double>& b);

/// 95 % interval of a correlation of numbers with their partners where each pair is taken both ways
/// (an intraclass correlation): Fisher's z with the standard error (pairs - 3/2)^(-1/2). Source:
/// Fisher 1921, Metron 1:3. Approximate for ranks. [-1, 1] of fewer than 4 pairs, of NaN, and of -1
/// and 1, which z knows no error of: they come of a few pairs that are not all alike.
Interval both_ways_correlation_interval(double correlation, std::int64_t pairs);

/// 95 % percentile bootstrap interval of the mean. The resamples are a function of `seed` alone.
/// Source: Efron 1979, doi:10.1214/aos/1176344552. NaN of fewer than two values,
/// whose spread nobody knows; of a few too narrow. Assumes no NaN.
/// Cost: values.size() * resamples random numbers.
Interval bootstrap_mean_interval(const std::vector<double>& values, std::uint64_t seed,
                                 int resamples = 2000);

/// Two-sided p of the Wilcoxon signed-rank test that paired differences lie about 0 (1945,
/// doi:10.2307/3001968): differences of 0 left out, ties share ranks, normal approximation with
/// tie and continuity correction. NaN where fewer than 10 differences are not 0: too few to say.
double wilcoxon_signed_rank_p(const std::vector<double>& differences);

/// Two-sided p of Fisher's exact test that two rates are the same: the chance, given the margins of
/// the 2 x 2 table, of a table that is at most as likely as this one (as R's fisher.test). 1 where
/// a group has no trials. Source: Fisher 1922, doi:10.2307/2340521. Assumes 0 <= successes <=
/// trials. Cost: trials steps.
double fisher_exact_p(std::int64_t successes_a, std::int64_t trials_a, std::int64_t successes_b,
                      std::int64_t trials_b);

/// p values corrected for there being several tests, in their order: one of at most 0.05 keeps the
/// chance of any false finding at 0.05. Source: Holm 1979, Scand. J. Statist. 6:65. Assumes no NaN.
std::vector<double> holm_adjusted(const std::vector<double>& p_values);

}  // namespace ripple
