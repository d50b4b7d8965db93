// Any bytes as a PNG or JPEG: an Error or an image that survives being saved and loaded again.

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "fuzz/require.h"
#include "ripple/base/error.h"
#include "ripple/image/decode.h"
#include "ripple/image/jpeg.h"
#include "ripple/image/png.h"
#include "ripple/image/resize.h"

namespace {

constexpr ripple::ImageLimits kLimits{
    .max_side = 1024, .max_pixels = 65536, .max_bytes = 1 << 20, .max_metadata = 1 << 20};

void check_decoded(std::span<const std::uint8_t> bytes) {
  const int orientation = ripple::exif_orientation(bytes);
  require(orientation >= 1 && orientation <= 8, "an orientation lies in 1..8");
  ripple::Image image;
  try {
    image = ripple::decode_image(bytes, kLimits, "fuzz");
  } catch (const ripple::Error&) {
    return;
  }
  require(image.width >= 1 && image.width <= kLimits.max_side, "the width keeps the limits");
  require(image.height >= 1 && image.height <= kLimits.max_side, "the height keeps the limits");
  require(image.pixels.size() == std::size_t(3) * image.width * image.height, "pixels fill it");
  const std::string png = ripple::encode_png(image);
  const std::vector<std::uint8_t> saved(png.begin(), png.end());
  require(ripple::decode_png(saved, kLimits, "saved") == image, "a saved image loads unchanged");
  require(ripple::fit_image(image, 7, 5).pixels.size() == 7 * 5 * 3, "an image fits a network");
}

/// Makes the checksum of every whole chunk right: else hardly a mutation would reach the decoder.
std::vector<std::uint8_t> with_checksums(std::span<const std::uint8_t> png) {
  std::vector<std::uint8_t> bytes(png.begin(), png.end());
  constexpr std::size_t kSignature = 8;
  constexpr std::size_t kFrame = 12;  // length, name, checksum
  std::size_t at = kSignature;
  while (at + kFrame <= bytes.size()) {
    const std::size_t length = (std::size_t(bytes[at]) << 24) | (std::size_t(bytes[at + 1]) << 16) |
                               (std::size_t(bytes[at + 2]) << 8) | bytes[at + 3];
    if (length > bytes.size() - at - kFrame) break;
    const std::size_t end = at + 8 + length;
    std::uint32_t crc = 0xffffffffu;  // ISO 3309, over name and body
    for (std::size_t i = at + 4; i < end; ++i) {
      crc ^= bytes[i];
      for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0xedb88320u : 0);
    }
    for (int i = 0; i < 4; ++i) bytes[end + i] = static_cast<std::uint8_t>(~crc >> (24 - 8 * i));
    at = end + 4;
  }
  return bytes;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span<const std::uint8_t> bytes(data, size);
  check_decoded(bytes);
  if (ripple::is_png(bytes)) check_decoded(with_checksums(bytes));
  return 0;
}
