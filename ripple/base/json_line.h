#pragma once

#include <optional>
#include <string>

#include <nlohmann/json.hpp>

namespace ripple {

/// One line of JSON without its end; bytes that are no UTF-8 (a file name's) become U+FFFD.
std::string json_line(const nlohmann::ordered_json& object);

/// The value, or null where there is none.
template <typename T>
nlohmann::ordered_json or_null(const std::optional<T>& value) {
  return value ? nlohmann::ordered_json(*value) : nlohmann::ordered_json(nullptr);
}

}  // namespace ripple
