#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace ripple {

/// Extents of a row-major array, outermost first. Inside a Graph the batch axis is left out: an
/// image activation is [C, H, W], a vector [F].
using Shape = std::vector<std::int64_t>;

/// Number of elements. An empty shape is a scalar (1).
/// Errors: kBadModel where an extent is negative or the product does not fit 63 bits.
std::int64_t element_count(std::span<const std::int64_t> shape);

/// "3x32x32"; a scalar prints as "scalar".
std::string to_string(std::span<const std::int64_t> shape);

/// a * b and a + b of non-negative sizes. Errors: kBadModel on overflow, naming `where`.
std::int64_t checked_mul(std::int64_t a, std::int64_t b, const char* where);
std::int64_t checked_add(std::int64_t a, std::int64_t b, const char* where);

}  // namespace ripple
