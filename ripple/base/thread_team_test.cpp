#include "ripple/base/thread_team.h"

#include <stdexcept>
#include <string>

#include <gtest/gtest.h>

namespace ripple {
namespace {

// What parallel_for() promises is tested there; here is what only threads that stay can break.

TEST(ThreadTeam, EveryIndexOnceLoopAfterLoop) {
  for (const int threads : {1, 2, 5}) {
    ThreadTeam team(threads);
    EXPECT_EQ(team.size(), threads);
    for (int loop = 0; loop < 2000; ++loop) {
      // Plain numbers: the caller reads what members wrote, and they the loop's own length.
      std::vector<int> visits(static_cast<std::size_t>(loop % 7));
      team.run(loop % 7, nullptr, [&](std::int64_t index, int worker) {
        EXPECT_LT(worker, threads);
        ++visits[static_cast<std::size_t>(index)];
      });
      for (const int count : visits) ASSERT_EQ(count, 1) << "loop " << loop;
    }
  }
}

TEST(ThreadTeam, MembersWorkBesideTheCaller) {
  ThreadTeam team(3);
  std::atomic<int> inside{0};
  // Each call waits for the two others: this ends only where all three workers take part.
  team.run(3, nullptr, [&](std::int64_t, int) {
    ++inside;
    while (inside.load() < 3) std::this_thread::yield();
  });
  EXPECT_EQ(inside, 3);
}

TEST(ThreadTeam, WorksOnAfterAFailure) {
  ThreadTeam team(3);
  for (int loop = 0; loop < 200; ++loop) {
    try {
      team.run(20, nullptr, [&](std::int64_t index, int) {
        if (index % 4 == 3) throw std::runtime_error("index " + std::to_string(index));
      });
      FAIL();
    } catch (const std::runtime_error& error) {
      EXPECT_STREQ(error.what(), "index 3");
    }
    std::atomic<int> calls{0};
    team.run(20, nullptr, [&](std::int64_t, int) { ++calls; });
    ASSERT_EQ(calls, 20);
  }
}

TEST(ThreadTeam, EndsWhileItsMembersAreStillWakingUp) {
  for (int i = 0; i < 200; ++i) {
    ThreadTeam team(4);
    if (i % 2 == 0) team.run(2, nullptr, [](std::int64_t, int) {});
  }
}

}  // namespace
}  // namespace ripple
