#include "ripple/image/shapes.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "ripple/base/error.h"
#include "ripple/base/rng.h"
#include "ripple/image/outline.h"

namespace ripple {
namespace {

constexpr int kSide = kShapesSide;
constexpr std::size_t kPixels = std::size_t(kSide) * kSide;

/// Streams of one seed: the order of the classes, and the scenes.
enum class Stream : std::uint64_t { kOrder = 1, kScene = 2 };

struct Colour {
  double r = 0.0;
  double g = 0.0;
  double b = 0.0;
};

Colour mix(Colour a, Colour b, double share_of_b) {
  return {a.r + share_of_b * (b.r - a.r), a.g + share_of_b * (b.g - a.g),
          a.b + share_of_b * (b.b - a.b)};
}

/// Euclidean distance in 0..255 RGB, at most 442.
double distance(Colour a, Colour b) {
  const Colour d{a.r - b.r, a.g - b.g, a.b - b.b};
  return std::sqrt(d.r * d.r + d.g * d.g + d.b * d.b);
}

/// Braces, not a call, wherever several numbers are drawn: only they fix the order.
Colour draw_colour(Rng& rng) {
  return {rng.uniform(0.0, 255.0), rng.uniform(0.0, 255.0), rng.uniform(0.0, 255.0)};
}

/// A colour at least `contrast` away from `other`, which must leave room for one (221 always does).
Colour draw_contrasting(Rng& rng, Colour other, double contrast) {
  Colour colour = draw_colour(rng);
  while (distance(colour, other) < contrast) colour = draw_colour(rng);
  return colour;
}

/// A uniform direction, as a unit vector: a point of the disk drawn by rejection, so that neither
/// sine nor cosine is needed.
Point draw_direction(Rng& rng) {
  Point point;
  double square = 0.0;
  do {
    point.x = rng.uniform(-1.0, 1.0);
    point.y = rng.uniform(-1.0, 1.0);
    square = point.x * point.x + point.y * point.y;
  } while (square > 1.0 || square < 0.01);
  const double scale = 1.0 / std::sqrt(square);
  return {point.x * scale, point.y * scale};
}

/// `colour` moved towards a random one by a share in [low, high).
Colour draw_variant(Rng& rng, Colour colour, double low, double high) {
  const Colour other = draw_colour(rng);
  return mix(colour, other, rng.uniform(low, high));
}

/// A pattern over the plane with values in [0, 1], which says how to mix two colours.
class Pattern {
 public:
  explicit Pattern(Rng& rng)
      : kind_(static_cast<Kind>(rng.below(4))),
        direction_(draw_direction(rng)),
        period_(rng.uniform(4.0, 14.0)),
        shift_(rng.uniform()),
        grain_(rng.uniform(3.0, 9.0)) {
    for (double& value : lattice_) value = rng.uniform();
  }

  double at(double x, double y) const {
    const double along = (x * direction_.x + y * direction_.y) / period_ + shift_;
    const double across = (y * direction_.x - x * direction_.y) / period_;
    switch (kind_) {
      case Kind::kGradient:
        return std::clamp(0.5 + (along - shift_ - 0.5 * kSide / period_) * period_ / kSide, 0.0,
                          1.0);
      case Kind::kStripes:
        return triangle_wave(along);
      case Kind::kChecks:
        return soften(triangle_wave(along) + triangle_wave(across) - 0.5);
      case Kind::kClouds:
        break;
    }
    return clouds(x, y);
  }

 private:
  enum class Kind { kGradient, kStripes, kChecks, kClouds };
  static constexpr int kLattice = 16;

  static double soften(double value) {
    const double t = std::clamp(value, 0.0, 1.0);
    return t * t * (3.0 - 2.0 * t);
  }

  /// Rises from 0 to 1 and falls again once a unit.
  static double triangle_wave(double t) {
    const double phase = t - std::floor(t);
    return soften(phase < 0.5 ? 2.0 * phase : 2.0 - 2.0 * phase);
  }

  double lattice(int x, int y) const {
    return lattice_[std::size_t((y & (kLattice - 1)) * kLattice + (x & (kLattice - 1)))];
  }

  /// Random values at lattice points `grain_` pixels apart, smoothly joined.
  double value_noise(double x, double y) const {
    const double fx = std::floor(x);
    const double fy = std::floor(y);
    const int ix = static_cast<int>(fx);
    const int iy = static_cast<int>(fy);
    const double u = soften(x - fx);
    const double v = soften(y - fy);
    const double top = lattice(ix, iy) + u * (lattice(ix + 1, iy) - lattice(ix, iy));
    const double low = lattice(ix, iy + 1) + u * (lattice(ix + 1, iy + 1) - lattice(ix, iy + 1));
    return top + v * (low - top);
  }

  double clouds(double x, double y) const {
    const double coarse = value_noise(x / grain_, y / grain_);
    const double fine = value_noise(2.3 * x / grain_ + 7.0, 2.3 * y / grain_ + 5.0);
    return std::clamp(1.6 * (0.65 * coarse + 0.35 * fine) - 0.3, 0.0, 1.0);
  }

