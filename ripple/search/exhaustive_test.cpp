#include "ripple/search/exhaustive.h"

#include <algorithm>
#include <set>
#include <tuple>

#include <gtest/gtest.h>

#include "ripple/base/error.h"
#include "tests/expect_error.h"

namespace ripple {
namespace {

using Key = std::tuple<int, int, int, int, int>;

Key key(const PixelEdit& edit) {
  return {edit.x, edit.y, edit.r, edit.g, edit.b};
}

/// Every batch until the search ends; `loss` of a candidate is what it learns.
template <typename Loss>
std::vector<CandidateBatch> run(ExhaustiveSearch& search, const Loss& loss) {
  std::vector<CandidateBatch> batches;
  while (true) {
    CandidateBatch batch;
    search.propose(batch);
    if (batch.edits.empty()) return batches;
    std::vector<float> losses;
    for (int i = 0; i < batch.size(); ++i) losses.push_back(loss(batch.candidate(i)));
    search.observe(losses);
    batches.push_back(std::move(batch));
  }
}

constexpr auto kNoLoss = [](std::span<const PixelEdit>) { return 1.0f; };

TEST(Exhaustive, ProposesEachPixelAtEachCornerOnceAndEnds) {
  ExhaustiveSearch search({.batch = 30}, 7, 5, Rng{1});
  std::set<Key> seen;
  const auto batches = run(search, kNoLoss);
  for (std::size_t b = 0; b < batches.size(); ++b) {
    EXPECT_EQ(batches[b].size(), b + 1 < batches.size() ? 24 : 16);  // 35 pixels, 3 a batch
    check_edits(batches[b].edits, 7, 5);
    for (int i = 0; i < batches[b].size(); ++i) {
      const PixelEdit& edit = batches[b].edits[static_cast<std::size_t>(i)];
      const PixelEdit& first = batches[b].edits[static_cast<std::size_t>(i / 8 * 8)];
      EXPECT_TRUE(edit.x == first.x && edit.y == first.y) << "a pixel's corners lie apart";
      for (const int value : {edit.r, edit.g, edit.b}) EXPECT_TRUE(value == 0 || value == 255);
      EXPECT_TRUE(seen.insert(key(edit)).second);
    }
  }
  EXPECT_EQ(seen.size(), 35u * 8);
  CandidateBatch after;
  search.propose(after);
  EXPECT_EQ(after.size(), 0);
}

TEST(Exhaustive, OrderIsDrawnFromTheStream) {
  const auto order = [](std::uint64_t seed) {
    ExhaustiveSearch search({}, 9, 4, Rng{seed});
    return run(search, kNoLoss).at(0).edits;
  };
  EXPECT_EQ(order(1), order(1));
  EXPECT_NE(order(1), order(2));
  std::vector<Key> raster;
  for (int pixel = 0; pixel < 36; ++pixel) {
    for (const PixelEdit& edit : corner_edits(pixel % 9, pixel / 9)) raster.push_back(key(edit));
  }
  std::vector<Key> drawn;
  for (const PixelEdit& edit : order(1)) drawn.push_back(key(edit));
  EXPECT_NE(drawn, raster);
  std::sort(drawn.begin(), drawn.end());
  std::sort(raster.begin(), raster.end());
  EXPECT_EQ(drawn, raster);
}

TEST(Exhaustive, GreedyKeepsTheBestEditsAndTriesAllOthersBesideThem) {
  // Red at (2, 1) is best alone; beside it green at (0, 3), then black at (4, 0).
  const auto loss = [](std::span<const PixelEdit> edits) {
    float sum = 0.0f;
    std::set<std::pair<int, int>> places;
    for (const PixelEdit& edit : edits) {
      if (!places.insert({edit.x, edit.y}).second) continue;
      if (key(edit) == Key{2, 1, 255, 0, 0}) sum -= 4.0f;
      if (key(edit) == Key{0, 3, 0, 255, 0}) sum -= 2.0f;
      if (key(edit) == Key{4, 0, 0, 0, 0}) sum -= 1.0f;
    }
    return sum;
  };
  ExhaustiveSearch search({.pixels = 3, .batch = 16}, 5, 4, Rng{3});
  std::vector<std::size_t> of_round(4, 0);
  float lowest = 0.0f;
  for (const CandidateBatch& batch : run(search, loss)) {
    EXPECT_EQ(batch.edits_per_candidate, 3);
    for (int i = 0; i < batch.size(); ++i) {
      const auto edits = batch.candidate(i);
      std::set<std::pair<int, int>> places;
      for (const PixelEdit& edit : edits) places.insert({edit.x, edit.y});
      ++of_round.at(places.size());
      EXPECT_TRUE(places.size() < 2 || key(edits[0]) == Key(2, 1, 255, 0, 0));
      EXPECT_TRUE(places.size() < 3 || key(edits[1]) == Key(0, 3, 0, 255, 0));
      lowest = std::min(lowest, loss(edits));
    }
  }
  EXPECT_EQ(of_round, (std::vector<std::size_t>{0, 160, 152, 144}));
  EXPECT_EQ(lowest, -7.0f);
}

TEST(Exhaustive, RefusesWhatItCannotCover) {
  expect_error([] { ExhaustiveSearch({.batch = 7}, 5, 5, Rng{1}); }, ErrorCode::kBadArgument,
               {"population", "8 corners"});
  expect_error([] { ExhaustiveSearch({.pixels = 5}, 2, 2, Rng{1}); }, ErrorCode::kBadArgument,
               {"pixels", "2x2"});
  expect_error([] { ExhaustiveSearch({.pixels = 6}, 9, 9, Rng{1}); }, ErrorCode::kBadArgument,
               {"pixels"});
}

}  // namespace
}  // namespace ripple
