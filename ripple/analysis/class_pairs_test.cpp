#include "ripple/analysis/class_pairs.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "ripple/base/statistics.h"

namespace ripple {
namespace {

constexpr PairSetting kTargeted{Goal::kAllTargets, Objective::kProbability, 3, 4, 4};
constexpr PairSetting kUntargeted{Goal::kUntargeted, Objective::kProbability, 3, 4, 4};

AttackResult attack(std::int64_t index, int label, std::optional<int> target, bool success,
                    int predicted) {
  AttackResult result;
  result.index = index;
  result.label = label;
  result.target = target;
  result.success = success;
  result.success_as_published = success;
  result.predicted = predicted;
  result.evaluations = success ? 100 * (index + 1) : 1000;
  if (success) result.evaluations_to_success = 10 * (index + 1);
  return result;
}

AttackResult skipped(std::int64_t index, int label) {
  AttackResult result = attack(index, label, std::nullopt, true, 0);
  result.skipped = SkipReason::kMisclassified;
  return result;
}

/// Three images of class 0, one of class 1, none of class 2; image 3 was interrupted.
std::vector<AttackResult> targeted_results() {
  return {attack(0, 0, 1, true, 1),  attack(0, 0, 2, false, 0),
          attack(1, 0, 1, true, 1),  attack(1, 0, 2, true, 2),
          attack(2, 1, 0, false, 1), attack(2, 1, 2, false, 1),
          attack(3, 0, 1, false, 0), skipped(4, 2)};
}

TEST(ClassPairs, TargetedMatrixCountsAttacksAndSuccesses) {
  const PairMatrix matrix = class_pairs(targeted_results(), kTargeted).matrix;
  EXPECT_EQ(matrix.at(0, 1).attacks, 3);
  EXPECT_EQ(matrix.at(0, 1).successes, 2);
  EXPECT_DOUBLE_EQ(matrix.at(0, 1).rate(), 2.0 / 3.0);
  EXPECT_DOUBLE_EQ(matrix.at(0, 1).mean_evaluations_to_success, 15.0);  // 10 and 20
  EXPECT_EQ(matrix.at(0, 2).attacks, 2);
  EXPECT_EQ(matrix.at(0, 2).successes, 1);
}

TEST(ClassPairs, ACellWithoutSuccessIsNotOneWithoutAttacks) {
  const PairMatrix matrix = class_pairs(targeted_results(), kTargeted).matrix;
  EXPECT_EQ(matrix.at(1, 0).attacks, 1);
  EXPECT_EQ(matrix.at(1, 0).rate(), 0.0);
  EXPECT_TRUE(std::isnan(matrix.at(1, 0).mean_evaluations_to_success));
  EXPECT_EQ(matrix.at(2, 0).attacks, 0);  // its only image was skipped
  EXPECT_TRUE(std::isnan(matrix.at(2, 0).rate()));
  for (int c = 0; c < 3; ++c) EXPECT_EQ(matrix.at(c, c).attacks, 0);
}

TEST(ClassPairs, UntargetedMatrixCountsWhatImagesBecame) {
  const PairMatrix matrix =
      class_pairs({attack(0, 0, {}, true, 2), attack(1, 0, {}, true, 2), attack(2, 0, {}, false, 0),
                   attack(3, 1, {}, true, 0), skipped(4, 2)},
                  kUntargeted)
          .matrix;
  EXPECT_EQ(matrix.at(0, 2).attacks, 3);
  EXPECT_EQ(matrix.at(0, 2).successes, 2);
  EXPECT_EQ(matrix.at(0, 1).attacks, 3);
  EXPECT_EQ(matrix.at(0, 1).successes, 0);
  EXPECT_EQ(matrix.at(0, 0).attacks, 0);
  EXPECT_EQ(matrix.at(1, 0).successes, 1);
  EXPECT_DOUBLE_EQ(matrix.at(1, 0).mean_evaluations_to_success, 40.0);
}

TEST(ClassPairs, AsymmetryComparesBothWaysOfAPair) {
  // 0 -> 1: 1 of 5; 1 -> 0: 6 of 6; class 2 is nobody's original class.
  std::vector<AttackResult> results;
  for (int i = 0; i < 5; ++i) results.push_back(attack(i, 0, 1, i == 0, i == 0 ? 1 : 0));
  for (int i = 5; i < 11; ++i) results.push_back(attack(i, 1, 0, true, 0));
  results.push_back(attack(0, 0, 2, true, 2));
  const Asymmetry asymmetry = class_pairs(results, kTargeted).asymmetry;
  ASSERT_EQ(asymmetry.pairs.size(), 1u);
  const PairAsymmetry& pair = asymmetry.pairs[0];
  EXPECT_EQ(pair.from, 1);
  EXPECT_EQ(pair.to, 0);
  EXPECT_EQ(pair.there.successes, 6);
  EXPECT_EQ(pair.back.attacks, 5);
  EXPECT_NEAR(pair.difference, 0.8, 1e-12);
  EXPECT_NEAR(pair.p_value, 5.0 / 330.0, 1e-12);  // C(5, 1) C(6, 6) / C(11, 7), no rarer table
  EXPECT_DOUBLE_EQ(pair.p_holm, pair.p_value);
  EXPECT_EQ(asymmetry.differing, 1);
  EXPECT_NEAR(asymmetry.mean_difference, 0.8, 1e-12);
  EXPECT_DOUBLE_EQ(asymmetry.spearman, -1.0);
}

TEST(ClassPairs, AsymmetryCorrectsForAllPairsAndSortsThem) {
  std::vector<AttackResult> results;
  std::int64_t index = 0;
  const auto add = [&](int from, int to, int successes, int attacks) {
    for (int i = 0; i < attacks; ++i)
      results.push_back(attack(index++, from, to, i < successes, i < successes ? to : from));
  };
  add(0, 1, 5, 10), add(1, 0, 4, 10);
  add(0, 2, 1, 10), add(2, 0, 8, 10);
  add(1, 2, 3, 10), add(2, 1, 3, 10);
  const Asymmetry asymmetry = class_pairs(results, kTargeted).asymmetry;
  ASSERT_EQ(asymmetry.pairs.size(), 3u);
  EXPECT_EQ(asymmetry.pairs[0].from, 2);
  EXPECT_EQ(asymmetry.pairs[0].to, 0);
  EXPECT_NEAR(asymmetry.pairs[0].p_holm, 3.0 * fisher_exact_p(1, 10, 8, 10), 1e-15);
  EXPECT_EQ(asymmetry.pairs[1].from, 0);
  EXPECT_EQ(asymmetry.pairs[2].from, 1);  // of equal rates the lower class
  EXPECT_DOUBLE_EQ(asymmetry.pairs[2].p_holm, 1.0);
  EXPECT_EQ(asymmetry.differing, 1);
  EXPECT_NEAR(asymmetry.mean_difference, (0.1 + 0.7 + 0.0) / 3.0, 1e-12);
  EXPECT_EQ(asymmetry.spearman_interval.low, -1.0);  // three pairs say nothing
  EXPECT_NEAR(asymmetry.spearman, spearman({5, 4, 1, 8, 3, 3}, {4, 5, 8, 1, 3, 3}), 1e-12);
}

TEST(ClassPairs, CorrelationOfEnoughPairsHasAnInterval) {
  // Four classes, six pairs of which each way is as likely as the other.
  PairSetting setting = kTargeted;
  setting.classes = 4;
  std::vector<AttackResult> results;
  std::int64_t index = 0;
  for (int a = 0; a < 4; ++a) {
    for (int b = a + 1; b < 4; ++b) {
      for (const auto& [from, to] : {std::pair(a, b), std::pair(b, a)}) {
        for (int i = 0; i < 10; ++i)
          results.push_back(attack(index++, from, to, i < a + b, i < a + b ? to : from));
      }
    }
  }
  const Asymmetry asymmetry = class_pairs(results, setting).asymmetry;
  EXPECT_DOUBLE_EQ(asymmetry.spearman, 1.0);
  results[0].success = !results[0].success;
  results[15].success = !results[15].success;
  const Asymmetry less = class_pairs(results, setting).asymmetry;
  EXPECT_LT(less.spearman_interval.low, less.spearman);
  EXPECT_LT(less.spearman, less.spearman_interval.high);
}

TEST(ClassPairs, ReachCountsOnlyImagesWithAllTheirTargets) {
  const ClassPairs pairs = class_pairs(targeted_results(), kTargeted);
  ASSERT_TRUE(pairs.reach.has_value());
  EXPECT_EQ(pairs.reach->images, (std::vector<std::int64_t>{1, 1, 1}));  // images 2, 0, 1
  EXPECT_EQ(pairs.reach->incomplete, 1);
  EXPECT_DOUBLE_EQ(pairs.reach->mean, 1.0);
  EXPECT_EQ(pairs.reach->any.successes, 2);
  EXPECT_EQ(pairs.reach->any.trials, 3);
  EXPECT_EQ(pairs.summary.images.trials, 4);
}

TEST(ClassPairs, OnlyAllTargetsHaveAReach) {
  EXPECT_FALSE(class_pairs({attack(0, 0, {}, true, 2)}, kUntargeted).reach.has_value());
  PairSetting one = kTargeted;
  one.goal = Goal::kTarget;
  EXPECT_FALSE(class_pairs({attack(0, 0, 1, true, 1)}, one).reach.has_value());
}

TEST(ClassPairs, RatesOfTargetedClassesCountImages) {
  const ClassPairs pairs = class_pairs(targeted_results(), kTargeted);
  EXPECT_EQ(pairs.by_original[0].clusters(), 3);
  EXPECT_EQ(pairs.by_original[0].trials(), 5);
  EXPECT_EQ(pairs.by_original[0].successes(), 3);
  EXPECT_EQ(pairs.by_original[2].trials(), 0);
  EXPECT_EQ(pairs.by_target[2].trials(), 3);
  EXPECT_EQ(pairs.by_target[2].successes(), 1);
  EXPECT_EQ(pairs.summary.success.successes, 3);
}

TEST(ClassPairs, RatesOfUntargetedTargetsAreOfTheOtherClassesImages) {
  const ClassPairs pairs = class_pairs({attack(0, 0, {}, true, 2), attack(1, 0, {}, false, 0),
                                        attack(2, 1, {}, true, 2), attack(3, 2, {}, true, 1)},
                                       kUntargeted);
  EXPECT_EQ(pairs.by_target[2].trials(), 3);
  EXPECT_EQ(pairs.by_target[2].successes(), 2);
  EXPECT_EQ(pairs.by_target[0].trials(), 2);
  EXPECT_EQ(pairs.by_target[0].successes(), 0);
  EXPECT_EQ(pairs.by_original[0].trials(), 2);
}

TEST(ClassPairs, FitnessIsCarriedForwardAndConverted) {
  AttackResult stopped = attack(0, 0, {}, true, 1);
  stopped.generations = 1;
  stopped.improvements = {{0, 0.0F}, {1, std::log(1.0F / 3.0F)}};  // p = 0.5, 0.25
  AttackResult longer = attack(1, 0, {}, true, 1);
  longer.generations = 3;
  longer.improvements = {{0, std::log(3.0F)}, {2, 0.0F}};  // p = 0.75, 0.5
  AttackResult failed = attack(2, 0, {}, false, 0);
  failed.generations = 2;
  failed.improvements = {{0, std::log(9.0F)}};
  AttackResult silent = attack(3, 0, {}, false, 0);
  silent.generations = 50;
  const FitnessFall fall = class_pairs({stopped, longer, failed, silent}, kUntargeted).fitness;
  EXPECT_EQ(fall.generations, (std::vector<int>{0, 1, 2, 3}));
  EXPECT_EQ(fall.successes.attacks, 2);
  EXPECT_EQ(fall.failures.attacks, 1);
  EXPECT_EQ(fall.without_history, 1);
  const std::vector<double> wanted{0.625, 0.5, 0.375, 0.375};
  for (std::size_t g = 0; g < wanted.size(); ++g) {
    EXPECT_NEAR(fall.successes.mean[g], wanted[g], 1e-7);
    EXPECT_NEAR(fall.successes.median[g], wanted[g], 1e-7);
    EXPECT_NEAR(fall.failures.lower_quartile[g], 0.9, 1e-7);
  }
  EXPECT_NEAR(fall.successes.lower_quartile[1], 0.375, 1e-7);  // of 0.25 and 0.75
  EXPECT_NEAR(fall.successes.upper_quartile[1], 0.625, 1e-7);
}

TEST(ClassPairs, FitnessOfATargetRisesAndAMarginStaysOne) {
  AttackResult result = attack(0, 0, 1, true, 1);
  result.generations = 1;
  result.improvements = {{0, std::log(3.0F)}, {1, -std::log(3.0F)}};  // log-odds negated
  const FitnessFall fall = class_pairs({result}, kTargeted).fitness;
  EXPECT_NEAR(fall.successes.mean[0], 0.25, 1e-7);
  EXPECT_NEAR(fall.successes.mean[1], 0.75, 1e-7);
  EXPECT_TRUE(fall.failures.mean.empty());
  PairSetting margin = kTargeted;
  margin.objective = Objective::kMargin;
  EXPECT_FLOAT_EQ(static_cast<float>(class_pairs({result}, margin).fitness.successes.mean[0]),
                  std::log(3.0F));
}

TEST(ClassPairs, LongRunsHaveAFewPointsOfFitness) {
  AttackResult result = attack(0, 0, 1, true, 1);
  result.generations = 40000;
  result.improvements = {{0, 1.0F}, {40000, -1.0F}};
  const FitnessFall fall = class_pairs({result}, kTargeted).fitness;
  ASSERT_EQ(fall.generations.size(), static_cast<std::size_t>(kFitnessPoints));
  EXPECT_EQ(fall.generations[1], 40);
  EXPECT_EQ(fall.generations.back(), 40000);
  EXPECT_GT(fall.successes.mean.back(), 0.7);
  EXPECT_LT(fall.successes.mean[kFitnessPoints - 2], 0.3);
  result.generations = std::numeric_limits<int>::max();  // as a file may claim
  EXPECT_EQ(class_pairs({result}, kTargeted).fitness.generations.back(), result.generations);
}

TEST(ClassPairs, PixelsOfSuccessesLieSomewhere) {
  AttackResult two = attack(0, 0, 1, true, 1);
  two.edits = {{1, 2, 0, 255, 7}, {3, 0, 1, 2, 255}};  // the centre of 4 x 4 is 1..2 x 1..2
  AttackResult again = attack(0, 0, 2, true, 2);
  again.edits = {{1, 2, 8, 8, 8}};
  AttackResult failed = attack(1, 0, 1, false, 0);
  failed.edits = {{0, 0, 0, 0, 0}};
  const ChangedPixels pixels = class_pairs({two, again, failed}, kTargeted).pixels;
  EXPECT_EQ(pixels.successes, 2);
  EXPECT_EQ(pixels.counts[2 * 4 + 1], 2);
  EXPECT_EQ(pixels.counts[3], 1);
  EXPECT_EQ(pixels.counts[0], 0);
  EXPECT_EQ(pixels.central.trials(), 3);
  EXPECT_EQ(pixels.central.successes(), 2);
  EXPECT_EQ(pixels.central.clusters(), 1);  // one image
  EXPECT_DOUBLE_EQ(pixels.central_expected, 0.25);
  EXPECT_EQ(pixels.border.trials(), 3);
  EXPECT_EQ(pixels.border.successes(), 1);
  EXPECT_EQ(pixels.border.clusters(), 1);
  EXPECT_DOUBLE_EQ(pixels.border_expected, 0.75);  // 12 of 16
  EXPECT_EQ(pixels.corner.trials(), 3);
  EXPECT_EQ(pixels.corner.successes(), 1);
  EXPECT_DOUBLE_EQ(pixels.corner_expected, 0.25);
  EXPECT_EQ(pixels.extreme.trials(), 9);
  EXPECT_EQ(pixels.extreme.successes(), 3);
  const double near = std::sqrt(0.5), far = std::sqrt(4.5), between = std::sqrt(2.5);
  EXPECT_NEAR(pixels.mean_distance, (2.0 * near + far) / 3.0, 1e-12);
  EXPECT_NEAR(pixels.expected_distance, (4.0 * near + 4.0 * far + 8.0 * between) / 16.0, 1e-12);
}

TEST(ClassPairs, EvaluationsOfFailuresAreTheirOwn) {
  const ClassPairs pairs = class_pairs(targeted_results(), kTargeted);
  EXPECT_DOUBLE_EQ(pairs.mean_evaluations_of_failures, 1000.0);
  EXPECT_DOUBLE_EQ(pairs.summary.mean_evaluations_of_successes, (100.0 + 200.0 + 200.0) / 3.0);
}

TEST(ClassPairs, PartsAddUpToTheWhole) {
  const ClassPairs pairs = class_pairs(targeted_results(), kTargeted);
  std::int64_t cells = 0, cell_attacks = 0, originals = 0, targets = 0;
  for (const PairCell& cell : pairs.matrix.cells) {
    cells += cell.successes;
    cell_attacks += cell.attacks;
  }
  for (const ClusteredRate& rate : pairs.by_original) originals += rate.successes();
  for (const ClusteredRate& rate : pairs.by_target) targets += rate.trials();
  EXPECT_EQ(cells, pairs.summary.success.successes);
  EXPECT_EQ(cell_attacks, pairs.summary.attempted);
  EXPECT_EQ(originals, cells);
  EXPECT_EQ(targets, pairs.summary.attempted);
  EXPECT_EQ(pairs.pixels.successes, cells);
}

TEST(ClassPairs, OrderOfTheResultsDoesNotMatter) {
  std::vector<AttackResult> results = targeted_results();
  const ClassPairs pairs = class_pairs(results, kTargeted);
  // By target first, as no run writes them: the attacks on an image lie apart.
  std::stable_sort(
      results.begin(), results.end(),
      [](const AttackResult& a, const AttackResult& b) { return a.target > b.target; });
  const ClassPairs apart = class_pairs(results, kTargeted);
  EXPECT_EQ(apart.reach->images, pairs.reach->images);
  EXPECT_EQ(apart.reach->mean, pairs.reach->mean);
  EXPECT_EQ(apart.by_original[0].clusters(), 3);
}

TEST(ClassPairs, NothingAttackedIsNoNumber) {
  const ClassPairs pairs = class_pairs({skipped(0, 1)}, kTargeted);
  EXPECT_EQ(pairs.summary.attempted, 0);
  EXPECT_TRUE(pairs.asymmetry.pairs.empty());
  EXPECT_TRUE(std::isnan(pairs.asymmetry.spearman));
  EXPECT_TRUE(std::isnan(pairs.asymmetry.mean_difference));
  EXPECT_TRUE(std::isnan(pairs.reach->mean));
  EXPECT_TRUE(pairs.fitness.generations.empty());
  EXPECT_TRUE(std::isnan(pairs.pixels.mean_distance));
  EXPECT_TRUE(std::isnan(pairs.pixels.central.rate()));
  EXPECT_TRUE(std::isnan(pairs.pixels.border.rate()));
  EXPECT_TRUE(std::isnan(pairs.pixels.corner.rate()));
}

}  // namespace
}  // namespace ripple
