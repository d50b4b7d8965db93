#include "ripple/attack/introduce.h"

#include <fmt/format.h>

#include "ripple/base/error.h"

namespace ripple {

void check_label(std::optional<int> label, int classes, std::int64_t image_index) {
  if (!label || (*label >= 0 && *label < classes)) return;
  throw Error(ErrorCode::kBadData, fmt::format("image {}", image_index),
              fmt::format("its label is class {}, but the network has classes 0 to {}; give the "
                          "data the network was trained on",
                          *label, classes - 1));
}

SkipReason skip_reason(int label, int predicted, std::optional<int> target) {
  if (target == label) return SkipReason::kAlreadyTarget;
  return predicted == label ? SkipReason::kNone : SkipReason::kMisclassified;
}

}  // namespace ripple
