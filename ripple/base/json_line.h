#pragma once

#include <string>

#include <nlohmann/json.hpp>

namespace ripple {

/// One line of JSON without its end; bytes that are no UTF-8 (a file name's) become U+FFFD.
std::string json_line(const nlohmann::ordered_json& object);

}  // namespace ripple
