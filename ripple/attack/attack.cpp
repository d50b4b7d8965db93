#include "ripple/attack/attack.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <set>

#include <fmt/format.h>

#include "ripple/attack/introduce.h"
#include "ripple/attack/judge.h"
#include "ripple/attack/repeat_table.h"
#include "ripple/base/error.h"
#include "ripple/eval/scores.h"

namespace ripple {
namespace {

/// What a full pass over an image says.
struct FullPass {
  std::int64_t position = 0;  // of the candidate; 0: the clean image
  int predicted = 0;
  std::vector<double> probabilities;
};

/// Full passes over the clean and the edited image, counted in the result.
class Verifier {
 public:
  Verifier(Evaluator& evaluator, const Image& clean, AttackResult& result)
      : evaluator_(evaluator),
        clean_(clean),
        result_(result),
        logits_(static_cast<std::size_t>(evaluator.classes())) {}

  FullPass pass(std::int64_t position, std::span<const PixelEdit> edits) {
    Image image = clean_;
    apply_edits(image, edits);
    evaluator_.logits_of(image, logits_);
    ++result_.verifications;
    check_finite(logits_, result_.index);
    return {position, argmax(logits_), softmax(logits_)};
  }

  /// Verifies a candidate that reaches the goal by its score; the first that does is kept, and the
  /// evaluations up to it. A position that was refused is not passed again.
  bool confirms(const NotedCandidate& candidate, const Aim& aim) {
    if (candidate.position == 0) return false;
    if (confirmed_ && confirmed_->position == candidate.position) return true;
    if (refused_.contains(candidate.position)) return false;
    FullPass full = pass(candidate.position, candidate.edits);
    if (!aim.reached_by(full.predicted)) {
      refused_.insert(candidate.position);
      ++result_.disagreements;
      return false;
    }
    if (!result_.evaluations_to_success) result_.evaluations_to_success = candidate.position;
    confirmed_ = std::move(full);
    confirmed_edits_ = candidate.edits;
    return true;
  }

  /// The last confirmed candidate, if any.
  const std::optional<FullPass>& confirmed() const { return confirmed_; }
  const std::vector<PixelEdit>& confirmed_edits() const { return confirmed_edits_; }
  std::span<const float> logits() const { return logits_; }

