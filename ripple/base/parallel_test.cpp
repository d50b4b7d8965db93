#include "ripple/base/parallel.h"

#include <stdexcept>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace ripple {
namespace {

TEST(Parallel, VisitsEveryIndexOnce) {
  for (const int threads : {1, 2, 7}) {
    std::vector<std::atomic<int>> visits(100);
    parallel_for(100, threads, nullptr, [&](std::int64_t index, int) { ++visits[index]; });
    for (const auto& count : visits) EXPECT_EQ(count, 1);
  }
}

TEST(Parallel, NoWorkerIsUsedByTwoCallsAtOnce) {
  constexpr int kThreads = 4;
  std::vector<std::atomic<int>> inside(kThreads);
  std::atomic<bool> overlap{false};
  parallel_for(200, kThreads, nullptr, [&](std::int64_t, int worker) {
    if (++inside.at(worker) != 1) overlap = true;
    --inside.at(worker);
  });
  EXPECT_FALSE(overlap);
}

TEST(Parallel, ThrowsWhatTheBodyThrew) {
  for (const int threads : {1, 3}) {
    try {
      parallel_for(50, threads, nullptr, [](std::int64_t index, int) {
        if (index == 5) throw std::runtime_error("index " + std::to_string(index));
      });
      FAIL();
    } catch (const std::runtime_error& error) {
      EXPECT_STREQ(error.what(), "index 5");
    }
  }
}

TEST(Parallel, StopsWhenCancelled) {
  CancelFlag cancel{false};
  std::atomic<int> calls{0};
  parallel_for(1000, 2, &cancel, [&](std::int64_t, int) {
    if (++calls == 10) cancel = true;
  });
  EXPECT_LT(calls, 20);
}

TEST(Parallel, NothingToDoIsFine) {
  parallel_for(0, 2, nullptr, [](std::int64_t, int) { FAIL(); });
}

TEST(Parallel, CountsAtLeastOneThread) {
  EXPECT_GE(thread_count(0), 1);
  EXPECT_EQ(thread_count(3), 3);
}

}  // namespace
}  // namespace ripple
