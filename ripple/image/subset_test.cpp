#include "ripple/image/subset.h"

#include <algorithm>
#include <numeric>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/expect_error.h"
#include "tests/list_dataset.h"

namespace ripple {
namespace {

using Indices = std::vector<std::int64_t>;

/// An image for each label, as red as its index; -1: without a label.
ListDataset labelled(const std::vector<int>& labels) {
  std::vector<Sample> samples;
  for (const int label : labels) {
    const auto red = static_cast<std::uint8_t>(samples.size());
    samples.push_back({make_image(1, 1, red, 0, 0),
                       label < 0 ? std::nullopt : std::optional<int>(label), std::to_string(red)});
  }
  return {std::move(samples), {"a", "b", "c"}};
}

TEST(Subset, HasTheImagesThatWereNamed) {
  const ListDataset all = labelled({0, 1, 2, 1});
  const auto some = subset_of(all, {3, 0}, "two of them");
  ASSERT_EQ(some->size(), 2);
  EXPECT_EQ(some->sample(0).name, "3");
  EXPECT_EQ(some->sample(1).name, "0");
  EXPECT_EQ(some->label(0), 1);
  EXPECT_EQ(some->label(1), 0);
  EXPECT_EQ(some->class_names(), all.class_names());
  EXPECT_EQ(some->description(), "two of them");
  expect_error([&] { some->sample(2); }, ErrorCode::kBadArgument, {"two of them"});
  expect_error([&] { some->label(-1); }, ErrorCode::kBadArgument, {"two of them"});
}

TEST(HoldOutTenth, TakesOneInTenOfEveryClass) {
  // Whole classes behind each other, as in a folder, and in turns, as in CIFAR-10's labels 0..9.
  std::vector<int> sorted(30, 0);
  std::fill(sorted.begin() + 10, sorted.end(), 1);
  EXPECT_EQ(hold_out_tenth(labelled(sorted)).held_out, (Indices{9, 19, 29}));
  std::vector<int> turns(90);
  for (std::size_t i = 0; i < turns.size(); ++i) turns[i] = static_cast<int>(i % 3);
  EXPECT_EQ(hold_out_tenth(labelled(turns)).held_out,
            (Indices{27, 28, 29, 57, 58, 59, 87, 88, 89}));
}

TEST(HoldOutTenth, KeepsOneOfEverySmallClassInBoth) {
  const HeldOut parts = hold_out_tenth(labelled({0, 0, 1, -1, 2, 2, 2, -1}));
  EXPECT_EQ(parts.held_out, (Indices{1, 6, 7}));
  EXPECT_EQ(parts.rest, (Indices{0, 2, 3, 4, 5}));
  EXPECT_THAT(hold_out_tenth(labelled({0})).held_out, testing::IsEmpty());
  EXPECT_THAT(hold_out_tenth(labelled({})).rest, testing::IsEmpty());
}

TEST(HoldOutTenth, PutsEveryImageIntoOneOfThem) {
  for (const int n : {2, 9, 10, 19, 25, 101}) {
    const HeldOut parts = hold_out_tenth(labelled(std::vector<int>(std::size_t(n), 1)));
    EXPECT_EQ(parts.held_out.size(), std::size_t(std::max(1, n / 10))) << n;
    Indices both = parts.rest;
    both.insert(both.end(), parts.held_out.begin(), parts.held_out.end());
    std::sort(both.begin(), both.end());
    Indices all(std::size_t(n), 0);
    std::iota(all.begin(), all.end(), 0);
    EXPECT_EQ(both, all) << n;
  }
}

}  // namespace
}  // namespace ripple
