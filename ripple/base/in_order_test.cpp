#include "ripple/base/in_order.h"

#include <chrono>
#include <stdexcept>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace ripple {
namespace {

TEST(InOrder, HandsOverInTheOrderOfPlaces) {
  std::vector<int> got;
  const std::function<void(const int&)> keep = [&](const int& value) { got.push_back(value); };
  InOrder<int> in_order(keep);
  in_order.put(2, 12);
  in_order.put(1, std::nullopt);  // a job without a result holds nobody up
  EXPECT_TRUE(got.empty());
  in_order.put(0, 10);
  EXPECT_EQ(got, (std::vector{10, 12}));
  in_order.put(4, 14);
  EXPECT_EQ(got.size(), 2u);
  in_order.flush();  // job 3 will not come
  EXPECT_EQ(got, (std::vector{10, 12, 14}));
}

TEST(InOrder, HandsNothingOverAfterAFailure) {
  int calls = 0;
  const std::function<void(const int&)> fail = [&](const int&) {
    ++calls;
    throw std::runtime_error("full");
  };
  InOrder<int> in_order(fail);
  EXPECT_THROW(in_order.put(0, 1), std::runtime_error);
  in_order.put(1, 2);
  in_order.flush();
  EXPECT_EQ(calls, 1);
}

TEST(InOrder, ParallelJobsKeepTheirOrder) {
  std::vector<std::int64_t> got;
  const bool whole = parallel_in_order<std::int64_t>(
      40, 4, nullptr,
      [](std::int64_t place, int) -> std::optional<std::int64_t> {
        std::this_thread::sleep_for(std::chrono::microseconds(place % 3 * 200));
        if (place % 5 == 0) return std::nullopt;
        return place;
      },
      [&](const std::int64_t& place) { got.push_back(place); });
  EXPECT_TRUE(whole);
  ASSERT_EQ(got.size(), 32u);
  for (std::size_t i = 1; i < got.size(); ++i) EXPECT_LT(got[i - 1], got[i]);
}

TEST(InOrder, CancelledJobsLeaveWhatWasDone) {
  CancelFlag cancel{false};
  std::vector<std::int64_t> got;
  const bool whole = parallel_in_order<std::int64_t>(
      100, 2, &cancel,
      [&](std::int64_t place, int) -> std::optional<std::int64_t> {
        if (place < 10) return place;
        cancel = true;
        throw Error(ErrorCode::kCancelled, "job", "stopped");
      },
      [&](const std::int64_t& place) { got.push_back(place); });
  EXPECT_FALSE(whole);
  EXPECT_EQ(got.size(), 10u);
}

TEST(InOrder, AFailedJobEndsAllAndWhatWasDoneIsHandedOver) {
  std::vector<std::int64_t> got;
  EXPECT_THROW(parallel_in_order<std::int64_t>(
                   5, 1, nullptr,
                   [](std::int64_t place, int) -> std::optional<std::int64_t> {
                     if (place == 3) throw Error(ErrorCode::kIo, "file", "gone");
                     return place;
                   },
                   [&](const std::int64_t& place) { got.push_back(place); }),
               Error);
  EXPECT_EQ(got, (std::vector<std::int64_t>{0, 1, 2}));
}

}  // namespace
}  // namespace ripple
