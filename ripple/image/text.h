#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace ripple {

/// A character of UTF-8 text.
struct Character {
  char32_t code = 0;
  std::size_t bytes = 0;  ///< that it takes; 0 where the text has ended
};

/// The first character of `text`. What is not valid (overlong, surrogate, above U+10FFFF, cut off)
/// is U+FFFD of one byte, so that a loop gets past it.
Character first_character(std::string_view text);

/// Whether a name from a file can go into messages, JSON and pictures as it is: valid UTF-8,
/// 1 to 255 bytes, no control characters (a terminal would obey them).
bool is_displayable(std::string_view name);

/// `text` for a font that has printable ASCII only, a letter a character: Latin letters lose their
/// diacritics ("Möwe" becomes "Mowe"; combining ones vanish), dashes and quotation marks become
/// plain, every other character, and every byte that is no UTF-8, becomes "?".
std::string in_ascii(std::string_view text);

}  // namespace ripple
