#pragma once

#include <cstdint>

#include "ripple/base/statistics.h"

namespace ripple {

/// A count out of a count, with its 95 % interval.
struct Rate {
  std::int64_t successes = 0;
  std::int64_t trials = 0;
  Interval interval{0.0, 1.0};

  /// successes / trials; NaN of no trials.
  double value() const;
};

/// With Wilson's interval. Assumes 0 <= successes <= trials.
Rate make_rate(std::int64_t successes, std::int64_t trials);

/// A rate over trials that come in clusters, e.g. several trials of each attack: the trials of one
/// cluster resemble each other, so that the interval must count clusters, not trials. Keeps sums
/// only.
class ClusteredRate {
 public:
  /// A cluster of `trials` with `successes`; one without trials counts for nothing.
  void add(std::int64_t trials, std::int64_t successes);

  std::int64_t clusters() const { return clusters_; }
  std::int64_t trials() const { return trials_; }
  std::int64_t successes() const { return successes_; }
  /// NaN of no trials.
  double rate() const;

  /// 95 %. Clusters of one trial each: Wilson's. Else Wilson's over the effective number of trials,
  /// those that would be as uncertain were they independent (Kish 1965; Korn & Graubard 1998,
  /// Survey Methodology 24, do so with Clopper and Pearson's): rate (1 - rate) over the ratio
  /// estimator's variance between clusters (Cochran 1977, Sampling Techniques, eq. 6.13), never
  /// more than there are, and with Student's t for the number of clusters. Where no cluster differs
  /// from the rate that variance says nothing, and there are as many trials as clusters.
  Interval interval() const;

 private:
  std::int64_t clusters_ = 0;
  std::int64_t trials_ = 0;
  std::int64_t successes_ = 0;
  std::int64_t first_trials_ = 0;  // of the first cluster
  std::int64_t first_successes_ = 0;
  bool are_alike_ = true;  // all clusters have the first one's rate
  double trials_squared_ = 0.0;
  double successes_squared_ = 0.0;
  double products_ = 0.0;
};

/// With the interval that counts clusters.
Rate make_rate(const ClusteredRate& rate);

}  // namespace ripple
