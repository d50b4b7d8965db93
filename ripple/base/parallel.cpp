#include "ripple/base/parallel.h"

#include <algorithm>
#include <thread>

#include <sched.h>

#include "ripple/base/thread_team.h"

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
  const auto most = std::min<std::int64_t>(std::max(1, threads), std::max<std::int64_t>(1, count));
  ThreadTeam(static_cast<int>(most)).run(count, cancel, body);
}

}  // namespace ripple
