#include "ripple/attack/result.h"

#include "ripple/base/names.h"

namespace ripple {
namespace {

constexpr Named<SkipReason> kSkipReasons[] = {
    {"none", SkipReason::kNone},
    {"misclassified", SkipReason::kMisclassified},
    {"already-target", SkipReason::kAlreadyTarget},
};

constexpr Named<StopReason> kStopReasons[] = {
    {"none", StopReason::kNone},
    {"confidence", StopReason::kConfidence},
    {"success", StopReason::kSuccess},
    {"generations", StopReason::kGenerations},
    {"evaluations", StopReason::kEvaluations},
    {"exhausted", StopReason::kExhausted},
};

}  // namespace

std::string_view to_string(SkipReason reason) {
  return name_of<SkipReason>(kSkipReasons, reason);
}
std::string_view to_string(StopReason reason) {
  return name_of<StopReason>(kStopReasons, reason);
}
SkipReason parse_skip_reason(std::string_view name) {
  return value_of<SkipReason>(kSkipReasons, "skipped", name);
}
StopReason parse_stop_reason(std::string_view name) {
  return value_of<StopReason>(kStopReasons, "stop", name);
}

}  // namespace ripple