  Kind kind_;
  Point direction_;
  double period_;
  double shift_;
  double grain_;
  std::array<double, std::size_t(kLattice) * kLattice> lattice_{};
};

/// What is painted: two colours mixed by a pattern.
struct Paint {
  Colour first;
  Colour second;
  Pattern pattern;

  Colour at(double x, double y) const { return mix(first, second, pattern.at(x, y)); }
};

/// The scene while it is painted.
struct Canvas {
  std::array<Colour, kPixels> colours{};
};

/// Share of a pixel inside an outline at `distance` pixels from its middle.
double coverage(double distance) {
  return std::clamp(0.5 - distance, 0.0, 1.0);
}

/// Paints every pixel by cover(x, y) in [0, 1], the share of it that is hidden.
template <typename Cover, typename ColourAt>
void paint(Canvas& canvas, const Cover& cover, const ColourAt& colour_at) {
  for (int y = 0; y < kSide; ++y) {
    for (int x = 0; x < kSide; ++x) {
      const Point middle{x + 0.5, y + 0.5};
      const double hidden = cover(middle);
      if (hidden <= 0.0) continue;
      const std::size_t i = std::size_t(y) * kSide + x;
      canvas.colours[i] = mix(canvas.colours[i], colour_at(middle), hidden);
    }
  }
}

/// An outline somewhere on the canvas.
struct Placed {
  OutlineKind kind = OutlineKind::kDisk;
  Point centre;
  Point direction;       ///< of the outline's own x axis
  double radius = 1.0;   ///< pixels
  double squeeze = 1.0;  ///< height over width
  double thickness = 0.5;

