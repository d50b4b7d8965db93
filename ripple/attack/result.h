#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ripple/image/image.h"

namespace ripple {

/// Why an image was not attacked; such a result is in no denominator.
enum class SkipReason {
  kNone,           ///< it was attacked
  kMisclassified,  ///< the clean image is not classified as its label
  kAlreadyTarget,  ///< the label is the target class
};

/// Why an attack ended.
enum class StopReason {
  kNone,         ///< skipped
  kConfidence,   ///< StopRule::kConfidence was met
  kSuccess,      ///< StopRule::kSuccess was met
  kGenerations,  ///< all generations are done
  kEvaluations,  ///< max_evaluations are used up
  kExhausted,    ///< the search has proposed every candidate it had
};

/// The best member got better in this generation, 0 being the start.
struct Improvement {
  int generation = 0;
  /// As the search saw it. Objective::kProbability: the natural log-odds of the true class, or
  /// those of the target negated; kMargin: the difference of logits.
  float loss = 0.0F;

  friend bool operator==(const Improvement&, const Improvement&) = default;
};

/// What one attack on one image (and one target) came to.
///
/// All probabilities and classes after the attack come from full passes over the 8-bit adversarial
/// image, not from the search's scores; all probabilities are softmax values in [0, 1].
struct AttackResult {
  std::int64_t index = 0;      ///< of the image in its dataset
  std::string name;            ///< of the image, where the source gives one
  int label = 0;               ///< true class
  bool label_assumed = false;  ///< the image has no label: the clean prediction stands for it
  std::optional<int> target;   ///< absent: untargeted
  SkipReason skipped = SkipReason::kNone;

  /// Some evaluated candidate reaches the goal, confirmed by a full pass.
  bool success = false;
  /// The best member at the stop (lowest loss so far, of equals the first) reaches the goal,
  /// confirmed by a full pass: what the papers count. Implies success.
  bool success_as_published = false;

  /// The reported candidate: of those that reach the goal by their scores the one of lowest loss,
  /// of equals the first; where a full pass denies that one, the first that was confirmed; where
  /// none was, the best member. See effective_edits for the form.
  std::vector<PixelEdit> edits;
  int predicted = 0;                  ///< class after the edits; the clean one where skipped
  double confidence_before = 0.0;     ///< true class, clean image
  double confidence_after = 0.0;      ///< true class, after the edits
  double confidence_predicted = 0.0;  ///< class `predicted`, after the edits

  std::vector<PixelEdit> best_edits;  ///< the best member's; differ from `edits` where it fails
  double best_confidence = 0.0;  ///< after best_edits: of the true class, or of the target if any

  std::int64_t evaluations = 0;  ///< candidates scored by the search, exactly
  /// Of them those that the engine was asked for: the others repeat an earlier one.
  std::int64_t distinct_evaluations = 0;
  /// Candidates scored up to and with the first confirmed success.
  std::optional<std::int64_t> evaluations_to_success;
  int generations = 0;  ///< batches scored after generation 0
  /// How the fitness fell: generation 0 and each later one that lowered the best member's loss.
  /// Empty for pgd.
  std::vector<Improvement> improvements;
  StopReason stop = StopReason::kNone;
  int verifications = 0;  ///< full passes beside the search, that of the clean image included
  int disagreements = 0;  ///< candidates whose score and full pass differ about the goal
  double seconds = 0.0;   ///< wall time of this attack
};

/// The names in result files, and back. Errors: kBadArgument for an unknown name.
std::string_view to_string(SkipReason reason);
std::string_view to_string(StopReason reason);
SkipReason parse_skip_reason(std::string_view name);
StopReason parse_stop_reason(std::string_view name);

}  // namespace ripple
