#include "ripple/eval/dense/training_set.h"

#include <gtest/gtest.h>

#include "tests/expect_error.h"
#include "tests/list_dataset.h"

namespace ripple {
namespace {

const PixelNormalizer kPlain({{0, 0, 0}, {1, 1, 1}});

/// The red plane that the only image of the set becomes.
std::vector<float> red(const Image& image, const Augmentation& augmentation) {
  const ListDataset data({{image, 0, "a"}}, {});
  const TrainingSet set(data, image.width, image.height, 2, true, 1, nullptr);
  std::vector<float> out(image.pixels.size());
  set.write(0, kPlain, augmentation, out.data());
  out.resize(out.size() / 3);
  return out;
}

TEST(TrainingSet, FlipsAndMoves) {
  Image image = make_image(3, 2);
  for (int i = 0; i < 6; ++i) image.at(i % 3, i / 3)[0] = static_cast<std::uint8_t>(i + 1);
  EXPECT_EQ(red(image, {}), (std::vector<float>{1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(red(image, {true, 0, 0}), (std::vector<float>{3, 2, 1, 6, 5, 4}));
  EXPECT_EQ(red(image, {false, 1, 0}), (std::vector<float>{0, 1, 2, 0, 4, 5}));
  EXPECT_EQ(red(image, {false, -2, 1}), (std::vector<float>{0, 0, 0, 3, 0, 0}));
  EXPECT_EQ(red(image, {true, 1, 0}), (std::vector<float>{0, 3, 2, 0, 6, 5}));
}

TEST(TrainingSet, AugmentationStaysInRangeAndReachesItsEnds) {
  Rng rng({1});
  int flips = 0;
  std::array<int, 7> moves{};
  for (int i = 0; i < 2000; ++i) {
    const Augmentation a = draw_augmentation(rng, true, 3);
    flips += a.flip;
    ASSERT_LE(std::abs(a.right), 3);
    ASSERT_LE(std::abs(a.down), 3);
    ++moves[std::size_t(a.right + 3)];
  }
  EXPECT_NEAR(flips, 1000, 120);
  for (const int count : moves) EXPECT_NEAR(count, 2000 / 7, 80);
  for (int i = 0; i < 50; ++i) {
    const Augmentation a = draw_augmentation(rng, false, 0);
    EXPECT_FALSE(a.flip || a.right != 0 || a.down != 0);
  }
}

TEST(TrainingSet, StatisticsOfAllPixels) {
  const ListDataset data(
      {{make_image(1, 2, 10, 0, 7), 0, "a"}, {make_image(1, 2, 30, 0, 7), 1, "b"}}, {});
  const Preprocessing got = TrainingSet(data, 1, 2, 2, true, 1, nullptr).statistics();
  EXPECT_EQ(got.mean, (std::vector<float>{20, 0, 7}));
  EXPECT_EQ(got.std, (std::vector<float>{10, 1, 1}));
}

TEST(TrainingSet, ImagesInCommon) {
  const auto set_of = [](std::vector<int> greys) {
    std::vector<Sample> samples;
    for (const int grey : greys) {
      const auto g = static_cast<std::uint8_t>(grey);
      samples.push_back({make_image(3, 2, g, g, 1), 0, ""});
    }
    return TrainingSet(ListDataset(std::move(samples), {}), 3, 2, 1, true, 1, nullptr);
  };
  const TrainingSet all = set_of({1, 2, 3, 2});
  EXPECT_EQ(common_images(set_of({4, 5}), all).count, 0);
  const CommonImages common = common_images(set_of({4, 2, 7, 3, 2}), all);
  EXPECT_EQ(common.count, 3);
  EXPECT_EQ(common.first, 1);
  EXPECT_EQ(common.twin, 1);
}

TEST(TrainingSet, ResizesToTheNetwork) {
  const ListDataset data({{make_image(8, 8, 9, 9, 9), 0, "a"}}, {});
  const TrainingSet set(data, 3, 2, 2, true, 1, nullptr);
  std::vector<float> out(18);
  set.write(0, kPlain, {}, out.data());
  EXPECT_EQ(out, std::vector<float>(18, 9.0f));
}

TEST(TrainingSet, Refuses) {
  const Image image = make_image(2, 2);
  const auto load = [&](std::vector<Sample> samples) {
    TrainingSet(ListDataset(std::move(samples), {}), 2, 2, 3, true, 1, nullptr);
  };
  expect_error([&] { load({}); }, ErrorCode::kBadArgument, {"no images"});
  expect_error(
      [&] {
        load({{image, {}, "x.png"}});
      },
      ErrorCode::kBadArgument, {"x.png", "no label"});
  expect_error([&] { load({{image, 3, "x.png"}}); }, ErrorCode::kBadArgument, {"label 3"});
  const CancelFlag cancel{true};
  const ListDataset data({{image, 0, "x"}}, {});
  expect_error([&] { TrainingSet(data, 2, 2, 3, true, 1, &cancel); }, ErrorCode::kCancelled, {});
}

}  // namespace
}  // namespace ripple
