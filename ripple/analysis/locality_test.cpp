#include "ripple/analysis/locality.h"

#include <cmath>

#include <gtest/gtest.h>

#include "ripple/base/error.h"
#include "tests/expect_error.h"
#include "tests/fake_evaluator.h"

namespace ripple {
namespace {

/// Class 1 as soon as some pixel of columns 3 to 5 and rows 2 to 4 is brighter than 200 in red.
std::vector<float> sees_red(const Image& image) {
  for (int y = 2; y <= 4; ++y) {
    for (int x = 3; x <= 5; ++x) {
      if (image.at(x, y)[0] > 200) return {0.0f, 1.0f};
    }
  }
  return {1.0f, 0.0f};
}

LocalityCase red_pixel(int x, int y) {
  return {.index = 7,
          .clean = make_image(9, 7, 40, 50, 60),
          .edits = {{x, y, 240, 0, 0}},
          .label = 0,
          .target = std::nullopt};
}

TEST(Locality, CountsTheNeighboursInsideTheImage) {
  FakeEvaluator network(2, sees_red);
  // The centre of the field: all eight neighbours are in it.
  LocalityResult result = locality(red_pixel(4, 3), {}, network);
  EXPECT_TRUE(result.original);
  EXPECT_EQ(result.neighbours, 8);
  EXPECT_EQ(result.neighbour_successes, 8);
  EXPECT_EQ(result.nearby, true);
  EXPECT_TRUE(result.moved.empty());
  // Its corner: (4, 2), (3, 3) and (4, 3) are.
  result = locality(red_pixel(3, 2), {}, network);
  EXPECT_EQ(result.neighbours, 8);
  EXPECT_EQ(result.neighbour_successes, 3);
  // A corner of the image has three neighbours.
  result = locality(red_pixel(0, 0), {}, network);
  EXPECT_FALSE(result.original);
  EXPECT_EQ(result.neighbours, 3);
  EXPECT_EQ(result.neighbour_successes, 0);
}

TEST(Locality, EveryPixelIsTriedOnceAndByOffset) {
  FakeEvaluator network(2, sees_red);
  const LocalityResult result = locality(red_pixel(3, 2), {.every_pixel = true}, network);
  ASSERT_EQ(result.moved.size(), 9u * 7u - 1u);
  for (const MovedOutcome& moved : result.moved) {
    const int x = 3 + moved.offset.dx, y = 2 + moved.offset.dy;
    EXPECT_EQ(moved.success, x >= 3 && x <= 5 && y >= 2 && y <= 4) << x << ' ' << y;
  }
  LocalityTotals totals(9, 7);
  totals.add(result);
  EXPECT_EQ(totals.every_pixel.trials(), 62);
  EXPECT_EQ(totals.every_pixel.successes(), 8);
  EXPECT_EQ(totals.by_distance()[1].successes(), 3);
  EXPECT_EQ(totals.by_distance()[2].successes(), 5);
  EXPECT_EQ(totals.within(2).successes(), 8);
  EXPECT_EQ(totals.within(100).trials(), 62);
  // dx = 2, dy = 0 of 17 columns and 13 rows.
  EXPECT_EQ(totals.offset_columns(), 17);
  EXPECT_EQ(totals.rate_by_offset()[6 * 17 + 8 + 2], 1.0f);
  EXPECT_EQ(totals.rate_by_offset()[6 * 17 + 8 - 1], 0.0f);
  EXPECT_TRUE(std::isnan(totals.rate_by_offset()[6 * 17 + 8]));
  EXPECT_EQ(totals.trials_by_offset()[0], 0);
}

TEST(Locality, TheSameColourOrTheSameDifference) {
  LocalityCase attack = red_pixel(4, 3);
  attack.clean.at(5, 3)[0] = 10;
  attack.clean.at(5, 3)[1] = 255;
  auto moved = move_edits(attack, {1, 0}, SamePerturbation::kColour);
  EXPECT_EQ(moved->front(), (PixelEdit{5, 3, 240, 0, 0}));
  // 40 -> 240 is +200, 50 -> 0 is -50, 60 -> 0 is -60.
  moved = move_edits(attack, {1, 0}, SamePerturbation::kDifference);
  EXPECT_EQ(moved->front(), (PixelEdit{5, 3, 210, 205, 0}));
  attack.clean.at(5, 3)[0] = 100;
  EXPECT_EQ(move_edits(attack, {1, 0}, SamePerturbation::kDifference)->front().r, 255);
  EXPECT_FALSE(move_edits(attack, {5, 0}, SamePerturbation::kColour).has_value());
  EXPECT_FALSE(move_edits(attack, {0, -4}, SamePerturbation::kColour).has_value());
}

TEST(Locality, SeveralEditsMoveTogether) {
  LocalityCase attack = red_pixel(3, 2);
  attack.edits.push_back({8, 2, 1, 2, 3});
  FakeEvaluator network(2, sees_red);
  const LocalityResult result = locality(attack, {.every_pixel = true}, network);
  // Columns 0 to 3 and 7 rows, without its own place.
  EXPECT_EQ(result.moved.size(), 4u * 7u - 1u);
  EXPECT_EQ(result.neighbours, 5);
}

TEST(Locality, ATargetIsReachedOnlyByTheTarget) {
  LocalityCase attack = red_pixel(4, 3);
  FakeEvaluator network(3, [](const Image& image) -> std::vector<float> {
    // Class 1 in the left half, class 2 in the right one.
    for (int x = 0; x < 9; ++x) {
      if (image.at(x, 3)[0] > 200) return {0.0f, x < 5 ? 1.0f : 0.0f, x < 5 ? 0.0f : 1.0f};
    }
    return {1.0f, 0.0f, 0.0f};
  });
  attack.target = 1;
  LocalityTotals totals(9, 7);
  totals.add(locality(attack, {.every_pixel = true}, network));
  EXPECT_EQ(totals.every_pixel.successes(), 4);
  attack.target.reset();
  totals = LocalityTotals(9, 7);
  totals.add(locality(attack, {.every_pixel = true}, network));
  EXPECT_EQ(totals.every_pixel.successes(), 8);
}

TEST(Locality, ChoicesDependOnSeedAndImageOnly) {
  FakeEvaluator network(2, sees_red);
  int random = 0, nearby = 0;
  constexpr int kAttacks = 600;
  for (int i = 0; i < kAttacks; ++i) {
    LocalityCase attack = red_pixel(3, 2);
    attack.index = i;
    const LocalityResult a = locality(attack, {.seed = 3}, network);
    const LocalityResult b = locality(attack, {.seed = 3, .every_pixel = true}, network);
    EXPECT_EQ(a.random, b.random);
    EXPECT_EQ(a.nearby, b.nearby);
    random += *a.random;
    nearby += *a.nearby;
  }
  // 8 of 62 places, 3 of 8 neighbours: within four standard deviations.
  EXPECT_NEAR(random, kAttacks * 8.0 / 62.0, 4 * std::sqrt(kAttacks * 0.129 * 0.871));
  EXPECT_NEAR(nearby, kAttacks * 3.0 / 8.0, 4 * std::sqrt(kAttacks * 0.375 * 0.625));
}

TEST(Locality, APixelThatIsTheWholeImageHasNoOtherPlace) {
  const LocalityCase attack{.index = 0,
                            .clean = make_image(1, 1),
                            .edits = {{0, 0, 255, 0, 0}},
                            .label = 0,
                            .target = std::nullopt};
  FakeEvaluator network(2, [](const Image&) -> std::vector<float> { return {0.0f, 1.0f}; });
  const LocalityResult result = locality(attack, {.every_pixel = true}, network);
  EXPECT_TRUE(result.original);
  EXPECT_FALSE(result.random.has_value());
  EXPECT_FALSE(result.nearby.has_value());
  EXPECT_EQ(result.neighbours, 0);
  EXPECT_THROW(parse_same_perturbation("color"), Error);
}

TEST(Locality, AnAnswerThatIsNoNumberIsNoSuccess) {
  FakeEvaluator network(2, [](const Image& image) -> std::vector<float> {
    if (image.at(4, 3)[0] == 40) return {std::nanf(""), std::nanf("")};  // once the edit left it
    return {0.0f, 1.0f};
  });
  expect_error([&] { locality(red_pixel(4, 3), {}, network); }, ErrorCode::kBadModel, {"image 7"});
}

}  // namespace
}  // namespace ripple
