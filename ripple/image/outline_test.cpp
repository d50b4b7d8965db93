#include "ripple/image/outline.h"

#include <cmath>

#include <gtest/gtest.h>

namespace ripple {
namespace {

OutlineKind kind_of(int label) {
  return static_cast<OutlineKind>(label);
}

TEST(Outline, LiesInsideACircleOfRadiusOne) {
  for (int label = 0; label < kOutlineKinds; ++label) {
    for (int step = 0; step < 64; ++step) {
      const Point far{1.06 * std::cos(step * 0.1), 1.06 * std::sin(step * 0.1)};
      EXPECT_GT(outline_distance(kind_of(label), 1.0, far), 0.0) << label << " " << step;
    }
  }
}

TEST(Outline, EveryKindFillsAFairPartOfItsCircle) {
  for (int label = 0; label < kOutlineKinds; ++label) {
    int inside = 0;
    for (int y = -50; y <= 50; ++y) {
      for (int x = -50; x <= 50; ++x) {
        inside += outline_distance(kind_of(label), 0.5, {x / 50.0, y / 50.0}) < 0.0;
      }
    }
    EXPECT_GT(inside, 1800) << label;
    EXPECT_LT(inside, 7000) << label;
  }
}

TEST(Outline, NeverChangesFasterThanThePointMoves) {
  // A distance is 1-Lipschitz; a formula with a gap in it is not.
  for (int label = 0; label < kOutlineKinds; ++label) {
    for (int y = -30; y <= 30; ++y) {
      for (int x = -30; x <= 30; ++x) {
        const Point here{x / 20.0 + 0.001, y / 20.0};
        const double d = outline_distance(kind_of(label), 0.3, here);
        const double right = outline_distance(kind_of(label), 0.3, {here.x + 0.01, here.y});
        const double down = outline_distance(kind_of(label), 0.3, {here.x, here.y + 0.01});
        EXPECT_LE(std::abs(right - d), 0.01 + 1e-9) << label << " " << x << " " << y;
        EXPECT_LE(std::abs(down - d), 0.01 + 1e-9) << label << " " << x << " " << y;
      }
    }
  }
}

TEST(Outline, HasTheHolesAndTipsOfItsKind) {
  EXPECT_LT(outline_distance(OutlineKind::kDisk, 0.5, {0.0, 0.0}), -0.8);
  EXPECT_GT(outline_distance(OutlineKind::kRing, 0.5, {0.0, 0.0}), 0.4);
  EXPECT_GT(outline_distance(OutlineKind::kCrescent, 0.5, {0.5, 0.0}), 0.1);
  EXPECT_LT(outline_distance(OutlineKind::kCrescent, 0.5, {-0.7, 0.0}), -0.1);
  EXPECT_LT(outline_distance(OutlineKind::kArrow, 0.5, {0.9, 0.0}), 0.0);
  EXPECT_GT(outline_distance(OutlineKind::kArrow, 0.5, {-0.5, 0.5}), 0.1);
  EXPECT_GT(outline_distance(OutlineKind::kCross, 0.5, {0.7, 0.7}), 0.3);
  EXPECT_LT(outline_distance(OutlineKind::kSquare, 0.5, {0.7, 0.7}), 0.0);
  EXPECT_GT(outline_distance(OutlineKind::kHeart, 0.5, {0.0, -0.85}), 0.0);  // the notch
  EXPECT_LT(outline_distance(OutlineKind::kHeart, 0.5, {0.5, -0.5}), 0.0);
  EXPECT_GT(outline_distance(OutlineKind::kHeart, 0.5, {0.5, 0.6}), 0.0);
}

TEST(Outline, ThicknessWidensTheRing) {
  EXPECT_GT(outline_distance(OutlineKind::kRing, 0.0, {0.6, 0.0}), 0.0);
  EXPECT_LT(outline_distance(OutlineKind::kRing, 1.0, {0.6, 0.0}), 0.0);
}

TEST(Outline, MeasuresToTheEndsOfASegment) {
  EXPECT_DOUBLE_EQ(segment_distance({0, 1}, {-1, 0}, {1, 0}), 1.0);
  EXPECT_DOUBLE_EQ(segment_distance({4, 4}, {-1, 0}, {1, 0}), 5.0);
  EXPECT_DOUBLE_EQ(segment_distance({3, 4}, {0, 0}, {0, 0}), 5.0);
}

}  // namespace
}  // namespace ripple
