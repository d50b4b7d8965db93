#include "ripple/search/sparse_rs.h"

#include <array>
#include <set>

#include <gtest/gtest.h>

#include "tests/expect_error.h"

namespace ripple {
namespace {

using Place = std::pair<int, int>;

std::set<Place> places(std::span<const PixelEdit> edits) {
  std::set<Place> found;
  for (const PixelEdit& edit : edits) found.insert({edit.x, edit.y});
  return found;
}

bool has(std::span<const PixelEdit> edits, const PixelEdit& wanted) {
  return std::find(edits.begin(), edits.end(), wanted) != edits.end();
}

/// Lower the more edits lie in the left column, the lowest with red 255 there.
float loss(std::span<const PixelEdit> edits) {
  float sum = 0.0f;
  for (const PixelEdit& edit : edits) {
    sum += static_cast<float>(edit.x) - (edit.r == 255 ? 0.5f : 0.0f);
  }
  return sum;
}

TEST(SparseRs, ExchangesPixelsOfTheBestSetForOthersAtCorners) {
  for (const int batch : {1, 7}) {
    SparseRs search({.pixels = 5, .batch = batch, .budget = 2000}, 9, 6, Rng{1});
    std::vector<PixelEdit> best;
    float lowest = 0.0f;
    for (int position = 0; position < 2000; position += batch) {
      CandidateBatch out;
      search.propose(out);
      ASSERT_EQ(out.size(), batch);
      check_edits(out.edits, 9, 6);
      std::vector<float> losses;
      const std::vector<PixelEdit> before = best;
      for (int i = 0; i < batch; ++i) {
        const auto edits = out.candidate(i);
        EXPECT_EQ(places(edits).size(), 5u) << "two edits on one pixel";
        int changed = 0;
        for (const PixelEdit& edit : edits) {
          for (const int value : {edit.r, edit.g, edit.b}) EXPECT_TRUE(value == 0 || value == 255);
          if (before.empty() || has(before, edit)) continue;
          ++changed;
          EXPECT_FALSE(places(before).contains({edit.x, edit.y})) << "recoloured, not exchanged";
        }
        EXPECT_EQ(changed, before.empty() ? 0 : search.exchanged(position + i));
        losses.push_back(loss(edits));
        if (!best.empty() && !(losses.back() < lowest)) continue;
        best.assign(edits.begin(), edits.end());
        lowest = losses.back();
      }
      search.observe(losses);
    }
    EXPECT_EQ(lowest, -2.5f);  // five red pixels in a column of six
  }
}

TEST(SparseRs, TheScheduleIsThePublishedOneStretchedToTheBudget) {
  const SparseRs five({.pixels = 5, .budget = 40000}, 32, 32, Rng{1});
  EXPECT_EQ(five.exchanged(3), 4);    // iteration 0 of 10,000: 0.8 * 5
  EXPECT_EQ(five.exchanged(4), 2);    // up to iteration 50: 0.4 * 5
  EXPECT_EQ(five.exchanged(203), 2);  // iteration 50
  EXPECT_EQ(five.exchanged(204), 1);  // 0.2 * 5
  EXPECT_EQ(five.exchanged(39999), 1);
  EXPECT_EQ(five.exchanged(90000), 1);
  const SparseRs one({.pixels = 1}, 32, 32, Rng{1});
  EXPECT_EQ(one.exchanged(0), 1);
  // No more than there are pixels outside the set.
  EXPECT_EQ(SparseRs({.pixels = 5}, 3, 2, Rng{1}).exchanged(1), 1);
}

TEST(SparseRs, FirstSetsAreUniformOverPixelsAndCorners) {
  std::array<int, 8> corners{};
  std::array<int, 20> pixels{};
  SparseRs search({.pixels = 3, .batch = 4000}, 5, 4, Rng{2});
  CandidateBatch out;
  search.propose(out);
  for (const PixelEdit& edit : out.edits) {
    ++corners.at((edit.r != 0) + 2 * (edit.g != 0) + 4 * (edit.b != 0));
    ++pixels.at(std::size_t(edit.y) * 5 + edit.x);
  }
  for (const int count : corners) EXPECT_NEAR(count, 1500, 5 * 39);
  for (const int count : pixels) EXPECT_NEAR(count, 600, 5 * 25);
}

TEST(SparseRs, SameSeedSameLog) {
  const auto log = [](std::uint64_t seed) {
    SparseRs search({.pixels = 2, .batch = 3}, 8, 8, Rng{seed});
    std::vector<PixelEdit> all;
    for (int i = 0; i < 20; ++i) {
      CandidateBatch out;
      search.propose(out);
      all.insert(all.end(), out.edits.begin(), out.edits.end());
      std::vector<float> losses;
      for (int k = 0; k < 3; ++k) losses.push_back(loss(out.candidate(k)));
      search.observe(losses);
    }
    return all;
  };
  EXPECT_EQ(log(1), log(1));
  EXPECT_NE(log(1), log(2));
}

TEST(SparseRs, RefusesOptionsOutOfRange) {
  const auto refused = [](const SparseRsOptions& options, int width, const char* word) {
    expect_error([&] { SparseRs(options, width, 1, Rng{1}); }, ErrorCode::kBadArgument, {word});
  };
  refused({.pixels = 0}, 9, "pixels");
  refused({.pixels = 5}, 5, "pixels");
  refused({.batch = 0}, 9, "population");
  refused({.budget = 0}, 9, "budget");
  refused({.alpha = 0.0}, 9, "alpha");
  refused({.alpha = 1.5}, 9, "alpha");
}

}  // namespace
}  // namespace ripple
