#include "ripple/base/statistics.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

#include "ripple/base/rng.h"

namespace ripple {

Interval wilson_interval(std::int64_t successes, std::int64_t trials) {
  assert(0 <= successes && successes <= trials);
  if (trials == 0) return {0.0, 1.0};
  const double n = static_cast<double>(trials);
  return score_interval(static_cast<double>(successes) / n, n, kNormal95);
}

Interval score_interval(double rate, double trials, double quantile) {
  const double squared = quantile * quantile;
  const double shrink = 1.0 + squared / trials;
  const double centre = (rate + squared / (2.0 * trials)) / shrink;
  const double half = quantile *
                      std::sqrt(rate * (1.0 - rate) / trials + squared / (4.0 * trials * trials)) /
                      shrink;
  // At the ends the interval touches 0 or 1 exactly; rounding must not push it past.
  return {rate == 0.0 ? 0.0 : std::max(0.0, centre - half),
          rate == 1.0 ? 1.0 : std::min(1.0, centre + half)};
}

double student_t95(std::int64_t degrees) {
  assert(degrees >= 1);
  constexpr std::array kFirst{12.7062, 4.3027, 3.1824, 2.7764};
  if (degrees <= std::int64_t{kFirst.size()}) return kFirst[static_cast<std::size_t>(degrees - 1)];
  constexpr double z = kNormal95;
  const auto v = static_cast<double>(degrees);
  const double z2 = z * z;
  // The polynomials of 26.7.5, over z.
  const double g1 = (z2 + 1.0) / 4.0;
  const double g2 = ((5.0 * z2 + 16.0) * z2 + 3.0) / 96.0;
  const double g3 = (((3.0 * z2 + 19.0) * z2 + 17.0) * z2 - 15.0) / 384.0;
  const double g4 = ((((79.0 * z2 + 776.0) * z2 + 1482.0) * z2 - 1920.0) * z2 - 945.0) / 92160.0;
  return z * (1.0 + (g1 + (g2 + (g3 + g4 / v) / v) / v) / v);
}

double mean(const std::vector<double>& values) {
  if (values.empty()) return std::numeric_limits<double>::quiet_NaN();
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

double median(std::vector<double> values) {
  if (values.empty()) return std::numeric_limits<double>::quiet_NaN();
  const std::size_t middle = values.size() / 2;
  std::sort(values.begin(), values.end());
  return values.size() % 2 == 1 ? values[middle] : 0.5 * (values[middle - 1] + values[middle]);
}

double quantile_of_sorted(const std::vector<double>& sorted, double share) {
  if (sorted.empty()) return std::numeric_limits<double>::quiet_NaN();
  const double place = share * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (place - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

void RunningMean::add(double value) {
  ++count_;
  const double before = value - mean_;
  mean_ += before / static_cast<double>(count_);
  squares_ += before * (value - mean_);
}

double RunningMean::mean() const {
  return count_ == 0 ? std::numeric_limits<double>::quiet_NaN() : mean_;
}

double RunningMean::standard_error() const {
  if (count_ < 2) return std::numeric_limits<double>::quiet_NaN();
  const auto n = static_cast<double>(count_);
  return std::sqrt(squares_ / (n - 1.0) / n);
}

namespace {

constexpr std::size_t kExactGroup = 8;
constexpr std::size_t kExactValues = 200;

/// Of all choices of `size` of the ranks (doubled, so that shared ones are whole), the share whose
/// sum lies at least as far from the mean as `sum`.
double share_as_far(const std::vector<std::size_t>& ranks, std::size_t size, std::size_t sum) {
  const std::size_t mean = size * (ranks.size() + 1);  // doubled, too
  const std::size_t most = size * 2 * ranks.size();
  std::vector<std::vector<double>> ways(size + 1, std::vector<double>(most + 1));  // [chosen][sum]
  ways[0][0] = 1.0;
  for (const std::size_t rank : ranks) {
    for (std::size_t chosen = size; chosen > 0; --chosen) {
      for (std::size_t s = most; s >= rank; --s) ways[chosen][s] += ways[chosen - 1][s - rank];
    }
  }
  const auto off = [&](std::size_t s) { return s > mean ? s - mean : mean - s; };
  double far = 0.0, all = 0.0;
  for (std::size_t s = 0; s <= most; ++s) {
    all += ways[size][s];
    if (off(s) >= off(sum)) far += ways[size][s];
  }
  return far / all;
}

}  // namespace

RankTest rank_test(const std::vector<double>& first, const std::vector<double>& second) {
  constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
  if (first.empty() || second.empty()) return {kNone, kNone, kNone, kNone};
  std::vector<std::pair<double, bool>> all;  // value, whether it is the first group's
  for (const double value : first) all.emplace_back(value, true);
  for (const double value : second) all.emplace_back(value, false);
  std::sort(all.begin(), all.end());
  const auto n1 = static_cast<double>(first.size());
  const auto n2 = static_cast<double>(second.size());
  const double n = n1 + n2;
  double rank_sum = 0.0;             // of the first group; equal values share their mean rank
  double ties = 0.0;                 // sum of t^3 - t over groups of t equal values
  std::vector<std::size_t> doubled;  // ranks of all values
  for (std::size_t begin = 0; begin < all.size();) {
    std::size_t end = begin + 1;
    double of_first = all[begin].second;
    for (; end < all.size() && all[end].first == all[begin].first; ++end)
      of_first += all[end].second;
    const auto count = static_cast<double>(end - begin);
    rank_sum += of_first * (static_cast<double>(begin + end) + 1.0) / 2.0;
    doubled.insert(doubled.end(), end - begin, begin + end + 1);
    ties += count * count * count - count;
    begin = end;
  }
  RankTest test;
  test.u = rank_sum - n1 * (n1 + 1.0) / 2.0;
  test.a12 = test.u / (n1 * n2);
  test.rank_biserial = 2.0 * test.a12 - 1.0;
  const std::size_t smaller = std::min(first.size(), second.size());
  if (smaller <= kExactGroup && all.size() <= kExactValues) {
    const double total = n * (n + 1.0) / 2.0;
    const double sum = first.size() == smaller ? rank_sum : total - rank_sum;
    test.p_value = share_as_far(doubled, smaller, static_cast<std::size_t>(2.0 * sum + 0.5));
    return test;
  }
  const double variance = n1 * n2 / 12.0 * ((n + 1.0) - (n < 2.0 ? 0.0 : ties / (n * (n - 1.0))));
  const double off = std::max(0.0, std::abs(test.u - n1 * n2 / 2.0) - 0.5);
  test.p_value = variance > 0.0 ? std::erfc(off / std::sqrt(2.0 * variance)) : 1.0;
  return test;
}

std::vector<double> ranks_of(const std::vector<double>& values) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return values[a] < values[b]; });
  std::vector<double> ranks(values.size());
  for (std::size_t first = 0; first < order.size();) {
    std::size_t end = first + 1;
    while (end < order.size() && values[order[end]] == values[order[first]]) ++end;
    const double rank = 0.5 * static_cast<double>(first + 1 + end);
    for (; first < end; ++first) ranks[order[first]] = rank;
  }
  return ranks;
}

double spearman(const std::vector<double>& a, const std::vector<double>& b) {
  const std::vector<double> x = ranks_of(a);
  const std::vector<double> y = ranks_of(b);
  const double middle = 0.5 * (static_cast<double>(x.size()) + 1.0);
  double xy = 0.0;
  double xx = 0.0;
  double yy = 0.0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    xy += (x[i] - middle) * (y[i] - middle);
    xx += (x[i] - middle) * (x[i] - middle);
    yy += (y[i] - middle) * (y[i] - middle);
  }
  return xy / std::sqrt(xx * yy);  // 0 / 0 where one side is all the same
}

