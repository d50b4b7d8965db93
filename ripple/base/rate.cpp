#include "ripple/base/rate.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace ripple {

double Rate::value() const {
  return trials == 0 ? std::numeric_limits<double>::quiet_NaN()
                     : static_cast<double>(successes) / static_cast<double>(trials);
}

Rate make_rate(std::int64_t successes, std::int64_t trials) {
  return {successes, trials, wilson_interval(successes, trials)};
}

Rate make_rate(const ClusteredRate& rate) {
  return {rate.successes(), rate.trials(), rate.interval()};
}

void ClusteredRate::add(std::int64_t trials, std::int64_t successes) {
  if (trials == 0) return;
  const auto n = static_cast<double>(trials);
  const auto s = static_cast<double>(successes);
  if (clusters_ == 0) {
    first_trials_ = trials;
    first_successes_ = successes;
  }
  // In integers: the sums below leave a rounding error where the variance is 0.
  are_alike_ = are_alike_ && successes * first_trials_ == first_successes_ * trials;
  ++clusters_;
  trials_ += trials;
  successes_ += successes;
  trials_squared_ += n * n;
  successes_squared_ += s * s;
  products_ += n * s;
}

double ClusteredRate::rate() const {
  if (trials_ == 0) return std::numeric_limits<double>::quiet_NaN();
  return static_cast<double>(successes_) / static_cast<double>(trials_);
}

Interval ClusteredRate::interval() const {
  if (clusters_ == trials_) return wilson_interval(successes_, trials_);
  const double r = rate();
  const auto m = static_cast<double>(clusters_);
  const auto n = static_cast<double>(trials_);
  if (are_alike_) return score_interval(r, m, kNormal95);
  const double squares =
      std::max(0.0, successes_squared_ - 2.0 * r * products_ + r * r * trials_squared_);
  const double variance = squares * m / (m - 1.0) / (n * n);
  return score_interval(r, std::min(n, r * (1.0 - r) / variance), student_t95(clusters_ - 1));
}

}  // namespace ripple
