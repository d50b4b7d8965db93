#pragma once

namespace ripple {

struct Point {
  double x = 0.0;
  double y = 0.0;
};

/// What `shapes` draws; the values are the labels.
enum class OutlineKind {
  kDisk,
  kSquare,
  kTriangle,
  kStar,
  kCross,
  kRing,
  kCrescent,
  kHeart,
  kArrow,
  kHexagon,
};
inline constexpr int kOutlineKinds = 10;

/// Signed distance of `point` to the outline, negative inside; close to exact near the outline,
/// which is what anti-aliasing needs. The shape lies around the origin within a circle of radius
/// about 1. `thickness` in [0, 1] widens what has a width: arms of the cross, the ring, the
/// crescent, the shaft of the arrow, the waist of the star.
///
/// Exact: additions, multiplications, divisions and square roots only, which IEEE 754 rounds alike
///        on every machine; no sine, cosine or logarithm.
/// Source: the heart after Inigo Quilez, "2D distance functions",
/// iquilezles.org/articles/distfunctions2d.
double outline_distance(OutlineKind kind, double thickness, Point point);

/// Distance of `point` to the segment from `from` to `to`.
double segment_distance(Point point, Point from, Point to);

}  // namespace ripple
