#include "ripple/attack/budget_curve.h"

namespace ripple {

std::vector<std::int64_t> budget_series(std::int64_t most) {
  std::vector<std::int64_t> budgets;
  for (std::int64_t decade = 1; decade < most; decade *= 10) {
    for (const int step : {1, 2, 5}) {
      if (step * decade < most) budgets.push_back(step * decade);
    }
  }
  budgets.push_back(most);
  return budgets;
}

Rate success_within(std::span<const AttackResult> results, std::int64_t budget) {
  std::int64_t successes = 0;
  std::int64_t trials = 0;
  for (const AttackResult& result : results) {
    if (result.skipped != SkipReason::kNone) continue;
    ++trials;
    successes += result.evaluations_to_success && *result.evaluations_to_success <= budget;
  }
  return make_rate(successes, trials);
}

}  // namespace ripple
