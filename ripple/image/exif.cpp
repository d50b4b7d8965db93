#include <algorithm>
#include <optional>
#include <string_view>

#include "ripple/image/jpeg.h"

namespace ripple {
namespace {

using Bytes = std::span<const std::uint8_t>;

/// Reads numbers of a TIFF block; whatever lies outside it reads as nothing.
class TiffReader {
 public:
  TiffReader(Bytes bytes, bool big_endian) : bytes_(bytes), big_endian_(big_endian) {}

  std::optional<std::uint32_t> number(std::size_t offset, std::size_t width) const {
    if (offset > bytes_.size() || bytes_.size() - offset < width) return std::nullopt;
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < width; ++i) {
      const std::size_t shift = 8 * (big_endian_ ? width - 1 - i : i);
      value |= std::uint32_t(bytes_[offset + i]) << shift;
    }
    return value;
  }

 private:
  Bytes bytes_;
  bool big_endian_;
};

bool starts_with(Bytes bytes, std::string_view prefix) {
  return bytes.size() >= prefix.size() &&
         std::equal(prefix.begin(), prefix.end(), bytes.begin(),
                    [](char a, std::uint8_t b) { return std::uint8_t(a) == b; });
}

int orientation_of_tiff(Bytes tiff) {
  const bool big_endian = starts_with(tiff, "MM");
  if (!big_endian && !starts_with(tiff, "II")) return 1;
  const TiffReader reader(tiff, big_endian);
  constexpr std::size_t kEntryBytes = 12;
  constexpr std::uint32_t kOrientation = 0x0112;
  constexpr std::uint32_t kShortType = 3;
  const std::size_t directory = reader.number(4, 4).value_or(0);
  const std::uint32_t entries = reader.number(directory, 2).value_or(0);
  for (std::uint32_t i = 0; i < entries; ++i) {
    const std::size_t entry = directory + 2 + i * kEntryBytes;
    const auto tag = reader.number(entry, 2);
    if (!tag) return 1;
    if (*tag != kOrientation) continue;
    if (reader.number(entry + 2, 2) != kShortType) return 1;
    const std::uint32_t value = reader.number(entry + 8, 2).value_or(1);
    return value >= 1 && value <= 8 ? static_cast<int>(value) : 1;
  }
  return 1;
}

}  // namespace

int exif_orientation(Bytes jpeg) {
  constexpr std::string_view kExif("Exif\0\0", 6);
  constexpr std::uint8_t kApp1 = 0xe1;
  constexpr std::uint8_t kStartOfScan = 0xda;
  std::size_t position = 2;
  // Segments before the pixels: ff, kind, length of what follows (two bytes, themselves included).
  while (jpeg.size() >= 4 && position <= jpeg.size() - 4 && jpeg[position] == 0xff) {
    const std::uint8_t kind = jpeg[position + 1];
    if (kind == 0xff) {  // a fill byte
      ++position;
      continue;
    }
    const std::size_t length = (std::size_t(jpeg[position + 2]) << 8) | jpeg[position + 3];
    if (kind == kStartOfScan || length < 2 || jpeg.size() - position - 2 < length) return 1;
    const Bytes body = jpeg.subspan(position + 4, length - 2);
    if (kind == kApp1 && starts_with(body, kExif)) {
      return orientation_of_tiff(body.subspan(kExif.size()));
    }
    position += 2 + length;
  }
  return 1;
}

}  // namespace ripple
