#include "ripple/eval/scores.h"

#include <string>

#include <fmt/format.h>

#include "ripple/base/error.h"

namespace ripple {

namespace {

template <typename Where>
void check_finite_of(std::span<const float> logits, const Where& where) {
  for (const float logit : logits) {
    if (std::isfinite(logit)) continue;
    throw Error(ErrorCode::kBadModel, where(),
                fmt::format("the network answers {} for it; check its weights and its "
                            "preprocessing",
                            logit));
  }
}

}  // namespace

void check_finite(std::span<const float> logits, std::int64_t index) {
  check_finite_of(logits, [&] { return fmt::format("image {}", index); });
}

void check_finite(std::span<const float> logits, const char* image) {
  check_finite_of(logits, [&] { return std::string(image); });
}

void check_other_class(int classes, const char* task) {
  if (classes >= 2) return;
  throw Error(ErrorCode::kBadModel, task,
              fmt::format("a network of {} class{} has no other answer; use a classifier of two "
                          "classes or more",
                          classes, classes == 1 ? "" : "es"));
}

}  // namespace ripple
