#include "ripple/eval/scores.h"

#include <fmt/format.h>

#include "ripple/base/error.h"

namespace ripple {

void check_finite(std::span<const float> logits, std::int64_t index) {
  for (const float logit : logits) {
    if (std::isfinite(logit)) continue;
    throw Error(ErrorCode::kBadModel, fmt::format("image {}", index),
                fmt::format("the network answers {} for it; check its weights and its "
                            "preprocessing",
                            logit));
  }
}

}  // namespace ripple
