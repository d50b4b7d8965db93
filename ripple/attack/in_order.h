#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>

namespace ripple {

/// Hands results that threads finish in any order over in the order of their places: one call of
/// `on_result` at a time, and none after it threw.
template <typename T>
class InOrder {
 public:
  /// Keeps a reference to `on_result`, which must outlive it.
  explicit InOrder(const std::function<void(const T&)>& on_result) : on_result_(on_result) {}

  /// The job at `place` is done; it may have no result.
  void put(std::int64_t place, std::optional<T> result) {
    const std::lock_guard lock(mutex_);
    waiting_.emplace(place, std::move(result));
    while (!waiting_.empty() && waiting_.begin()->first == next_) hand_over_first();
  }

  /// Hands over what still waits for an earlier job that will not come.
  void flush() {
    const std::lock_guard lock(mutex_);
    while (!waiting_.empty()) hand_over_first();
  }

 private:
  void hand_over_first() {
    const auto first = waiting_.extract(waiting_.begin());
    next_ = first.key() + 1;
    if (!first.mapped() || broken_) return;
    broken_ = true;  // stays so where the call throws
    on_result_(*first.mapped());
    broken_ = false;
  }

  const std::function<void(const T&)>& on_result_;
  std::mutex mutex_;
  std::map<std::int64_t, std::optional<T>> waiting_;
  std::int64_t next_ = 0;
  bool broken_ = false;
};

}  // namespace ripple
