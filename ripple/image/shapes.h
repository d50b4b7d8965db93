#pragma once

#include <cstdint>
#include <memory>

#include "ripple/image/dataset.h"

namespace ripple {

/// `shapes`: ten classes of 32x32 colour scenes made by this project, so that it can train, attack
/// and test without anybody's data. One object (disk, square, triangle, star, cross, ring,
/// crescent, heart, arrow, hexagon) of any place, size, angle, proportion, colour and pattern lies
/// over a textured background among fragments that belong to no class, partly covered by some of
/// them, seen through noise, blur and changes of contrast.
///
/// Every ten images from index 0 show each class once, in an order drawn from the seed. Image i
/// depends on (seed, i) alone, not on the number of images; images of two seeds are independent, so
/// that train and test sets are two seeds. The bundled networks were trained on shapes:20000:1 and
/// tested on shapes:2000:2: attack images of another seed than 1.
///
/// Exact: the same bytes on every machine (see outline.h; no library function whose last bit could
///        differ, contraction off). A test holds a hash of them.
/// Cost:  about 0.15 ms an image; nothing is kept.
inline constexpr int kShapesSide = 32;
inline constexpr std::int64_t kMaxShapes = 100'000'000;

/// Scene `index` >= 0 of `seed`. The name reads "shapes:SEED:INDEX".
Sample draw_shapes(std::uint64_t seed, std::int64_t index);

/// A dataset of `count` scenes. Errors: kBadArgument for a count outside 1..kMaxShapes.
std::unique_ptr<Dataset> open_shapes(std::int64_t count, std::uint64_t seed = 1);

}  // namespace ripple
