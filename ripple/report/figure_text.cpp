#include "ripple/report/figure_text.h"

#include <algorithm>
#include <array>
#include <map>

#include <fmt/format.h>

#include "ripple/image/text.h"

namespace ripple {
namespace {

struct Range {
  char32_t first, last;
};

/// What DejaVu Sans and most other fonts have, without what turns the direction of text.
constexpr std::array<Range, 9> kDrawn{{{0x00, 0x7f},
                                       {0xa0, 0x52f},
                                       {0x1e00, 0x1fff},
                                       {0x2010, 0x2027},
                                       {0x2030, 0x205e},
                                       {0x2070, 0x209c},
                                       {0x20a0, 0x20b9},
                                       {0x2100, 0x218b},
                                       {0x2190, 0x22ff}}};

bool is_drawn(char32_t code) {
  return std::any_of(kDrawn.begin(), kDrawn.end(),
                     [&](const Range& range) { return code >= range.first && code <= range.last; });
}

/// The first `count` characters.
std::string_view first_characters(std::string_view text, std::size_t count) {
  std::size_t bytes = 0;
  while (count-- > 0) bytes += first_character(text.substr(bytes)).bytes;
  return text.substr(0, bytes);
}

}  // namespace

std::string figure_text(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const Character character = first_character(text);
    out += is_drawn(character.code) ? text.substr(0, character.bytes) : "?";
    text.remove_prefix(character.bytes);
  }
  return out;
}

std::size_t characters_of(std::string_view text) {
  std::size_t count = 0;
  for (; !text.empty(); ++count) text.remove_prefix(first_character(text).bytes);
  return count;
}

std::string shortened(std::string_view text, std::size_t room) {
  const std::size_t length = characters_of(text);
  if (length <= room) return std::string(text);
  const std::size_t end = (room - 2) / 3;
  const std::string_view begin = first_characters(text, room - 2 - end);
  return std::string(begin) + ".." +
         std::string(text.substr(first_characters(text, length - end).size()));
}

std::vector<std::string> figure_names(const std::vector<std::string>& names, std::size_t room) {
  std::vector<std::string> out;
  std::map<std::string, int> alike;
  for (std::size_t i = 0; i < names.size(); ++i) {
    out.push_back(figure_text(names[i]) == names[i] ? shortened(names[i], room)
                                                    : std::to_string(i));
    ++alike[out.back()];
  }
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (alike[out[i]] > 1) out[i] = shortened(fmt::format("{} {}", i, figure_text(names[i])), room);
  }
  return out;
}

}  // namespace ripple
