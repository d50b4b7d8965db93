#pragma once

#include <cstdint>
#include <string_view>

#include "ripple/search/make_search.h"

namespace ripple {

/// What counts as a success.
enum class Goal {
  kUntargeted,   ///< any class but the true one
  kTarget,       ///< AttackOptions::target
  kAllTargets,   ///< one attack for each class but the true one
  kLeastLikely,  ///< the class of the lowest clean logit (of equals the lowest index)
};

/// What the search minimises.
enum class Objective {
  /// The true class's softmax probability (untargeted), or the target's negated. The search gets
  /// its log-odds: the same order of candidates, without float32's plateau at 1 (eval/scores.h).
  kProbability,
  /// True logit minus highest other (untargeted), or highest other minus the target's.
  kMargin,
};

/// When an attack ends before its budget is used up. Looked at after each batch, generation 0
/// included.
enum class StopRule {
  kConfidence,  ///< the best member's true class is under stop_below, or its target over stop_above
  kSuccess,     ///< some candidate flips, verified
  kBudget,      ///< never
};

inline constexpr int kMaxGenerations = 1000000;

/// One attack's setting; defaults are those of Su, Vargas & Sakurai 2019 (arXiv:1710.08864).
struct AttackOptions {
  SearchMethod method = SearchMethod::kPaper;
  int pixels = 1;         ///< edits a candidate, 1..5
  int population = 400;   ///< candidates a batch, 1..100000
  int generations = 100;  ///< batches after generation 0, 0..kMaxGenerations
  /// Candidates scored an image at most, exactly: the last batch is cut. 0: generations alone
  /// decide, (generations + 1) * population = 40,400 for the paper.
  std::int64_t max_evaluations = 0;
  Goal goal = Goal::kUntargeted;
  int target = -1;  ///< class index, for Goal::kTarget only; else -1
  Objective objective = Objective::kProbability;
  StopRule stop = StopRule::kConfidence;
  double stop_below = 0.05;  ///< probability of the true class
  double stop_above = 0.90;  ///< probability of the target class
  std::uint64_t seed = 1;
  /// Answer candidates of an image that were scored before from a table (see repeat_table.h). They
  /// are counted as evaluations all the same.
  bool answer_repeats = true;
};

/// What a method's users expect: its own population; the paper stops at confidence, the others at
/// the first success, but kExhaustive never. kExhaustive and kGreedy have no other budget than
/// their end; kSparseRs and kPaperFromCorners, which have no generations of a fixed size, may score
/// as many candidates as the paper's attack.
AttackOptions attack_preset(SearchMethod method, int pixels = 1);

/// Candidates that an attack scores at most. Assumes checked options.
std::int64_t evaluation_budget(const AttackOptions& options);

/// Errors: kBadArgument naming the option that is out of range for a network of `classes` classes,
/// or that contradicts another.
void check_attack_options(const AttackOptions& options, int classes);

/// The name a person writes, and back. Errors: kBadArgument for an unknown name, listing the known.
std::string_view to_string(Goal goal);
std::string_view to_string(Objective objective);
std::string_view to_string(StopRule stop);
Goal parse_goal(std::string_view name);
Objective parse_objective(std::string_view name);
StopRule parse_stop_rule(std::string_view name);

}  // namespace ripple