Interval both_ways_correlation_interval(double correlation, std::int64_t pairs) {
  if (pairs < 4 || !(std::abs(correlation) < 1.0)) return {-1.0, 1.0};
  const double z = std::atanh(correlation);
  const double reach = kNormal95 / std::sqrt(static_cast<double>(pairs) - 1.5);
  return {std::tanh(z - reach), std::tanh(z + reach)};
}

Interval bootstrap_mean_interval(const std::vector<double>& values, std::uint64_t seed,
                                 int resamples) {
  constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
  if (values.size() < 2 || resamples < 1) return {kNone, kNone};
  Rng rng{seed, values.size()};
  std::vector<double> means(static_cast<std::size_t>(resamples), 0.0);
  for (double& resampled : means) {
    for (std::size_t i = 0; i < values.size(); ++i) resampled += values[rng.below(values.size())];
    resampled /= static_cast<double>(values.size());
  }
  std::sort(means.begin(), means.end());
  const auto at = [&](double share) {
    return means[static_cast<std::size_t>(share * static_cast<double>(means.size() - 1) + 0.5)];
  };
  return {at(0.025), at(0.975)};
}

double wilcoxon_signed_rank_p(const std::vector<double>& differences) {
  std::vector<double> sizes;
  std::vector<bool> is_positive;
  for (const double difference : differences) {
    if (difference == 0.0) continue;
    sizes.push_back(std::abs(difference));
    is_positive.push_back(difference > 0.0);
  }
  const double n = static_cast<double>(sizes.size());
  if (sizes.size() < 10) return std::numeric_limits<double>::quiet_NaN();
  const std::vector<double> ranks = ranks_of(sizes);
  double positive = 0.0;
  for (std::size_t i = 0; i < ranks.size(); ++i) positive += is_positive[i] ? ranks[i] : 0.0;
  std::sort(sizes.begin(), sizes.end());
  double ties = 0.0;
  for (std::size_t first = 0; first < sizes.size();) {
    std::size_t end = first + 1;
    while (end < sizes.size() && sizes[end] == sizes[first]) ++end;
    const double t = static_cast<double>(end - first);
    ties += t * t * t - t;
    first = end;
  }
  const double variance = n * (n + 1.0) * (2.0 * n + 1.0) / 24.0 - ties / 48.0;
  const double distance = std::abs(positive - n * (n + 1.0) / 4.0);
  const double z = std::max(0.0, distance - 0.5) / std::sqrt(variance);
  return std::erfc(z / std::sqrt(2.0));
}

