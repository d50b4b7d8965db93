#include "ripple/base/shape.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "ripple/base/error.h"

namespace ripple {

std::int64_t checked_mul(std::int64_t a, std::int64_t b, const char* where) {
  std::int64_t product = 0;
  if (__builtin_mul_overflow(a, b, &product)) {
    throw Error(ErrorCode::kBadModel, where, fmt::format("{} x {} does not fit 64 bits", a, b));
  }
  return product;
}

std::int64_t checked_add(std::int64_t a, std::int64_t b, const char* where) {
  std::int64_t sum = 0;
  if (__builtin_add_overflow(a, b, &sum)) {
    throw Error(ErrorCode::kBadModel, where, fmt::format("{} + {} does not fit 64 bits", a, b));
  }
  return sum;
}

std::int64_t element_count(std::span<const std::int64_t> shape) {
  std::int64_t count = 1;
  for (const std::int64_t extent : shape) {
    if (extent < 0) {
      throw Error(ErrorCode::kBadModel, "shape", fmt::format("negative extent {}", extent));
    }
    count = checked_mul(count, extent, "shape");
  }
  return count;
}

std::string to_string(std::span<const std::int64_t> shape) {
  return shape.empty() ? "scalar" : fmt::format("{}", fmt::join(shape, "x"));
}

}  // namespace ripple
