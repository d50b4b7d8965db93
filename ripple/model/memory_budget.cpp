#include "ripple/model/memory_budget.h"

#include <fmt/format.h>

#include "ripple/base/error.h"

namespace ripple {

void MemoryBudget::charge(std::int64_t bytes, const std::string& where) {
  if (bytes < 0 || bytes > limit_ - used_) {
    throw Error(ErrorCode::kBadModel, where,
                fmt::format("{} need more than the {} bytes allowed; {}", what_, limit_, advice_));
  }
  used_ += bytes;
}

void MemoryBudget::charge(std::int64_t elements, std::int64_t width, const std::string& where) {
  std::int64_t bytes = 0;
  charge(__builtin_mul_overflow(elements, width, &bytes) ? -1 : bytes, where);
}

}  // namespace ripple
