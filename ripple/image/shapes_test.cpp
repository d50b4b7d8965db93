#include "ripple/image/shapes.h"

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
    bytes.push_back(static_cast<std::uint8_t>(*sample.label));
  }
  // The bundled networks were trained on these scenes: a change here means to train them again.
  EXPECT_EQ(sha256_hex(bytes), "6607a09ba68ce612ed9797ca0be6ead3a6cfbac80fb67371a8c9e0e93460eca0");
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