 private:
  Evaluator& evaluator_;
  const Image& clean_;
  AttackResult& result_;
  std::vector<float> logits_;
  std::optional<FullPass> confirmed_;
  std::vector<PixelEdit> confirmed_edits_;
  std::set<std::int64_t> refused_;  // positions
};

void check_request(const AttackOptions& options, int classes, std::optional<int> label,
                   std::optional<int> target, std::int64_t image_index) {
  check_attack_options(options, classes);
  check_label(label, classes, image_index);
  if (target && (*target < 0 || *target >= classes)) {
    throw Error(ErrorCode::kBadArgument, fmt::format("image {}", image_index),
                fmt::format("its target is class {}, but the network has classes 0 to {}", *target,
                            classes - 1));
  }
  const bool wants = options.goal == Goal::kTarget || options.goal == Goal::kAllTargets;
  if (wants != target.has_value()) {
    throw Error(ErrorCode::kBadArgument, fmt::format("image {}", image_index),
                fmt::format("the goal '{}' {} a target class; {}", to_string(options.goal),
                            wants ? "needs" : "excludes", wants ? "give one" : "leave it out"));
  }
}

StopReason stop_reason(const AttackOptions& options, const AttackResult& result, const Aim& aim,
                       const NotedCandidate& best, bool success) {
  const double confidence = best.driven_confidence;
  switch (options.stop) {
    case StopRule::kConfidence:
      if (aim.target ? confidence > options.stop_above : confidence < options.stop_below) {
        return StopReason::kConfidence;
      }
      break;
    case StopRule::kSuccess:
      if (success) return StopReason::kSuccess;
      break;
    case StopRule::kBudget:
      break;
  }
  if (options.max_evaluations != 0 && result.evaluations >= options.max_evaluations) {
    return StopReason::kEvaluations;
  }
  return result.generations >= options.generations ? StopReason::kGenerations : StopReason::kNone;
}

/// Fills in what is reported, from full passes.
void conclude(AttackResult& result, const Image& clean, const Judge& judge, const Aim& aim,
              Verifier& verifier) {
  const NotedCandidate& best = judge.best();
  const bool best_flip_holds = verifier.confirms(judge.best_flip(), aim);
  result.success = verifier.confirmed().has_value();
  // A best member that reaches the goal is also the best of those that do.
  result.success_as_published = best.reaches && best_flip_holds;
  result.best_edits = effective_edits(clean, best.edits);
  const FullPass at_best = result.success_as_published ? *verifier.confirmed()
                                                       : verifier.pass(best.position, best.edits);
  if (!best.reaches && aim.reached_by(at_best.predicted)) ++result.disagreements;
  result.best_confidence = at_best.probabilities[static_cast<std::size_t>(aim.driven_class())];

  const FullPass& reported = result.success ? *verifier.confirmed() : at_best;
  result.edits =
      result.success ? effective_edits(clean, verifier.confirmed_edits()) : result.best_edits;
  result.predicted = reported.predicted;
  result.confidence_after = reported.probabilities[static_cast<std::size_t>(aim.label)];
  result.confidence_predicted =
      reported.probabilities[static_cast<std::size_t>(reported.predicted)];
}

void cut(CandidateBatch& batch, std::int64_t candidates) {
  if (batch.size() <= candidates) return;
  batch.edits.resize(static_cast<std::size_t>(candidates) * batch.edits_per_candidate);
}

Rng stream(const AttackOptions& options, std::int64_t image_index, std::optional<int> target) {
  return Rng{options.seed, static_cast<std::uint64_t>(image_index),
             static_cast<std::uint64_t>(options.method), static_cast<std::uint64_t>(options.pixels),
             target ? static_cast<std::uint64_t>(*target) + 1 : 0};
}

}  // namespace

AttackResult attack_image(Evaluator& evaluator, const Image& clean, std::optional<int> label,
                          std::optional<int> target, std::int64_t image_index,
                          const AttackOptions& options, const CancelFlag* cancel) {
  const auto begin = std::chrono::steady_clock::now();
  check_request(options, evaluator.classes(), label, target, image_index);
  AttackResult result;
  result.index = image_index;
  Verifier verifier(evaluator, clean, result);
  verifier.pass(0, {});
  introduce(result, label, target, options.goal, verifier.logits());

  if (result.skipped == SkipReason::kNone) {
    const Aim aim{result.label, result.target, options.objective};
    Judge judge(aim, evaluator.classes(), fmt::format("image {}", image_index));
    const auto search = make_search(
        {options.method, options.pixels, options.population, evaluation_budget(options)},
        clean.width, clean.height, stream(options, image_index, result.target));
    evaluator.refresh(clean);
    RepeatTable repeats(clean, evaluator.classes());
    CandidateBatch batch;
    std::vector<float> logits;
    for (int generation = 0;; ++generation) {
      if (cancel != nullptr && cancel->load()) {
        throw Error(ErrorCode::kCancelled, "attack", "stopped; finished images are kept");
      }
      search->propose(batch);
      if (batch.edits.empty()) {
        result.stop = StopReason::kExhausted;
        break;
      }
      result.generations = generation;
      if (options.max_evaluations != 0) cut(batch, options.max_evaluations - judge.evaluations());
      logits.resize(std::size_t(batch.size()) * evaluator.classes());
      if (options.answer_repeats) {
        repeats.score(evaluator, batch, logits);
      } else {
        evaluator.score(batch, logits);
      }
      judge.judge(batch, logits);
      result.evaluations = judge.evaluations();
      if (result.improvements.empty() || judge.best().loss < result.improvements.back().loss) {
        result.improvements.push_back({generation, judge.best().loss});
      }
      if (!verifier.confirmed()) {
        verifier.confirms(judge.first_flip_of_batch(), aim) ||
            verifier.confirms(judge.best_flip_of_batch(), aim);
      }
      result.stop =
          stop_reason(options, result, aim, judge.best(), verifier.confirmed().has_value());
      if (result.stop != StopReason::kNone) break;
      search->observe(judge.losses());
    }
    result.distinct_evaluations = options.answer_repeats ? repeats.distinct() : result.evaluations;
    conclude(result, clean, judge, aim, verifier);
  }
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  return result;
}

}  // namespace ripple
