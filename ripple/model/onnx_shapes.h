#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ripple/base/shape.h"

namespace ripple {

// The shape rules of ONNX operators that both activations and constants follow; all shapes as in
// the file, batch axis included. Errors: kBadModel naming `where`.

/// Axes a constant may have: more do not occur in image classifiers.
inline constexpr std::size_t kMaxRank = 8;

/// `axis` in [-rank, rank) as an index.
int normalised_axis(std::int64_t axis, std::size_t rank, const std::string& where);

/// The same for a list without repetition.
std::vector<int> normalised_axes(const std::vector<std::int64_t>& axes, std::size_t rank,
                                 const std::string& where);

/// The output of Reshape: 0 copies an extent (unless allow_zero), one -1 is inferred.
Shape reshaped(const Shape& in, const std::vector<std::int64_t>& target, bool allow_zero,
               const std::string& where);

/// `in` without the axes of extent 1 named; without all such axes where none are named.
Shape squeezed(const Shape& in, const std::optional<std::vector<std::int64_t>>& axes,
               const std::string& where);

/// `in` with an axis of extent 1 at each of the output's axes named.
Shape unsqueezed(const Shape& in, const std::vector<std::int64_t>& axes, const std::string& where);

/// Start, step and count along every axis.
struct SliceRange {
  std::int64_t start = 0;
  std::int64_t step = 1;
  std::int64_t count = 0;
};
std::vector<SliceRange> sliced(const Shape& in, const std::vector<std::int64_t>& starts,
                               const std::vector<std::int64_t>& ends,
                               const std::optional<std::vector<std::int64_t>>& axes,
                               const std::optional<std::vector<std::int64_t>>& steps,
                               const std::string& where);

/// A permutation of all axes; the reverse order where none is given.
std::vector<int> permutation_of(const std::optional<std::vector<std::int64_t>>& perm,
                                std::size_t rank, const std::string& where);

}  // namespace ripple
