#include "ripple/attack/budget_curve.h"

#include <gtest/gtest.h>

namespace ripple {
namespace {

TEST(BudgetCurve, SeriesEndsWithTheWholeBudget) {
  EXPECT_EQ(budget_series(1), (std::vector<std::int64_t>{1}));
  EXPECT_EQ(budget_series(10), (std::vector<std::int64_t>{1, 2, 5, 10}));
  EXPECT_EQ(budget_series(40), (std::vector<std::int64_t>{1, 2, 5, 10, 20, 40}));
}

TEST(BudgetCurve, CountsSuccessesUpToTheBudgetOfAttacksThatWereMade) {
  std::vector<AttackResult> results(5);
  results[0].evaluations_to_success = 10;
  results[1].evaluations_to_success = 11;
  results[2].evaluations_to_success = 500;
  results[4].skipped = SkipReason::kMisclassified;
  const auto within = [&](std::int64_t budget) {
    return success_within(results, budget).successes;
  };
  EXPECT_EQ(within(9), 0);
  EXPECT_EQ(within(10), 1);
  EXPECT_EQ(within(499), 2);
  EXPECT_EQ(within(40400), 3);
  EXPECT_EQ(success_within(results, 10).trials, 4);
  EXPECT_GT(success_within(results, 10).interval.high, 0.25);
}

}  // namespace
}  // namespace ripple
