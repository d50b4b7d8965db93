#include "ripple/image/outline.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <span>

namespace ripple {
namespace {

double length(double x, double y) {
  return std::sqrt(x * x + y * y);
}

double squared(Point a, Point b) {
  return (a.x - b.x) * (a.x - b.x) + (a.y - b.y) * (a.y - b.y);
}

/// cos and sin of multiples of 18 degrees, so that no library function's last bit matters.
constexpr std::array<Point, 20> kCircle{{{1.0, 0.0},
                                         {0.9510565162951535, 0.3090169943749474},
                                         {0.8090169943749475, 0.5877852522924731},
                                         {0.5877852522924731, 0.8090169943749475},
                                         {0.3090169943749474, 0.9510565162951535},
                                         {0.0, 1.0},
                                         {-0.3090169943749474, 0.9510565162951535},
                                         {-0.5877852522924731, 0.8090169943749475},
                                         {-0.8090169943749475, 0.5877852522924731},
                                         {-0.9510565162951535, 0.3090169943749474},
                                         {-1.0, 0.0},
                                         {-0.9510565162951535, -0.3090169943749474},
                                         {-0.8090169943749475, -0.5877852522924731},
                                         {-0.5877852522924731, -0.8090169943749475},
                                         {-0.3090169943749474, -0.9510565162951535},
                                         {0.0, -1.0},
                                         {0.3090169943749474, -0.9510565162951535},
                                         {0.5877852522924731, -0.8090169943749475},
                                         {0.8090169943749475, -0.5877852522924731},
                                         {0.9510565162951535, -0.3090169943749474}}};

/// Signed distance to a closed polygon: the nearest edge, inside where a ray crosses an odd number.
double polygon_distance(std::span<const Point> corners, Point point) {
  double nearest = segment_distance(point, corners.back(), corners.front());
  bool inside = false;
  for (std::size_t i = 0, j = corners.size() - 1; i < corners.size(); j = i++) {
    const Point a = corners[i];
    const Point b = corners[j];
    nearest = std::min(nearest, segment_distance(point, a, b));
    if ((a.y > point.y) != (b.y > point.y) &&
        point.x < a.x + (point.y - a.y) / (b.y - a.y) * (b.x - a.x)) {
      inside = !inside;
    }
  }
  return inside ? -nearest : nearest;
}

double box_distance(Point point, double half_width, double half_height) {
  const double dx = std::abs(point.x) - half_width;
  const double dy = std::abs(point.y) - half_height;
  return length(std::max(dx, 0.0), std::max(dy, 0.0)) + std::min(std::max(dx, dy), 0.0);
}

double star_distance(double waist, Point point) {
  std::array<Point, 10> corners;
  for (std::size_t i = 0; i < corners.size(); ++i) {
    const double radius = i % 2 == 0 ? 1.0 : waist;
    corners[i] = {radius * kCircle[2 * i].x, radius * kCircle[2 * i].y};
  }
  return polygon_distance(corners, point);
}

double heart_distance(Point point) {
  constexpr double kHeight = 0.52;  // of the middle above the tip
  constexpr double kScale = 0.68;   // a heart of width 2
  const double x = std::abs(point.x) * kScale;
  const double y = -point.y * kScale + kHeight;
  if (x + y > 1.0) {
    constexpr double kLobe = 0.35355339059327379;
    return (std::sqrt(squared({x, y}, {0.25, 0.75})) - kLobe) / kScale;
  }
  const double along = 0.5 * std::max(x + y, 0.0);
  const double nearest =
      std::sqrt(std::min(squared({x, y}, {0.0, 1.0}), squared({x, y}, {along, along})));
  return (x > y ? nearest : -nearest) / kScale;
}

double arrow_distance(double shaft, Point point) {
  const std::array<Point, 7> corners{{{1.0, 0.0},
                                      {0.15, 0.75},
                                      {0.15, shaft},
                                      {-0.95, shaft},
                                      {-0.95, -shaft},
                                      {0.15, -shaft},
                                      {0.15, -0.75}}};
  return polygon_distance(corners, point);
}

}  // namespace

double segment_distance(Point point, Point from, Point to) {
  const double dx = to.x - from.x;
  const double dy = to.y - from.y;
  const double square = dx * dx + dy * dy;
  const double along =
      square > 0.0 ? ((point.x - from.x) * dx + (point.y - from.y) * dy) / square : 0.0;
  const double place = std::clamp(along, 0.0, 1.0);
  return length(point.x - from.x - place * dx, point.y - from.y - place * dy);
}

double outline_distance(OutlineKind kind, double thickness, Point point) {
  constexpr double kHalfRoot3 = 0.86602540378443865;
  constexpr std::array<Point, 3> kTriangle{{{1.0, 0.0}, {-0.5, kHalfRoot3}, {-0.5, -kHalfRoot3}}};
  constexpr std::array<Point, 6> kHexagon{{{1.0, 0.0},
                                           {0.5, kHalfRoot3},
                                           {-0.5, kHalfRoot3},
                                           {-1.0, 0.0},
                                           {-0.5, -kHalfRoot3},
                                           {0.5, -kHalfRoot3}}};
  const double radius = length(point.x, point.y);
  switch (kind) {
    case OutlineKind::kDisk:
      return radius - 0.9;
    case OutlineKind::kSquare:
      return box_distance(point, 0.75, 0.75);
    case OutlineKind::kTriangle:
      return polygon_distance(kTriangle, point);
    case OutlineKind::kStar:
      return star_distance(0.36 + 0.14 * thickness, point);
    case OutlineKind::kCross: {
      const double arm = 0.22 + 0.14 * thickness;
      return std::min(box_distance(point, 0.95, arm), box_distance(point, arm, 0.95));
    }
    case OutlineKind::kRing: {
      const double half = 0.12 + 0.13 * thickness;
      return std::abs(radius - (0.95 - half)) - half;
    }
    case OutlineKind::kCrescent: {
      const double bite = length(point.x - (0.42 + 0.22 * thickness), point.y);
      return std::max(radius - 0.95, 0.78 - bite);
    }
    case OutlineKind::kHeart:
      return heart_distance(point);
    case OutlineKind::kArrow:
      return arrow_distance(0.18 + 0.14 * thickness, point);
    case OutlineKind::kHexagon:
      return polygon_distance(kHexagon, point);
  }
  return radius;
}

}  // namespace ripple
