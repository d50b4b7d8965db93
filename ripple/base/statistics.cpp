#include "ripple/base/statistics.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>
#include <numeric>

namespace ripple {

Interval wilson_interval(std::int64_t successes, std::int64_t trials) {
  assert(0 <= successes && successes <= trials);
  if (trials == 0) return {0.0, 1.0};
  constexpr double kZ = 1.959963984540054;
  const double n = static_cast<double>(trials);
  const double rate = static_cast<double>(successes) / n;
  const double shrink = 1.0 + kZ * kZ / n;
  const double centre = (rate + kZ * kZ / (2.0 * n)) / shrink;
  const double half = kZ * std::sqrt(rate * (1.0 - rate) / n + kZ * kZ / (4.0 * n * n)) / shrink;
  // At the ends the interval touches 0 or 1 exactly; rounding must not push it past.
  return {successes == 0 ? 0.0 : std::max(0.0, centre - half),
          successes == trials ? 1.0 : std::min(1.0, centre + half)};
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

}  // namespace ripple
