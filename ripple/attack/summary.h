#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "ripple/attack/result.h"
#include "ripple/base/rate.h"

namespace ripple {

/// Numbers over many attacks. Means and medians are NaN of no values.
struct AttackSummary {
  std::int64_t attempted = 0;               ///< attacks made: the denominator, see `denominator`
  std::int64_t skipped_misclassified = 0;   ///< images, in no denominator
  std::int64_t skipped_already_target = 0;  ///< results, in no denominator
  bool targeted = false;                    ///< some result has a target
  bool labels_assumed = false;              ///< some label is only the clean prediction
  /// What a rate is of, e.g. "300 correctly classified images" or "900 pairs of a correctly
  /// classified image and a target class".
  std::string denominator;

  /// Any evaluated candidate reached the goal, confirmed. Several targets of one image are no
  /// independent trials: the interval counts images (ClusteredRate).
  Rate success;
  Rate published;  ///< the same of: the best member at the stop reached it
  /// Of the images attacked, those with at least one success (differs from `success` only where an
  /// image meets several targets).
  Rate images;

  double mean_evaluations = 0.0;                 ///< over all attacks
  double median_evaluations = 0.0;               ///< over all attacks
  double mean_distinct_evaluations = 0.0;        ///< over all attacks, without repeats
  double mean_evaluations_of_successes = 0.0;    ///< whole attacks that succeeded
  double median_evaluations_of_successes = 0.0;  ///< whole attacks that succeeded
  double median_evaluations_to_success = 0.0;    ///< up to the first confirmed success
  double mean_confidence_before = 0.0;           ///< true class, clean, over all attacks
  double mean_confidence_after = 0.0;      ///< true class, reported candidate, over all attacks
  double mean_confidence_predicted = 0.0;  ///< wrong class, over successes
  std::int64_t evaluations = 0;            ///< in all
  std::int64_t disagreements = 0;          ///< in all
};

/// Results sum up in any order to the same numbers (they are sorted by image and target first).
AttackSummary summarise(std::vector<AttackResult> results);

}  // namespace ripple