double fisher_exact_p(std::int64_t successes_a, std::int64_t trials_a, std::int64_t successes_b,
                      std::int64_t trials_b) {
  assert(0 <= successes_a && successes_a <= trials_a);
  assert(0 <= successes_b && successes_b <= trials_b);
  const std::int64_t successes = successes_a + successes_b;
  const auto log_choose = [](std::int64_t n, std::int64_t k) {
    const auto log_factorial = [](std::int64_t m) {
      return std::lgamma(static_cast<double>(m) + 1.0);
    };
    return log_factorial(n) - log_factorial(k) - log_factorial(n - k);
  };
  const auto log_chance = [&](std::int64_t of_a) {
    return log_choose(trials_a, of_a) + log_choose(trials_b, successes - of_a) -
           log_choose(trials_a + trials_b, successes);
  };
  // Tables as likely as this one differ from it by rounding; R allows the same.
  const double limit = log_chance(successes_a) + 1e-7;
  double p = 0.0;
  const std::int64_t least = std::max<std::int64_t>(0, successes - trials_b);
  for (std::int64_t of_a = least; of_a <= std::min(successes, trials_a); ++of_a) {
    const double chance = log_chance(of_a);
    if (chance <= limit) p += std::exp(chance);
  }
  return std::min(1.0, p);
}

std::vector<double> holm_adjusted(const std::vector<double>& p_values) {
  std::vector<std::size_t> order(p_values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return p_values[a] < p_values[b]; });
  std::vector<double> adjusted(p_values.size());
  double largest = 0.0;  // of those before: a smaller p never ends up above a larger one
  for (std::size_t i = 0; i < order.size(); ++i) {
    const double p = p_values[order[i]] * static_cast<double>(order.size() - i);
    largest = std::max(largest, std::min(1.0, p));
    adjusted[order[i]] = largest;
  }
  return adjusted;
}

}  // namespace ripple
