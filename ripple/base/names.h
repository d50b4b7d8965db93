#pragma once

#include <span>
#include <string>
#include <string_view>

#include "ripple/base/error.h"

namespace ripple {

/// A row of the table that gives an enum's values the names a person writes.
template <typename T>
struct Named {
  std::string_view name;
  T value;
};

/// The name of `value`; "?" where the table lacks it.
template <typename T>
std::string_view name_of(std::span<const Named<T>> table, T value) {
  for (const Named<T>& row : table) {
    if (row.value == value) return row.name;
  }
  return "?";
}

/// The value called `name`. Errors: kBadArgument at `where`, listing the known names.
template <typename T>
T value_of(std::span<const Named<T>> table, std::string_view where, std::string_view name) {
  std::string known;
  for (const Named<T>& row : table) {
    if (row.name == name) return row.value;
    known += (known.empty() ? "" : ", ") + std::string(row.name);
  }
  throw Error(ErrorCode::kBadArgument, where,
              "'" + std::string(name) + "' is not known; give one of " + known);
}

}  // namespace ripple
