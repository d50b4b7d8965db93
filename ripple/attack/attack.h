#pragma once

#include <cstdint>
#include <optional>

#include "ripple/attack/options.h"
#include "ripple/attack/result.h"
#include "ripple/base/parallel.h"
#include "ripple/eval/evaluator.h"
#include "ripple/image/image.h"

namespace ripple {

/// Attacks one image.
///
/// A search proposes a batch, the evaluator scores it, every candidate's argmax is looked at, and
/// the search learns the losses, until the stop rule is met, the budget is used up, or the search
/// has no more candidates. Generation 0 is scored and counted. An attack that finds nothing is a
/// result.
///
/// `label`: true class; absent: the clean prediction stands for it. `target`: the class to reach,
/// for Goal::kTarget and kAllTargets; absent for the others (least likely is found here). Skipped
/// (see AttackResult): an image whose label is the target, then one that is not classified as its
/// label. A prediction is the argmax, of equal logits the lowest index.
///
/// Verified: a candidate that reaches the goal by its score counts only when a full pass
/// (Evaluator::logits_of) over the edited 8-bit image says so too. While there is no success, each
/// batch's first such candidate is verified, and where it fails the batch's best; at the end the
/// reported candidate and the best member. So two full passes a batch at most, all of them counted.
///
/// Random stream: keyed by (seed, image index, method, pixels, target), so that a result depends on
/// neither threads nor order, and different stop rules and objectives start alike.
///
/// Errors: kBadArgument (see check_attack_options); kBadData for a label the network has not, or
/// from the evaluator; kBadModel for a logit that is no finite number; kCancelled when `cancel`
/// (may be null) is set: nothing is returned of an unfinished attack.
AttackResult attack_image(Evaluator& evaluator, const Image& clean, std::optional<int> label,
                          std::optional<int> target, std::int64_t image_index,
                          const AttackOptions& options, const CancelFlag* cancel);

}  // namespace ripple
