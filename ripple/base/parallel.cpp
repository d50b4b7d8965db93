#include "ripple/base/parallel.h"

#include <algorithm>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#include <sched.h>

namespace ripple {

int thread_count(int requested) {
  if (requested > 0) return requested;
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  if (sched_getaffinity(0, sizeof allowed, &allowed) == 0) return std::max(1, CPU_COUNT(&allowed));
  return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

void parallel_for(std::int64_t count, int threads, const CancelFlag* cancel,
                  const std::function<void(std::int64_t index, int worker)>& body) {
  std::atomic<std::int64_t> next{0};
  std::atomic<bool> failed{false};
  std::mutex mutex;
  std::exception_ptr error;
  std::int64_t error_index = count;

  const auto work = [&](int worker) {
    while (!failed.load() && !(cancel != nullptr && cancel->load())) {
      const std::int64_t index = next.fetch_add(1);
      if (index >= count) return;
      try {
        body(index, worker);
      } catch (...) {
        const std::lock_guard lock(mutex);
        failed.store(true);
        if (index < error_index) {
          error_index = index;
          error = std::current_exception();
        }
      }
    }
  };

  const int workers = static_cast<int>(std::min<std::int64_t>(std::max(1, threads), count));
  std::vector<std::jthread> pool;
  pool.reserve(static_cast<std::size_t>(std::max(0, workers - 1)));
  for (int worker = 1; worker < workers; ++worker) pool.emplace_back(work, worker);
  if (count > 0) work(0);
  pool.clear();  // joins
  if (error) std::rethrow_exception(error);
}

}  // namespace ripple