  /// Pixels; the smaller scale is taken where the outline is squeezed, so that edges stay soft.
  double distance(Point point) const {
    const double dx = point.x - centre.x;
    const double dy = point.y - centre.y;
    const Point local{(dx * direction.x + dy * direction.y) / radius,
                      (dy * direction.x - dx * direction.y) / (radius * squeeze)};
    return outline_distance(kind, thickness, local) * radius * std::min(1.0, squeeze);
  }
};

/// Where the outline's own x axis points: up, but hearts stand on their tip, and crescents and
/// arrows lie to either side; all lean by up to 30 degrees.
Point draw_stance(Rng& rng, OutlineKind kind) {
  const double lean = rng.uniform(-0.58, 0.58);
  const double side = rng.below(2) == 0 ? 1.0 : -1.0;
  const double scale = 1.0 / std::sqrt(1.0 + lean * lean);
  if (kind == OutlineKind::kHeart) return {scale, lean * scale};
  const bool lies = kind == OutlineKind::kCrescent || kind == OutlineKind::kArrow;
  return lies ? Point{side * scale, lean * scale} : Point{lean * scale, -scale};
}

Placed place_object(Rng& rng, OutlineKind kind) {
  Placed object;
  object.kind = kind;
  object.radius = rng.uniform(8.5, 14.0);
  object.direction = draw_stance(rng, kind);
  object.squeeze = rng.uniform(0.8, 1.2);
  object.thickness = rng.uniform();
  const double room = 0.85 * object.radius;
  object.centre.x = rng.uniform(room, kSide - room);
  object.centre.y = rng.uniform(room, kSide - room);
  return object;
}

/// A stroke, blot or cut piece that belongs to no class.
void paint_fragment(Canvas& canvas, Rng& rng, Point from, double longest) {
  const double reach = rng.uniform(2.0, longest);
  const double opacity = rng.uniform(0.4, 1.0);
  const Colour colour = draw_colour(rng);
  const Point direction = draw_direction(rng);
  const Point to{from.x + reach * direction.x, from.y + reach * direction.y};
  const double half_width = rng.uniform(0.4, 1.6);
  if (rng.below(3) != 0) {
    paint(
        canvas,
        [&](Point p) { return opacity * coverage(segment_distance(p, from, to) - half_width); },
        [&](Point) { return colour; });
    return;
  }
  // A small outline cut along a line through it: corners and arcs without a whole shape.
  Placed piece;
  piece.kind = static_cast<OutlineKind>(rng.below(kOutlineKinds));
  piece.centre = from;
  piece.direction = direction;
  piece.radius = rng.uniform(2.0, 5.0);
  piece.thickness = rng.uniform();
  const Point cut = draw_direction(rng);
  paint(
      canvas,
      [&](Point p) {
        const double side = (p.x - from.x) * cut.x + (p.y - from.y) * cut.y;
        return opacity * coverage(std::max(piece.distance(p), side));
      },
      [&](Point) { return colour; });
}

void paint_background(Canvas& canvas, const Paint& background) {
  paint(
      canvas, [](Point) { return 1.0; }, [&](Point p) { return background.at(p.x, p.y); });
}

void paint_object(Canvas& canvas, Rng& rng, const Placed& object, Colour behind) {
  const Colour first = draw_contrasting(rng, behind, rng.uniform(80.0, 200.0));
  const Paint inside{first, draw_variant(rng, first, 0.0, 0.45), Pattern(rng)};
  const bool has_border = rng.below(4) == 0;
  const Colour border = draw_colour(rng);
  const auto cover = [&](Point p) { return coverage(object.distance(p)); };
  paint(canvas, cover, [&](Point p) {
    const double edge = has_border ? coverage(-object.distance(p) - 1.2) : 0.0;
    return mix(inside.at(p.x, p.y), border, edge);
  });
}

/// Noise, a little blur and a change of contrast and brightness, then 8 bits.
Image develop(const Canvas& canvas, Rng& rng) {
  const double blur = rng.below(2) == 0 ? 0.0 : rng.uniform(0.0, 0.6);
  const double noise = rng.uniform(2.0, 18.0);
  const double contrast = rng.uniform(0.6, 1.1);
  const double brightness = rng.uniform(-25.0, 25.0);
  Image image = make_image(kSide, kSide);
  const auto at = [&](int x, int y) {
    return canvas
        .colours[std::size_t(std::clamp(y, 0, kSide - 1)) * kSide + std::clamp(x, 0, kSide - 1)];
  };
  const auto to_byte = [&](double value) {
    // The sum of two uniform draws: round enough, without the logarithm of a Gaussian.
    const double grain = noise * (rng.uniform(-1.0, 1.0) + rng.uniform(-1.0, 1.0));
    const double seen = 127.5 + contrast * (value - 127.5) + brightness + grain;
    return static_cast<std::uint8_t>(std::floor(std::clamp(seen, 0.0, 255.0) + 0.5));
  };
  for (int y = 0; y < kSide; ++y) {
    for (int x = 0; x < kSide; ++x) {
      const Colour around =
          mix(mix(at(x - 1, y), at(x + 1, y), 0.5), mix(at(x, y - 1), at(x, y + 1), 0.5), 0.5);
      const Colour colour = mix(at(x, y), around, blur);
      std::uint8_t* pixel = image.at(x, y);
      pixel[0] = to_byte(colour.r);
      pixel[1] = to_byte(colour.g);
      pixel[2] = to_byte(colour.b);
    }
  }
  return image;
}

int draw_label(std::uint64_t seed, std::int64_t index) {
  const auto block = static_cast<std::uint64_t>(index / kOutlineKinds);
  Rng rng{seed, static_cast<std::uint64_t>(Stream::kOrder), block};
  std::array<int, kOutlineKinds> order{};
  for (int i = 0; i < kOutlineKinds; ++i) order[i] = i;
  shuffle(order, rng);
  return order[index % kOutlineKinds];
}

}  // namespace

Sample draw_shapes(std::uint64_t seed, std::int64_t index) {
  const int label = draw_label(seed, index);
  Rng rng{seed, static_cast<std::uint64_t>(Stream::kScene), static_cast<std::uint64_t>(index)};
  Canvas canvas;
  const Colour first = draw_colour(rng);
  const Paint background{first, draw_variant(rng, first, 0.1, 0.7), Pattern(rng)};
  paint_background(canvas, background);
  for (std::uint64_t left = 1 + rng.below(5); left > 0; --left) {
    const Point from{rng.uniform(0.0, kSide), rng.uniform(0.0, kSide)};
    paint_fragment(canvas, rng, from, 14.0);
  }
  const Placed object = place_object(rng, static_cast<OutlineKind>(label));
  paint_object(canvas, rng, object, mix(background.first, background.second, 0.5));
  for (std::uint64_t left = rng.below(3); left > 0; --left) {
    const Point from{object.centre.x + rng.uniform(-1.0, 1.0) * object.radius,
                     object.centre.y + rng.uniform(-1.0, 1.0) * object.radius};
    paint_fragment(canvas, rng, from, 8.0);
  }
  return {.image = develop(canvas, rng),
          .label = label,
          .name = fmt::format("shapes:{}:{}", seed, index)};
}

namespace {

class Shapes final : public Dataset {
 public:
  Shapes(std::int64_t count, std::uint64_t seed)
      : count_(count), seed_(seed), description_(fmt::format("shapes:{}:{}", count, seed)) {}

  std::int64_t size() const override { return count_; }
  Sample sample(std::int64_t index) const override {
    check_index(*this, index);
    return draw_shapes(seed_, index);
  }
  std::optional<int> label(std::int64_t index) const override {
    check_index(*this, index);
    return draw_label(seed_, index);
  }
  const std::vector<std::string>& class_names() const override { return class_names_; }
  const std::string& description() const override { return description_; }

 private:
  std::int64_t count_;
  std::uint64_t seed_;
  std::string description_;
  std::vector<std::string> class_names_{"disk", "square",   "triangle", "star",  "cross",
                                        "ring", "crescent", "heart",    "arrow", "hexagon"};
};

}  // namespace

std::unique_ptr<Dataset> open_shapes(std::int64_t count, std::uint64_t seed) {
  if (count < 1 || count > kMaxShapes) {
    throw Error(ErrorCode::kBadArgument, "shapes",
                fmt::format("cannot make {} images; ask for 1 to {}", count, kMaxShapes));
  }
  return std::make_unique<Shapes>(count, seed);
}

}  // namespace ripple
