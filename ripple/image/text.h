#pragma once

#include <string_view>

namespace ripple {

/// Whether a name from a file can go into messages, JSON and pictures as it is: valid UTF-8,
/// 1 to 255 bytes, no control characters (a terminal would obey them).
bool is_displayable(std::string_view name);

}  // namespace ripple
