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

/// Arithmetic mean; NaN of no values.
double mean(const std::vector<double>& values);

/// Middle value, or the mean of the two middle ones; NaN of no values.
double median(std::vector<double> values);

}  // namespace ripple
