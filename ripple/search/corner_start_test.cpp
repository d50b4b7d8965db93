#include "ripple/search/corner_start.h"

#include <set>

#include <gtest/gtest.h>

#include "tests/expect_error.h"

namespace ripple {
namespace {

/// Lower to the left and with green; of one or more edits the sum over different pixels.
float loss(std::span<const PixelEdit> edits) {
  float sum = 0.0f;
  std::set<std::pair<int, int>> places;
  for (const PixelEdit& edit : edits) {
    if (places.insert({edit.x, edit.y}).second) {
      sum += static_cast<float>(edit.x) - static_cast<float>(edit.g) / 1000.0f;
    }
  }
  return sum;
}

std::vector<CandidateBatch> run(const DifferentialEvolutionOptions& options, std::uint64_t seed,
                                int batches) {
  CornerStartEvolution search(options, 7, 5, Rng{seed});
  std::vector<CandidateBatch> log;
  for (int b = 0; b < batches; ++b) {
    CandidateBatch& out = log.emplace_back();
    search.propose(out);
    check_edits(out.edits, 7, 5);
    std::vector<float> losses;
    for (int i = 0; i < out.size(); ++i) losses.push_back(loss(out.candidate(i)));
    search.observe(losses);
  }
  return log;
}

TEST(CornerStart, TriesAllCornersThenStartsFromEachPixelsBest) {
  const auto log = run({.population = 40}, 1, 9);
  std::int64_t tried = 0;
  for (int b = 0; b < 7; ++b) tried += log[static_cast<std::size_t>(b)].size();
  EXPECT_EQ(tried, 7 * 5 * 8);
  const CandidateBatch& start = log[7];
  ASSERT_EQ(start.size(), 40);
  std::set<std::pair<int, int>> places;
  for (int i = 0; i < 35; ++i) {  // every pixel once, with green, from the left
    const PixelEdit& edit = start.edits[static_cast<std::size_t>(i)];
    EXPECT_EQ(edit.x, i / 5);
    EXPECT_EQ(edit.g, 255);
    places.insert({edit.x, edit.y});
  }
  EXPECT_EQ(places.size(), 35u);
  for (int i = 35; i < 40; ++i) EXPECT_EQ(start.edits[static_cast<std::size_t>(i)].x, 0);
  EXPECT_EQ(log[8].size(), 40);
  EXPECT_NE(log[8].edits, start.edits);
}

TEST(CornerStart, MembersOfSeveralEditsHaveDifferentPixels) {
  const auto log = run({.pixels = 3, .population = 16}, 1, 19);
  const CandidateBatch& start = log[18];  // 35 pixels, 2 a batch
  ASSERT_EQ(start.size(), 16);
  ASSERT_EQ(start.edits_per_candidate, 3);
  for (int i = 0; i < start.size(); ++i) {
    std::set<std::pair<int, int>> places;
    for (const PixelEdit& edit : start.candidate(i)) {
      places.insert({edit.x, edit.y});
      EXPECT_EQ(edit.g, 255);
      EXPECT_LE(edit.x, 3);  // the best 16 pixels
    }
    EXPECT_EQ(places.size(), 3u);
  }
}

TEST(CornerStart, SameSeedSameLog) {
  const auto edits = [](std::uint64_t seed) {
    std::vector<PixelEdit> all;
    for (const CandidateBatch& batch : run({.pixels = 2, .population = 24}, seed, 20)) {
      all.insert(all.end(), batch.edits.begin(), batch.edits.end());
    }
    return all;
  };
  EXPECT_EQ(edits(1), edits(1));
  EXPECT_NE(edits(1), edits(2));
}

TEST(CornerStart, RefusesWhatItsPartsRefuse) {
  expect_error([] { CornerStartEvolution({.population = 7}, 9, 9, Rng{1}); },
               ErrorCode::kBadArgument, {"population"});
  expect_error([] { CornerStartEvolution({.pixels = 5}, 2, 2, Rng{1}); }, ErrorCode::kBadArgument,
               {"pixels"});
}

}  // namespace
}  // namespace ripple
