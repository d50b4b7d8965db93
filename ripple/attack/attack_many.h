#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "ripple/attack/attack.h"
#include "ripple/attack/workers.h"

namespace ripple {

/// One attack to be made.
struct AttackJob {
  std::int64_t index = 0;     ///< of the image
  std::optional<int> target;  ///< for Goal::kTarget and kAllTargets

  bool operator==(const AttackJob&) const = default;
};

/// (image index, target) of results that exist already; no target: untargeted.
using DoneKeys = std::set<std::pair<std::int64_t, std::optional<int>>>;

/// The attacks that `options` asks for, in the order of the results: image after image, for
/// Goal::kAllTargets class after class; without those in `done`. (Of an image and its own label,
/// kAllTargets makes a job that yields no result: the label is not known before the image is read.)
std::vector<AttackJob> make_jobs(const std::vector<std::int64_t>& indices,
                                 const AttackOptions& options, int classes, const DoneKeys& done);

/// How many results the jobs of make_jobs() yield.
std::int64_t result_count(const std::vector<AttackJob>& jobs, Goal goal);

/// Makes the attacks on up to `threads` threads, with one evaluator for each.
///
/// `on_result` is called for one result at a time, from any of the threads, in the order of `jobs`:
/// the same results in the same order for any number of threads (but for `seconds`). When the work
/// ends early, by `cancel` (may be null) or an error, results that were finished out of order are
/// handed over too, still ascending, before this function returns.
///
/// Returns whether every job was done; false only after `cancel`.
/// Errors: of the lowest failing job (see attack_image, Dataset::sample), or what `on_result`
/// throws; it is not called again after it threw.
bool attack_many(const std::vector<AttackJob>& jobs, const ImageSource& source,
                 const EvaluatorFactory& factory, const AttackOptions& options, int threads,
                 const CancelFlag* cancel,
                 const std::function<void(const AttackResult&)>& on_result);

}  // namespace ripple
