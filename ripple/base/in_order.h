#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>

#include "ripple/base/error.h"
#include "ripple/base/parallel.h"

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

/// Runs job(place, worker) for every place in [0, count) as parallel_for() does, and hands its
/// results (a job may have none) to `on_result` in the order of the places, one at a time. Whatever
/// ends it early, what was finished until then is handed over. Returns whether every job was done;
/// false only after `cancel`, which a job may answer with kCancelled.
/// Errors: those of parallel_for(), or what `on_result` throws.
template <typename T>
bool parallel_in_order(std::int64_t count, int threads, const CancelFlag* cancel,
                       const std::function<std::optional<T>(std::int64_t, int)>& job,
                       const std::function<void(const T&)>& on_result) {
  InOrder<T> in_order(on_result);
  std::atomic<std::int64_t> done{0};
  const auto body = [&](std::int64_t place, int worker) {
    try {
      in_order.put(place, job(place, worker));
      ++done;
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kCancelled) throw;
    }
  };
  try {
    parallel_for(count, threads, cancel, body);
  } catch (...) {
    in_order.flush();
    throw;
  }
  in_order.flush();
  return done == count;
}

}  // namespace ripple
