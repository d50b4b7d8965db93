#pragma once

#include <cstdint>
#include <string>

namespace ripple {

/// What an image file may ask for; tested on its header, before anything of its size is allocated.
struct ImageLimits {
  std::int64_t max_side = 16384;           ///< columns, and rows
  std::int64_t max_pixels = 50'000'000;    ///< 150 MB decoded; a full-frame camera has 24 million
  std::int64_t max_bytes = 128'000'000;    ///< of the file
  std::int64_t max_metadata = 16'000'000;  ///< bytes of text, colour profiles, ... kept of a PNG
};

/// Errors: kBadData naming `where` for an image without pixels or one beyond the limits.
void check_image_size(std::int64_t width, std::int64_t height, const ImageLimits& limits,
                      const std::string& where);

}  // namespace ripple
