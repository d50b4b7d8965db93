#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

#include "ripple/image/image.h"
#include "ripple/image/image_limits.h"

namespace ripple {

/// Whether the bytes start as every PNG does.
bool is_png(std::span<const std::uint8_t> bytes);

/// Decodes a PNG through libspng.
///
/// Taken:   8-bit RGB; grey of 1 to 8 bits (each value becomes R = G = B) and palettes (an index
///          beyond the palette is black); an alpha channel or transparent colour where every pixel
///          is opaque; interlaced files.
/// Refused: 16 bits a channel (rounding to 8 would attack another image than the one in the file),
///          any pixel that is not opaque (its colour depends on a background nobody named).
/// Ignored: gamma, colour profiles, EXIF, as training pipelines ignore them.
/// Errors:  kBadData naming `where`: refused, beyond `limits`, damaged or cut anywhere (checksums
///          are tested; only that of the empty end marker may be missing).
/// Cost:    7 bytes of memory a pixel.
Image decode_png(std::span<const std::uint8_t> bytes, const ImageLimits& limits,
                 const std::string& where);

/// An 8-bit RGB PNG without metadata: the same image always gives the same bytes, and decode_png
/// gives the image back. Errors: kBadArgument for an image without pixels.
std::string encode_png(const Image& image);

/// encode_png into a file, whole or not at all (see write_file). Errors: kBadArgument, kIo.
void write_png(const std::filesystem::path& path, const Image& image);

}  // namespace ripple
