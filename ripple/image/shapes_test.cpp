#include "ripple/image/shapes.h"

#include <algorithm>
#include <set>

#include <gtest/gtest.h>

#include "ripple/base/hash.h"
#include "tests/expect_error.h"

namespace ripple {
namespace {

TEST(Shapes, AreTheSameBytesOnEveryMachine) {
  std::vector<std::uint8_t> bytes;
  for (int i = 0; i < 50; ++i) {
    const Sample sample = draw_shapes(1, i);
    bytes.insert(bytes.end(), sample.image.pixels.begin(), sample.image.pixels.end());
    bytes.insert(bytes.end(), sample.mask->inside.begin(), sample.mask->inside.end());
    bytes.push_back(static_cast<std::uint8_t>(*sample.label));
  }
  // The bundled networks were trained on these scenes: a change here means to train them again.
  EXPECT_EQ(sha256_hex(bytes), "0c2649b5414a76405071b8b6846824abedafdee2dfdc25370409576881c9cbd6");
}

TEST(Shapes, DependOnSeedAndIndexOnly) {
  const auto few = open_shapes(5, 9);
  const auto many = open_shapes(500, 9);
  EXPECT_EQ(many->sample(4).image, few->sample(4).image);
  EXPECT_EQ(few->sample(3).image, few->sample(3).image);
  EXPECT_NE(few->sample(3).image, few->sample(4).image);
  EXPECT_NE(open_shapes(5, 10)->sample(3).image, few->sample(3).image);
}

TEST(Shapes, ShowEveryClassOnceInTenInADrawnOrder) {
  std::set<std::vector<int>> orders;
  for (int block = 0; block < 20; ++block) {
    std::vector<int> order;
    for (int i = 0; i < 10; ++i) order.push_back(*draw_shapes(4, 10 * block + i).label);
    EXPECT_EQ(std::set<int>(order.begin(), order.end()).size(), 10u);
    orders.insert(order);
  }
  EXPECT_EQ(orders.size(), 20u);
}

TEST(Shapes, MaskCoversAVisiblePartOfTheScene) {
  for (int i = 0; i < 500; ++i) {
    const Sample sample = draw_shapes(2, i);
    ASSERT_EQ(sample.mask->width, sample.image.width);
    ASSERT_EQ(sample.mask->inside.size(), 32u * 32u);
    const auto& inside = sample.mask->inside;
    EXPECT_EQ(
        std::count(inside.begin(), inside.end(), 0) + std::count(inside.begin(), inside.end(), 1),
        32 * 32);
    const auto count = std::count(inside.begin(), inside.end(), 1);
    EXPECT_GE(count, 20) << sample.name;
    EXPECT_LE(count, 700) << sample.name;
  }
}

TEST(Shapes, MaskedPixelsDifferInColourFromTheRest) {
  // On the average over many scenes; a mask of another scene or with swapped axes would not.
  int clear = 0;
  for (int i = 0; i < 200; ++i) {
    const Sample sample = draw_shapes(3, i);
    double sums[2][3] = {};
    double counts[2] = {};
    for (std::size_t p = 0; p < sample.mask->inside.size(); ++p) {
      const int side = sample.mask->inside[p];
      for (int c = 0; c < 3; ++c) sums[side][c] += sample.image.pixels[3 * p + c];
      counts[side] += 1.0;
    }
    double square = 0.0;
    for (int c = 0; c < 3; ++c) {
      const double difference = sums[1][c] / counts[1] - sums[0][c] / counts[0];
      square += difference * difference;
    }
    clear += square > 40.0 * 40.0;
  }
  EXPECT_GE(clear, 180);
}

TEST(Shapes, NameTheirClassesByLabel) {
  const auto dataset = open_shapes(3, 1);
  EXPECT_EQ(dataset->class_names().size(), 10u);
  EXPECT_EQ(dataset->class_names()[7], "heart");
  EXPECT_EQ(dataset->description(), "shapes:3:1");
  EXPECT_EQ(dataset->sample(2).name, "shapes:1:2");
}

TEST(Shapes, RefuseACountOrIndexOutOfRange) {
  expect_error([] { open_shapes(0); }, ErrorCode::kBadArgument, {"ask for 1 to 100000000"});
  expect_error([] { open_shapes(kMaxShapes + 1); }, ErrorCode::kBadArgument, {"ask for"});
  expect_error([] { open_shapes(3)->sample(3); }, ErrorCode::kBadArgument, {"no image 3"});
}

}  // namespace
}  // namespace ripple
