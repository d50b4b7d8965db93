#include "ripple/search/random_search.h"

#include <array>
#include <set>

#include <gtest/gtest.h>

#include "ripple/base/error.h"

namespace ripple {
namespace {

TEST(RandomSearch, IsUniformOverPixelsAndChannelValues) {
  RandomSearch search({.pixels = 2, .batch = 20000}, 8, 5, Rng{1});
  CandidateBatch batch;
  search.propose(batch);
  ASSERT_EQ(batch.edits_per_candidate, 2);
  ASSERT_EQ(batch.size(), 20000);
  std::array<int, 40> places{};
  std::array<std::array<int, 16>, 3> channels{};
  for (const PixelEdit& edit : batch.edits) {
    ++places.at(std::size_t(edit.y) * 8 + edit.x);
    ++channels[0].at(edit.r / 16);
    ++channels[1].at(edit.g / 16);
    ++channels[2].at(edit.b / 16);
  }
  for (const int count : places) EXPECT_NEAR(count, 1000, 5 * 32);
  for (const auto& channel : channels) {
    for (const int count : channel) EXPECT_NEAR(count, 2500, 5 * 50);
  }
}

TEST(RandomSearch, CornersAreTheEightOfTheColourCube) {
  RandomSearch search({.batch = 8000, .colours = RandomColours::kCorners}, 8, 5, Rng{2});
  CandidateBatch batch;
  search.propose(batch);
  std::array<int, 8> corners{};
  for (const PixelEdit& edit : batch.edits) {
    for (const int value : {edit.r, edit.g, edit.b}) ASSERT_TRUE(value == 0 || value == 255);
    ++corners.at((edit.r != 0) + 2 * (edit.g != 0) + 4 * (edit.b != 0));
  }
  for (const int count : corners) EXPECT_NEAR(count, 1000, 5 * 32);
}

TEST(RandomSearch, SameSeedSameLogAndBatchesDiffer) {
  RandomSearch a({}, 32, 32, Rng{3});
  RandomSearch b({}, 32, 32, Rng{3});
  CandidateBatch from_a;
  CandidateBatch from_b;
  a.propose(from_a);
  b.propose(from_b);
  EXPECT_EQ(from_a.edits, from_b.edits);
  a.observe(std::vector<float>(400, 1.0f));
  a.propose(from_a);
  EXPECT_NE(from_a.edits, from_b.edits);
}

TEST(RandomSearch, RefusesOptionsOutOfRange) {
  EXPECT_THROW(RandomSearch({.pixels = 6}, 8, 8, Rng{1}), Error);
  EXPECT_THROW(RandomSearch({.batch = 0}, 8, 8, Rng{1}), Error);
  EXPECT_THROW(RandomSearch({}, 8, 0, Rng{1}), Error);
}

}  // namespace
}  // namespace ripple
