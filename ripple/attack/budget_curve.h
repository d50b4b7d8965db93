#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "ripple/attack/result.h"
#include "ripple/attack/summary.h"

namespace ripple {

/// 1, 2, 5, 10, 20, 50, ... below `most`, then `most`. Assumes most >= 1.
std::vector<std::int64_t> budget_series(std::int64_t most);

/// The attacks that had a confirmed success within their first `budget` evaluations, of those that
/// were made. Results of searches that ran with StopRule::kSuccess and a budget of at least this
/// are compared at equal evaluations.
Rate success_within(std::span<const AttackResult> results, std::int64_t budget);

}  // namespace ripple
