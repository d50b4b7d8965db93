#include "ripple/image/text.h"

#include <array>
#include <cstddef>
#include <cstdint>

namespace ripple {
namespace {

/// The length of the UTF-8 sequence at the start of `text`, 0 where it is not valid (overlong,
/// surrogate, above U+10FFFF, cut off) or encodes a control character (C0, DEL, C1).
std::size_t valid_sequence(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const std::uint8_t first = byte(0);
  if (first < 0x80) return first >= 0x20 && first != 0x7f ? 1 : 0;
  const std::size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc2 ? 2 : 0;
  if (length == 0 || text.size() < length || first > 0xf4) return 0;
  std::uint32_t code = first & (0xffu >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
    code = (code << 6) | (byte(i) & 0x3fu);
  }
  constexpr std::array<std::uint32_t, 5> kSmallest{0, 0, 0xa0, 0x800, 0x10000};
  const bool surrogate = code >= 0xd800 && code <= 0xdfff;
  return code >= kSmallest[length] && code <= 0x10ffff && !surrogate ? length : 0;
}

}  // namespace

bool is_displayable(std::string_view name) {
  if (name.empty() || name.size() > 255) return false;
  while (!name.empty()) {
    const std::size_t length = valid_sequence(name);
    if (length == 0) return false;
    name.remove_prefix(length);
  }
  return true;
}

}  // namespace ripple
