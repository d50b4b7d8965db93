#include "ripple/attack/json_fields.h"

#include <array>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "ripple/base/error.h"

namespace ripple {
namespace {

constexpr int kMaxDepth = 8;  // a results line has 3 levels

}  // namespace

JsonFields::JsonFields(const nlohmann::json& json, std::string where)
    : json_(json), where_(std::move(where)) {
  if (!json.is_object()) {
    throw Error(ErrorCode::kBadData, where_,
                "it holds no JSON object; give a file that 'ripple attack --out' wrote");
  }
}

void JsonFields::refuse(const std::string& key, const std::string& problem) const {
  throw Error(ErrorCode::kBadData, where_,
              fmt::format("key '{}': {}; the file is damaged or of another version", key, problem));
}

const nlohmann::json& JsonFields::field(const char* key) {
  const auto found = json_.find(key);
  if (found == json_.end()) refuse(key, "it is missing");
  taken_.insert(key);
  return *found;
}

std::string JsonFields::text(const char* key) {
  const nlohmann::json& value = field(key);
  if (!value.is_string()) refuse(key, "it is no string");
  return value.get<std::string>();
}

bool JsonFields::flag(const char* key) {
  const nlohmann::json& value = field(key);
  if (!value.is_boolean()) refuse(key, "it is neither true nor false");
  return value.get<bool>();
}

std::uint64_t JsonFields::bits(const char* key) {
  const nlohmann::json& value = field(key);
  if (!value.is_number_unsigned()) refuse(key, "it is no integer from 0 to 2^64 - 1");
  return value.get<std::uint64_t>();
}

std::int64_t JsonFields::integer(const char* key, std::int64_t low, std::int64_t high) {
  const nlohmann::json& value = field(key);
  const bool fits =
      value.is_number_unsigned()
          ? value.get<std::uint64_t>() <= std::uint64_t(std::numeric_limits<std::int64_t>::max())
          : value.is_number_integer();
  if (!fits || value.get<std::int64_t>() < low || value.get<std::int64_t>() > high) {
    refuse(key, fmt::format("it is no integer from {} to {}", low, high));
  }
  return value.get<std::int64_t>();
}

std::optional<std::int64_t> JsonFields::integer_or_null(const char* key, std::int64_t low,
                                                        std::int64_t high) {
  if (field(key).is_null()) return std::nullopt;
  return integer(key, low, high);
}

double JsonFields::number(const char* key, double low, double high) {
  const nlohmann::json& value = field(key);
  if (!value.is_number()) refuse(key, "it is no number");
  const auto number = value.get<double>();
  if (!(number >= low && number <= high)) {
    refuse(key, fmt::format("{} is not from {} to {}", number, low, high));
  }
  return number;
}

std::vector<float> JsonFields::colour(const char* key) {
  const nlohmann::json& values = field(key);
  if (!values.is_array() || values.size() != 3) refuse(key, "it is no list of three numbers");
  std::vector<float> colour;
  for (const nlohmann::json& value : values) {
    if (!value.is_number() || !std::isfinite(value.get<float>()))
      refuse(key, "it holds what is no finite number");
    colour.push_back(value.get<float>());
  }
  return colour;
}

std::vector<PixelEdit> JsonFields::edits(const char* key) {
  const nlohmann::json& rows = field(key);
  if (!rows.is_array()) refuse(key, "it is no list of edits");
  std::vector<PixelEdit> edits;
  for (const nlohmann::json& row : rows) {
    if (!row.is_array() || row.size() != 5) refuse(key, "an edit is no list of x, y, r, g, b");
    std::array<int, 5> values{};
    for (std::size_t i = 0; i < values.size(); ++i) {
      const std::uint64_t largest = i < 2 ? 1000000 : 255;
      if (!row[i].is_number_unsigned() || row[i].get<std::uint64_t>() > largest) {
        refuse(key, fmt::format("an edit's {} is no integer from 0 to {}",
                                i < 2 ? "place" : "colour", largest));
      }
      values[i] = row[i].get<int>();
    }
    edits.push_back({values[0], values[1], static_cast<std::uint8_t>(values[2]),
                     static_cast<std::uint8_t>(values[3]), static_cast<std::uint8_t>(values[4])});
  }
  return edits;
}

void JsonFields::done() const {
  for (const auto& [key, value] : json_.items()) {
    if (!taken_.contains(key)) refuse(key, "it is not known");
  }
}

nlohmann::json parse_json_line(std::string_view line, const std::string& where) {
  std::vector<std::set<std::string>> keys;  // of the objects that are open
  const auto check = [&](int depth, nlohmann::json::parse_event_t event, nlohmann::json& value) {
    using Event = nlohmann::json::parse_event_t;
    if (depth > kMaxDepth) {
      throw Error(ErrorCode::kBadData, where,
                  "it is nested too deeply; the file is damaged or no results file");
    }
    if (event == Event::object_start) keys.emplace_back();
    if (event == Event::object_end) keys.pop_back();
    if (event == Event::key && !keys.back().insert(value.get<std::string>()).second) {
      throw Error(ErrorCode::kBadData, where,
                  fmt::format("key '{}' stands there twice; the file is damaged",
                              value.get<std::string>()));
    }
    return true;
  };
  try {
    return nlohmann::json::parse(line, check);
  } catch (const nlohmann::json::exception& error) {
    throw Error(ErrorCode::kBadData, where,
                fmt::format("it is no valid JSON ({}); the file is damaged", error.what()));
  }
}

}  // namespace ripple
