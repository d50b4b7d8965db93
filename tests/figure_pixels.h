#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <filesystem>

#include <gtest/gtest.h>

#include "ripple/image/decode.h"
#include "ripple/image/picture.h"

namespace ripple {

/// Where a colour lies in a picture: the smallest box around it, and how many pixels have it.
struct ColourBox {
  int left = 1 << 30, top = 1 << 30, right = -1, bottom = -1;
  int count = 0;
};

/// `tolerance`: largest difference of a component that still counts.
inline ColourBox find_colour(const Image& image, Rgb colour, int tolerance = 1) {
  ColourBox box;
  for (int y = 0; y < image.height; ++y) {
    for (int x = 0; x < image.width; ++x) {
      const std::uint8_t* p = image.at(x, y);
      if (std::abs(p[0] - colour.r) > tolerance || std::abs(p[1] - colour.g) > tolerance ||
          std::abs(p[2] - colour.b) > tolerance)
        continue;
      box.left = std::min(box.left, x);
      box.right = std::max(box.right, x);
      box.top = std::min(box.top, y);
      box.bottom = std::max(box.bottom, y);
      ++box.count;
    }
  }
  return box;
}

}  // namespace ripple
