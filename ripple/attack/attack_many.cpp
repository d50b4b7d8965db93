#include "ripple/attack/attack_many.h"

#include <algorithm>

#include "ripple/base/in_order.h"

namespace ripple {
namespace {

std::optional<AttackResult> attack_job(const AttackJob& job, const ImageSource& source,
                                       Evaluator& evaluator, const AttackOptions& options,
                                       const CancelFlag* cancel) {
  const Sample sample = source(job.index);
  // Of all targets, an image's own label is none: no result, not even a skipped one.
  if (options.goal == Goal::kAllTargets && sample.label == job.target) return std::nullopt;
  AttackResult result =
      attack_image(evaluator, sample.image, sample.label, job.target, job.index, options, cancel);
  if (options.goal == Goal::kAllTargets && result.skipped == SkipReason::kAlreadyTarget) {
    return std::nullopt;
  }
  result.name = sample.name;
  return result;
}

}  // namespace

std::vector<AttackJob> make_jobs(const std::vector<std::int64_t>& indices,
                                 const AttackOptions& options, int classes, const DoneKeys& done) {
  std::set<std::int64_t> done_images;
  for (const auto& [index, target] : done) done_images.insert(index);
  std::vector<AttackJob> jobs;
  for (const std::int64_t index : indices) {
    if (options.goal == Goal::kAllTargets) {
      for (int target = 0; target < classes; ++target) {
        if (!done.contains({index, target})) jobs.push_back({index, target});
      }
    } else if (options.goal == Goal::kTarget) {
      if (!done.contains({index, options.target})) jobs.push_back({index, options.target});
    } else if (!done_images.contains(index)) {
      // One attack an image, whatever target the least likely class turned out to be.
      jobs.push_back({index, std::nullopt});
    }
  }
  return jobs;
}

std::int64_t result_count(const std::vector<AttackJob>& jobs, Goal goal) {
  if (goal != Goal::kAllTargets) return std::ssize(jobs);
  // The job at an image's own label is never done, and so always among them.
  std::set<std::int64_t> images;
  for (const AttackJob& job : jobs) images.insert(job.index);
  return std::ssize(jobs) - std::ssize(images);
}

bool attack_many(const std::vector<AttackJob>& jobs, const ImageSource& source,
                 const EvaluatorFactory& factory, const AttackOptions& options, int threads,
                 const CancelFlag* cancel,
                 const std::function<void(const AttackResult&)>& on_result) {
  WorkerEvaluators evaluators(factory, std::max(1, threads));
  return parallel_in_order<AttackResult>(
      std::ssize(jobs), threads, cancel,
      [&](std::int64_t place, int worker) {
        return attack_job(jobs[static_cast<std::size_t>(place)], source, evaluators.of(worker),
                          options, cancel);
      },
      on_result);
}

}  // namespace ripple
