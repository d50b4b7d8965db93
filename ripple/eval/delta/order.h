#pragma once

#include <cstdint>

#include "ripple/image/image.h"

namespace ripple::delta {

/// A number by which neighbours in the image become neighbours in a sorted list: the bits of column
/// and row taken in turns.
inline std::uint32_t place_in_order(const PixelEdit& edit) {
  const auto x = static_cast<std::uint32_t>(edit.x);
  const auto y = static_cast<std::uint32_t>(edit.y);
  std::uint32_t out = 0;
  for (int bit = 0; bit < 16; ++bit) {
    out |= ((x >> bit) & 1u) << (2 * bit) | ((y >> bit) & 1u) << (2 * bit + 1);
  }
  return out;
}

}  // namespace ripple::delta
