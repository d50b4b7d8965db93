#pragma once

#include <cstdint>
#include <string>

namespace ripple {

/// Counts bytes against a limit before they are allocated.
class MemoryBudget {
 public:
  /// `what` names the budget in messages, e.g. "the weights"; `advice` says what helps.
  MemoryBudget(std::int64_t limit, std::string what, std::string advice)
      : limit_(limit), what_(std::move(what)), advice_(std::move(advice)) {}

  /// Errors: kBadModel naming `where` once the sum of all charges passes the limit.
  void charge(std::int64_t bytes, const std::string& where);
  /// charge(elements of `width` bytes), without overflow.
  void charge(std::int64_t elements, std::int64_t width, const std::string& where);
  std::int64_t used() const { return used_; }
  void raise_limit(std::int64_t bytes) { limit_ += bytes; }

 private:
  std::int64_t limit_;
  std::int64_t used_ = 0;
  std::string what_;
  std::string advice_;
};

}  // namespace ripple
