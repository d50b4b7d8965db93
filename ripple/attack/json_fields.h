#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "ripple/base/error.h"
#include "ripple/image/image.h"

namespace ripple {

/// Takes the fields of one untrusted JSON object, and refuses what is not as asked for.
/// Errors of every method: kBadData at `where`, naming the key.
class JsonFields {
 public:
  /// Errors: kBadData where `json` is no object.
  JsonFields(const nlohmann::json& json, std::string where);

  const nlohmann::json& field(const char* key);
  std::string text(const char* key);
  bool flag(const char* key);
  std::int64_t integer(const char* key, std::int64_t low, std::int64_t high);
  std::uint64_t bits(const char* key);  ///< 0 .. 2^64 - 1
  std::optional<std::int64_t> integer_or_null(const char* key, std::int64_t low, std::int64_t high);
  double number(const char* key, double low, double high);
  std::vector<float> colour(const char* key);     ///< three finite numbers, R G B
  std::vector<PixelEdit> edits(const char* key);  ///< [[x, y, r, g, b], ...]

  /// A name that `parse` knows, e.g. parse_stop_reason.
  template <typename Parse>
  auto named(const char* key, Parse parse) -> decltype(parse(std::string_view())) {
    const std::string name = text(key);
    try {
      return parse(name);
    } catch (const Error& error) {
      refuse(key, error.what());
    }
  }

  /// After the last field. Errors: kBadData for a key that nobody took.
  void done() const;

  [[noreturn]] void refuse(const std::string& key, const std::string& problem) const;

 private:
  const nlohmann::json& json_;
  std::string where_;
  std::set<std::string> taken_;
};

/// One line of JSON without repeated keys. Errors: kBadData at `where`.
nlohmann::json parse_json_line(std::string_view line, const std::string& where);

}  // namespace ripple
