#include "ripple/image/resize.h"

#include <limits>

#include <gtest/gtest.h>

#include "tests/expect_error.h"
#include "tests/image_bytes.h"

namespace ripple {
namespace {

TEST(FitImage, KeepsTheBitsWhereTheSizeIsRight) {
  const Image image = gradient_image(17, 5);
  EXPECT_EQ(fit_image(image, 17, 5), image);
}

TEST(FitImage, KeepsOneColourInEverySize) {
  for (const auto& [width, height] : {std::pair{1, 1}, {3, 50}, {224, 10}, {31, 33}}) {
    EXPECT_EQ(fit_image(make_image(32, 20, 13, 250, 99), width, height),
              make_image(width, height, 13, 250, 99));
  }
}

TEST(FitImage, AveragesWhenItHalves) {
  // Black and white columns in turn: a filter that only looked at the nearest pixel would keep
  // them.
  Image image = make_image(16, 4);
  for (int y = 0; y < 4; ++y) {
    for (int x = 0; x < 16; x += 2) image.at(x, y)[0] = 200;
  }
  const Image half = fit_image(image, 8, 2);
  for (int x = 1; x < 7; ++x) {
    EXPECT_NEAR(half.at(x, 0)[0], 100, 1) << x;
    EXPECT_EQ(half.at(x, 0)[1], 0);
  }
}

TEST(FitImage, InterpolatesLinearlyWhenItEnlarges) {
  Image image = make_image(2, 1, 0, 0, 0);
  image.at(1, 0)[2] = 100;
  const Image wide = fit_image(image, 4, 1);
  EXPECT_EQ(wide.at(0, 0)[2], 0);
  EXPECT_EQ(wide.at(1, 0)[2], 25);
  EXPECT_EQ(wide.at(2, 0)[2], 75);
  EXPECT_EQ(wide.at(3, 0)[2], 100);
}

TEST(FitImage, KeepsColumnsAndRowsApart) {
  Image image = make_image(4, 2);
  for (int x = 0; x < 4; ++x) image.at(x, 1)[0] = 240;
  const Image tall = fit_image(image, 2, 8);
  EXPECT_EQ(tall.at(0, 0)[0], tall.at(1, 0)[0]);
  EXPECT_EQ(tall.at(0, 0)[0], 0);
  EXPECT_EQ(tall.at(1, 7)[0], 240);
}

TEST(FitImage, RefusesSizesOutOfRange) {
  for (const int side : {0, -1, 16385, std::numeric_limits<int>::max()}) {
    expect_error([&] { fit_image(make_image(2, 2), side, 2); }, ErrorCode::kBadArgument,
                 {"fit_image"});
    expect_error([&] { fit_image(make_image(2, 2), 2, side); }, ErrorCode::kBadArgument,
                 {"fit_image"});
  }
}

}  // namespace
}  // namespace ripple
