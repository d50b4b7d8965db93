#pragma once

#include <vector>

#include "ripple/base/shape.h"

namespace ripple {

/// A dense row-major array; data.size() == element_count(shape).
template <typename T>
struct Array {
  Shape shape;
  std::vector<T> data;

  bool operator==(const Array&) const = default;
};

using Tensor = Array<float>;

/// An array of `shape` filled with `value`.
template <typename T>
Array<T> filled(Shape shape, T value) {
  const auto count = static_cast<std::size_t>(element_count(shape));
  return {std::move(shape), std::vector<T>(count, value)};
}

}  // namespace ripple
