#include "ripple/image/text.h"

#include <array>
#include <cstdint>

namespace ripple {
namespace {

constexpr char32_t kReplacement = 0xfffd;

bool is_invalid(const Character& character) {
  return character.code == kReplacement && character.bytes == 1;
}

/// C0, DEL and C1.
bool is_control(char32_t code) {
  return code < 0x20 || (code >= 0x7f && code < 0xa0);
}

/// Base letters of U+00C0 to U+024F and of U+1E00 to U+1EFF; "." where there is none.
constexpr std::string_view kLatin =
    "AAAAAAACEEEEIIIIDNOOOOOxOUUUUYTsaaaaaaaceeeeiiiidnooooo.ouuuuyty"
    "AaAaAaCcCcCcCcDdDdEeEeEeEeEeGgGgGgGgHhHhIiIiIiIiIiIiJjKkkLlLlLlL"
    "lLlNnNnNnnNnOoOoOoOoRrRrRrSsSsSsSsTtTtTtUuUuUuUuUuUuWwYyYZzZzZzs"
    "bBBb...Cc.DDd....FfG...IKkl..NnOOo..Pp.....tTtTUu.VYyZz........."
    "....DDdLLlNNnAaIiOoUuUuUuUuUu.AaAa..GgGgKkOoOo..jDDdGg..NnAa..Oo"
    "AaAaEeEeIiIiOoOoRrRrUuUuSsTt..HhNd..ZzAaEeOoOoOoOoYylnt...ACcLTs"
    "z..B..EeJj.qRrYy";
constexpr std::string_view kLatinAdditional =
    "AaBbBbBbCcDdDdDdDdDdEeEeEeEeEeFfGgHhHhHhHhHhIiIiKkKkKkLlLlLlLlMm"
    "MmMmNnNnNnNnOoOoOoOoPpPpRrRrRrRrSsSsSsSsSsTtTtTtTtUuUuUuUuUuVvVv"
    "WwWwWwWwWwXxXxYyZzZzZzhtwyas..S.AaAaAaAaAaAaAaAaAaAaAaAaEeEeEeEe"
    "EeEeEeEeIiIiOoOoOoOoOoOoOoOoOoOoOoOoUuUuUuUuUuUuUuYyYyYyYy....Yy";

char letter_of(std::string_view letters, char32_t index) {
  return index < letters.size() && letters[index] != '.' ? letters[index] : '?';
}

char ascii_of(char32_t code) {
  if (code >= 0x20 && code < 0x7f) return static_cast<char>(code);
  if (code == 0xa0) return ' ';
  if (code >= 0x2010 && code <= 0x2015) return '-';
  if (code == 0x2018 || code == 0x2019) return '\'';
  if (code == 0x201c || code == 0x201d) return '"';
  if (code >= 0x1e00) return letter_of(kLatinAdditional, code - 0x1e00);
  return code >= 0xc0 ? letter_of(kLatin, code - 0xc0) : '?';
}

bool is_combining(char32_t code) {
  return code >= 0x300 && code <= 0x36f;
}

}  // namespace

Character first_character(std::string_view text) {
  if (text.empty()) return {};
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  constexpr Character kInvalid{kReplacement, 1};
  const std::uint8_t first = byte(0);
  if (first < 0x80) return {first, 1};
  const std::size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc2 ? 2 : 0;
  if (length == 0 || text.size() < length || first > 0xf4) return kInvalid;
  char32_t code = first & (0xffu >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return kInvalid;
    code = (code << 6) | (byte(i) & 0x3fu);
  }
  constexpr std::array<char32_t, 5> kSmallest{0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = code >= 0xd800 && code <= 0xdfff;
  if (code < kSmallest[length] || code > 0x10ffff || surrogate) return kInvalid;
  return {code, length};
}

bool is_displayable(std::string_view name) {
  if (name.empty() || name.size() > 255) return false;
  while (!name.empty()) {
    const Character character = first_character(name);
    if (is_invalid(character) || is_control(character.code)) return false;
    name.remove_prefix(character.bytes);
  }
  return true;
}

std::string in_ascii(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const Character character = first_character(text);
    if (!is_combining(character.code)) out += ascii_of(character.code);
    text.remove_prefix(character.bytes);
  }
  return out;
}

}  // namespace ripple
