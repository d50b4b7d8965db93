#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

#include "ripple/image/image.h"
#include "ripple/image/image_limits.h"

namespace ripple {

/// Decodes a PNG or JPEG, told apart by their first bytes, never by a file's name; see png.h and
/// jpeg.h for what is taken and what is refused. `where` names the source in errors.
/// Errors: kBadData naming `where`: neither of the two, damaged, of a refused kind, or beyond
/// `limits`.
Image decode_image(std::span<const std::uint8_t> bytes, const ImageLimits& limits,
                   const std::string& where);

/// decode_image of a file. Errors: as decode_image, and kIo where it cannot be read or has more
/// than limits.max_bytes.
Image load_image(const std::filesystem::path& path, const ImageLimits& limits = {});

}  // namespace ripple
