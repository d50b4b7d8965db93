#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "ripple/image/image.h"
#include "ripple/image/image_limits.h"

namespace ripple {

/// Whether the bytes start as every JPEG does.
bool is_jpeg(std::span<const std::uint8_t> bytes);

/// Decodes a JPEG through TurboJPEG (accurate DCT, smooth chroma upsampling: its defaults).
///
/// Taken:   YCbCr, RGB and grey (R = G = B), baseline and progressive (up to 500 scans, against
///          files made to take hours). An EXIF orientation is applied, so that the image is the
///          upright one that a person sees; damaged EXIF counts as absent.
/// Refused: CMYK and YCCK (their colours depend on an ink profile), 12 bits a channel, lossless.
/// Ignored: colour profiles.
/// Errors:  kBadData naming `where`: damaged or cut anywhere (where other programs warn and fill
///          in grey), refused, or beyond `limits`.
Image decode_jpeg(std::span<const std::uint8_t> bytes, const ImageLimits& limits,
                  const std::string& where);

/// The orientation 1..8 in the EXIF block of a JPEG, 1 (upright) where there is none.
/// Source: JEITA CP-3451 (EXIF 2.3), tag 0x0112 of the 0th IFD.
int exif_orientation(std::span<const std::uint8_t> jpeg);

/// The image turned and mirrored as an EXIF orientation in 1..8 asks; 5..8 swap width and height.
Image apply_orientation(const Image& image, int orientation);

}  // namespace ripple
