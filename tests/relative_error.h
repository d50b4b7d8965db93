#pragma once

#include <algorithm>
#include <cmath>
#include <span>
#include <vector>

namespace ripple {

/// Largest difference, as a fraction of the largest expected number; NaN where anything is NaN.
inline double relative_error(std::span<const float> got, const std::vector<double>& want) {
  double largest = 1.0;
  double difference = got.size() == want.size() ? 0.0 : std::nan("");
  for (std::size_t i = 0; i < std::min(got.size(), want.size()); ++i) {
    largest = std::max(largest, std::abs(want[i]));
    const double d = std::abs(got[i] - want[i]);
    if (!(d <= difference)) difference = d;
    if (std::isnan(d)) return d;
  }
  return difference / largest;
}

}  // namespace ripple
