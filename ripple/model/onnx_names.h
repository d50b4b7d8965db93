#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

namespace ripple {

/// A name from a file, fit for messages, tables and JSON: unchanged where it is valid UTF-8 without
/// control characters and of at most 255 bytes; else its bytes escaped as \xNN and cut at 80.
std::string display_name(std::string_view name);

/// Hands out names that are not in use yet.
class NameSet {
 public:
  /// `wanted`, or `wanted` with "#2", "#3", ... behind it where that is taken.
  std::string unique(const std::string& wanted);

 private:
  std::unordered_set<std::string> used_;
  std::unordered_map<std::string, int> next_;
};

}  // namespace ripple
