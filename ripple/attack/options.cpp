#include "ripple/attack/options.h"

#include <algorithm>

#include <fmt/format.h>

#include "ripple/base/error.h"
#include "ripple/base/names.h"
#include "ripple/eval/scores.h"
#include "ripple/search/limits.h"

namespace ripple {
namespace {

constexpr Named<Goal> kGoals[] = {
    {"untargeted", Goal::kUntargeted},
    {"target", Goal::kTarget},
    {"all", Goal::kAllTargets},
    {"least-likely", Goal::kLeastLikely},
};

constexpr Named<Objective> kObjectives[] = {
    {"probability", Objective::kProbability},
    {"margin", Objective::kMargin},
};

constexpr Named<StopRule> kStopRules[] = {
    {"confidence", StopRule::kConfidence},
    {"success", StopRule::kSuccess},
    {"budget", StopRule::kBudget},
};

void check_probability(const char* name, double value) {
  if (!(value >= 0.0 && value <= 1.0)) {
    throw Error(ErrorCode::kBadArgument, name,
                fmt::format("{} is no probability; give a number from 0 to 1", value));
  }
}

}  // namespace

AttackOptions attack_preset(SearchMethod method, int pixels) {
  AttackOptions options;
  options.method = method;
  options.pixels = pixels;
  options.population = default_population(method, pixels);
  options.stop = StopRule::kSuccess;
  if (method == SearchMethod::kPaper) options.stop = StopRule::kConfidence;
  if (method == SearchMethod::kExhaustive) options.stop = StopRule::kBudget;
  if (method == SearchMethod::kExhaustive || method == SearchMethod::kGreedy) {
    options.generations = kMaxGenerations;
  }
  if (method == SearchMethod::kSparseRs || method == SearchMethod::kPaperFromCorners) {
    options.max_evaluations = evaluation_budget(AttackOptions{});
    options.generations = kMaxGenerations;
  }
  return options;
}

std::int64_t evaluation_budget(const AttackOptions& options) {
  const std::int64_t batches = (std::int64_t{options.generations} + 1) * options.population;
  return options.max_evaluations == 0 ? batches : std::min(batches, options.max_evaluations);
}

void check_attack_options(const AttackOptions& options, int classes) {
  // 0 candidates would mean the method's own number to make_search; results state the real one.
  check_search_limits(options.pixels, options.population, 1, 1);
  // The search checks the rest of its own options, on an image that any of them accepts.
  make_search({options.method, options.pixels, options.population}, kMaxPixels + 1, 1, Rng{0});
  if (options.generations < 0 || options.generations > kMaxGenerations) {
    throw Error(
        ErrorCode::kBadArgument, "--generations",
        fmt::format("{} is out of range; give 0 to {}", options.generations, kMaxGenerations));
  }
  if (options.max_evaluations < 0) {
    throw Error(
        ErrorCode::kBadArgument, "--evaluations",
        fmt::format("{} is negative; give 1 or more, or 0 for no limit", options.max_evaluations));
  }
  check_probability("--stop-below", options.stop_below);
  check_probability("--stop-above", options.stop_above);
  check_other_class(classes, "attack");
  if (options.goal == Goal::kTarget && (options.target < 0 || options.target >= classes)) {
    throw Error(ErrorCode::kBadArgument, "--target",
                fmt::format("class {} does not exist; the network has classes 0 to {}",
                            options.target, classes - 1));
  }
  if (options.goal != Goal::kTarget && options.target != -1) {
    throw Error(ErrorCode::kBadArgument, "--target",
                fmt::format("class {} contradicts the goal '{}'; leave one of them out",
                            options.target, to_string(options.goal)));
  }
}

std::string_view to_string(Goal goal) {
  return name_of<Goal>(kGoals, goal);
}
std::string_view to_string(Objective objective) {
  return name_of<Objective>(kObjectives, objective);
}
std::string_view to_string(StopRule stop) {
  return name_of<StopRule>(kStopRules, stop);
}
Goal parse_goal(std::string_view name) {
  return value_of<Goal>(kGoals, "goal", name);
}
Objective parse_objective(std::string_view name) {
  return value_of<Objective>(kObjectives, "--objective", name);
}
StopRule parse_stop_rule(std::string_view name) {
  return value_of<StopRule>(kStopRules, "--stop", name);
}

}  // namespace ripple
