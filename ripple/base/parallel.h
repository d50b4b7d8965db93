#pragma once

#include <atomic>
#include <cstdint>
#include <functional>

namespace ripple {

/// Asks running work to stop at its next safe point; set from a signal handler or another thread.
using CancelFlag = std::atomic<bool>;

/// Number of threads for `requested` (0 = one per core this process may run on); at least 1.
int thread_count(int requested);

/// Calls body(index, worker) once for every index in [0, count), on up to `threads` threads; worker
/// is in [0, threads) and no two calls with the same worker overlap, so that it can choose
/// per-thread state. Indices are handed out in ascending order, one at a time: right for bodies of
/// milliseconds and more.
///
/// Errors: the exception of the lowest failing index is thrown again here after all threads have
/// stopped; no new index is started after a failure. `cancel` (may be null) also stops new indices.
void parallel_for(std::int64_t count, int threads, const CancelFlag* cancel,
                  const std::function<void(std::int64_t index, int worker)>& body);

}  // namespace ripple
