#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace ripple {

// Text as figures have fonts and room for it.

/// `text` with "?" for every character that is not Latin, Greek, Cyrillic or a usual sign: where no
/// font has a letter, gnuplot draws a box as large as the page. Line ends stay.
std::string figure_text(std::string_view text);

/// How many characters of UTF-8 `text` has; each byte that is none counts as one.
std::size_t characters_of(std::string_view text);

/// `text`, or its beginning and its end with ".." between them in `room` characters or less; names
/// of classes differ in either. Assumes room >= 4.
std::string shortened(std::string_view text, std::size_t room);

/// Names of things numbered from 0, each in `room` characters or less: shortened; the number alone
/// where figure_text() would change the name; the number before it where two would be alike.
std::vector<std::string> figure_names(const std::vector<std::string>& names, std::size_t room);

}  // namespace ripple
