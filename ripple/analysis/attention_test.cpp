#include "ripple/analysis/attention.h"

#include <cmath>

#include <gtest/gtest.h>

#include "tests/expect_error.h"

namespace ripple {
namespace {

const std::vector<PixelEdit> kCorner{{0, 0, 1, 2, 3}};

TEST(Attention, SharesNearAPixelByHand) {
  Tensor clean = filled<float>({8, 8}, 1.0f);
  Tensor after = clean;
  after.data[0] = 9.0f;  // the corner pixel now has 9 of 72
  const AttentionChange change = compare_attention(clean, after, kCorner, 8, 8);
  EXPECT_DOUBLE_EQ(change.near_before[0], 3.0 / 64);  // itself and two neighbours
  EXPECT_DOUBLE_EQ(change.near_before[1], 6.0 / 64);  // and (2,0), (0,2), (1,1)
  EXPECT_DOUBLE_EQ(change.near_after[0], 11.0 / 72);
  EXPECT_NEAR(change.entropy_before, 1.0, 1e-12);
  EXPECT_LT(change.entropy_after, 1.0);
  EXPECT_NEAR(change.total_variation, 9.0 / 72 - 1.0 / 64, 1e-12);
  EXPECT_NEAR(change.mass_change, 8.0 / 136, 1e-12);
  EXPECT_NEAR(change.centre_shift, std::sqrt(2.0) * (4.0 - (4.0 * 64 + 0.5 * 8) / 72), 1e-9);
}

TEST(Attention, IsRectifiedBeforeItIsEnlarged) {
  const Tensor one{{3, 3}, {-10, -10, -10, -10, 1, -10, -10, -10, -10}};
  const Tensor rectified{{3, 3}, {0, 0, 0, 0, 1, 0, 0, 0, 0}};
  const std::vector<PixelEdit> middle{{4, 4, 1, 2, 3}};
  const AttentionChange change = compare_attention(one, rectified, middle, 9, 9);
  EXPECT_EQ(change.near_before, change.near_after);
  // Bilinear weights of a cell of 3 pixels: 1, 2/3 and 1/3 at 0, 1 and 2 pixels from its middle.
  EXPECT_NEAR(change.near_before[0], (1.0 + 4 * 2.0 / 3) / 9, 1e-6);
}

TEST(Attention, OfTheSameMapNothingMoves) {
  Tensor map{{2, 5}, {1, -2, 3, 4, -5, 6, 7, 8, 9, 10}};
  const AttentionChange change = compare_attention(map, map, kCorner, 4, 10);
  EXPECT_EQ(change.total_variation, 0.0);
  EXPECT_EQ(change.centre_shift, 0.0);
  EXPECT_EQ(change.mass_change, 0.0);
  EXPECT_EQ(change.top_overlap, 1.0);
  EXPECT_DOUBLE_EQ(change.rank_correlation, 1.0);
  EXPECT_EQ(change.near_before, change.near_after);
}

TEST(Attention, AMapWithoutAttentionHasNoShares) {
  const Tensor none = filled<float>({2, 2}, -1.0f);
  const Tensor some{{2, 2}, {1, 2, -3, 0}};
  const AttentionChange change = compare_attention(some, none, kCorner, 2, 2);
  EXPECT_EQ(change.mass_change, -1.0);
  EXPECT_TRUE(std::isnan(change.near_after[2]));
  EXPECT_TRUE(std::isnan(change.total_variation));
  EXPECT_TRUE(std::isnan(change.centre_shift));
  EXPECT_DOUBLE_EQ(change.near_before[2], 1.0);
  EXPECT_TRUE(std::isnan(compare_attention(some, some, {}, 2, 2).near_before[0]));
  expect_error(
      [&] {
        compare_attention(some, {{1, 4}, {1, 2, 3, 4}}, kCorner, 2, 2);
      },
      ErrorCode::kBadArgument, {"2x2", "1x4"});
}

TEST(Attention, TopCellsAndRanks) {
  Tensor a = filled<float>({4, 5}, 0.0f);
  for (std::size_t i = 0; i < 20; ++i) a.data[i] = static_cast<float>(i);
  Tensor b = a;
  std::swap(b.data[18], b.data[0]);  // one of the two largest goes
  const AttentionChange change = compare_attention(a, b, kCorner, 4, 5);
  EXPECT_DOUBLE_EQ(change.top_overlap, 0.5);
  EXPECT_LT(change.rank_correlation, 1.0);
}

TEST(Attention, TheRuleOfCallingAndDiverting) {
  EXPECT_EQ(attraction(0.02, 0.03), Attraction::kCalls);
  EXPECT_EQ(attraction(0.03, 0.02), Attraction::kDiverts);
  EXPECT_EQ(attraction(0.02, 0.0299), Attraction::kNeither);  // under 1.5 times
  EXPECT_EQ(attraction(0.001, 0.004), Attraction::kNeither);  // under half a point
  EXPECT_EQ(attraction(0.004, 0.001), Attraction::kNeither);
  EXPECT_EQ(attraction(std::nan(""), 0.5), Attraction::kNeither);
}

TEST(Attention, DifferencesOfMaps) {
  const Tensor a{{2, 1, 2}, {1, 2, 3, 4}};
  const Tensor b{{2, 1, 2}, {0, 2, 5, 4}};
  EXPECT_EQ(largest_difference(a, b), (Tensor{{1, 2}, {2, 0}}));
  EXPECT_EQ(absolute_difference(a, b), (Tensor{{2, 1, 2}, {1, 0, 2, 0}}));
}

}  // namespace
}  // namespace ripple
