#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "ripple/attack/options.h"
#include "ripple/attack/result.h"
#include "ripple/eval/scores.h"

namespace ripple {

/// Errors: kBadData naming the image where its label is no class of the network.
void check_label(std::optional<int> label, int classes, std::int64_t image_index);

/// Why an image that the network takes for class `predicted` is not attacked, if it is not.
SkipReason skip_reason(int label, int predicted, std::optional<int> target);

/// Fills in what the clean image alone decides, of an AttackResult or a PgdResult: label, target,
/// classes and confidences, whether it is skipped. `target` is that of the goal, if it names one;
/// `logits` [classes] are those of a full pass, finite. Assumes a label that the network has.
template <typename Result>
void introduce(Result& result, std::optional<int> label, std::optional<int> target, Goal goal,
               std::span<const float> logits) {
  const std::vector<double> probabilities = softmax(logits);
  result.predicted = argmax(logits);
  result.label = label.value_or(result.predicted);
  result.label_assumed = !label;
  result.target = goal == Goal::kLeastLikely ? argmin(logits) : target;
  result.confidence_before = probabilities[static_cast<std::size_t>(result.label)];
  result.confidence_after = result.confidence_before;
  result.confidence_predicted = probabilities[static_cast<std::size_t>(result.predicted)];
  result.skipped = skip_reason(result.label, result.predicted, result.target);
}

}  // namespace ripple
