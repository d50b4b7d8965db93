#include "ripple/attack/summary.h"

#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

namespace ripple {
namespace {

AttackResult attacked(std::int64_t index, bool success, bool published, std::int64_t evaluations) {
  AttackResult result;
  result.index = index;
  result.success = success;
  result.success_as_published = published;
  result.evaluations = evaluations;
  if (success) result.evaluations_to_success = evaluations / 2;
  result.confidence_before = 0.9;
  result.confidence_after = success ? 0.1 : 0.8;
  result.confidence_predicted = success ? 0.6 : 0.8;
  result.disagreements = 1;
  return result;
}

AttackResult skipped(std::int64_t index, SkipReason reason) {
  AttackResult result;
  result.index = index;
  result.skipped = reason;
  return result;
}

TEST(AttackSummary, CountsOnlyWhatWasAttacked) {
  const std::vector<AttackResult> results{
      attacked(0, true, true, 400), attacked(1, true, false, 800), attacked(2, false, false, 40400),
      skipped(3, SkipReason::kMisclassified), attacked(4, false, false, 40400)};
  const AttackSummary summary = summarise(results);
  EXPECT_EQ(summary.attempted, 4);
  EXPECT_EQ(summary.skipped_misclassified, 1);
  EXPECT_EQ(summary.denominator, "4 correctly classified images");
  EXPECT_EQ(summary.success.successes, 2);
  EXPECT_DOUBLE_EQ(summary.success.value(), 0.5);
  EXPECT_EQ(summary.published.successes, 1);
  EXPECT_EQ(summary.success.interval.low, wilson_interval(2, 4).low);
  EXPECT_DOUBLE_EQ(summary.mean_evaluations, 20500);
  EXPECT_DOUBLE_EQ(summary.median_evaluations, 20600);
  EXPECT_DOUBLE_EQ(summary.mean_evaluations_of_successes, 600);
  EXPECT_DOUBLE_EQ(summary.median_evaluations_to_success, 300);
  EXPECT_DOUBLE_EQ(summary.mean_confidence_before, 0.9);
  EXPECT_NEAR(summary.mean_confidence_after, 0.45, 1e-12);
  EXPECT_DOUBLE_EQ(summary.mean_confidence_predicted, 0.6);
  EXPECT_EQ(summary.evaluations, 82000);
  EXPECT_EQ(summary.disagreements, 4);
}

TEST(AttackSummary, PairsAndImagesAreDifferentRates) {
  std::vector<AttackResult> results;
  for (const std::int64_t index : {0, 1}) {
    for (int target = 1; target < 4; ++target) {
      results.push_back(attacked(index, index == 0 && target == 2, false, 100));
      results.back().target = target;
    }
  }
  const AttackSummary summary = summarise(results);
  EXPECT_EQ(summary.success.trials, 6);
  EXPECT_EQ(summary.success.successes, 1);
  EXPECT_EQ(summary.images.trials, 2);
  EXPECT_EQ(summary.images.successes, 1);
  EXPECT_EQ(summary.denominator, "6 pairs of a correctly classified image and a target class");
}

TEST(AttackSummary, TheIntervalCountsImagesNotPairs) {
  // All nine targets of an image are reached, or none: forty images, not 360 trials.
  std::vector<AttackResult> results;
  for (std::int64_t index = 0; index < 40; ++index) {
    for (int target = 1; target < 10; ++target) {
      results.push_back(attacked(index, index % 2 == 0, index % 4 == 0, 100));
      results.back().target = target;
    }
  }
  const AttackSummary summary = summarise(results);
  EXPECT_EQ(summary.success.trials, 360);
  EXPECT_DOUBLE_EQ(summary.success.value(), 0.5);
  const Interval of_images = wilson_interval(20, 40);
  EXPECT_NEAR(summary.success.interval.low, of_images.low, 0.02);
  EXPECT_NEAR(summary.success.interval.high, of_images.high, 0.02);
  EXPECT_LT(summary.published.interval.low, wilson_interval(90, 360).low - 0.05);
}

TEST(AttackSummary, TheOrderOfResultsDoesNotMatter) {
  std::vector<AttackResult> results;
  for (int i = 0; i < 50; ++i) {
    results.push_back(attacked(i, true, true, 400));
    results.back().confidence_after = std::exp(-0.37 * i);
  }
  const double forward = summarise(results).mean_confidence_after;
  std::reverse(results.begin(), results.end());
  EXPECT_EQ(summarise(results).mean_confidence_after, forward);
}

TEST(AttackSummary, OfNothing) {
  const AttackSummary summary = summarise({skipped(0, SkipReason::kAlreadyTarget)});
  EXPECT_EQ(summary.attempted, 0);
  EXPECT_EQ(summary.skipped_already_target, 1);
  EXPECT_TRUE(std::isnan(summary.success.value()));
  EXPECT_EQ(summary.success.interval.high, 1.0);
  EXPECT_TRUE(std::isnan(summary.mean_evaluations));
}

}  // namespace
}  // namespace ripple
