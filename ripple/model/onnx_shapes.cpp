#include "ripple/model/onnx_shapes.h"

#include <algorithm>
#include <numeric>

#include <fmt/format.h>

#include "ripple/base/error.h"

namespace ripple {
namespace {

[[noreturn]] void bad(const std::string& where, const std::string& problem) {
  throw Error(ErrorCode::kBadModel, where, problem);
}

}  // namespace

int normalised_axis(std::int64_t axis, std::size_t rank, const std::string& where) {
  const auto signed_rank = static_cast<std::int64_t>(rank);
  if (axis < -signed_rank || axis >= signed_rank) {
    bad(where, fmt::format("axis {} of {} axes", axis, rank));
  }
  return static_cast<int>(axis < 0 ? axis + signed_rank : axis);
}

std::vector<int> normalised_axes(const std::vector<std::int64_t>& axes, std::size_t rank,
                                 const std::string& where) {
  std::vector<bool> used(rank, false);
  std::vector<int> out;
  for (const std::int64_t axis : axes) {
    out.push_back(normalised_axis(axis, rank, where));
    if (used[static_cast<std::size_t>(out.back())]) {
      bad(where, fmt::format("names axis {} twice", out.back()));
    }
    used[static_cast<std::size_t>(out.back())] = true;
  }
  return out;
}

Shape reshaped(const Shape& in, const std::vector<std::int64_t>& target, bool allow_zero,
               const std::string& where) {
  if (target.size() > kMaxRank) bad(where, fmt::format("asks for {} axes", target.size()));
  Shape out = target;
  std::optional<std::size_t> inferred;
  std::int64_t known = 1;
  for (std::size_t i = 0; i < out.size(); ++i) {
    if (out[i] == 0 && !allow_zero) {
      if (i >= in.size()) bad(where, "copies an axis that its input does not have");
      out[i] = in[i];
    }
    if (out[i] == -1) {
      if (inferred) bad(where, "leaves two axes open");
      inferred = i;
      continue;
    }
    if (out[i] < 0) bad(where, fmt::format("asks for the extent {}", out[i]));
    known = checked_mul(known, out[i], where.c_str());
  }
  const std::int64_t total = element_count(in);
  if (inferred) {
    if (known == 0 || total % known != 0) {
      bad(where, fmt::format("{} numbers do not divide by {}", total, known));
    }
    out[*inferred] = total / known;
  }
  if (element_count(out) != total) {
    bad(where, fmt::format("{} cannot become {}", to_string(in), to_string(out)));
  }
  return out;
}

Shape squeezed(const Shape& in, const std::optional<std::vector<std::int64_t>>& axes,
               const std::string& where) {
  std::vector<bool> dropped(in.size(), false);
  if (axes) {
    for (const int axis : normalised_axes(*axes, in.size(), where)) {
      if (in[static_cast<std::size_t>(axis)] != 1) {
        bad(where, fmt::format("squeezes axis {} of {}", axis, to_string(in)));
      }
      dropped[static_cast<std::size_t>(axis)] = true;
    }
  }
  Shape out;
  for (std::size_t i = 0; i < in.size(); ++i) {
    if (!dropped[i] && (axes || in[i] != 1)) out.push_back(in[i]);
  }
  return out;
}

Shape unsqueezed(const Shape& in, const std::vector<std::int64_t>& axes, const std::string& where) {
  const std::size_t rank = in.size() + axes.size();
  if (rank > kMaxRank) bad(where, fmt::format("asks for {} axes", rank));
  std::vector<bool> added(rank, false);
  for (const int axis : normalised_axes(axes, rank, where)) {
    added[static_cast<std::size_t>(axis)] = true;
  }
  Shape out;
  auto next = in.begin();
  for (std::size_t i = 0; i < rank; ++i) out.push_back(added[i] ? 1 : *next++);
  return out;
}

std::vector<SliceRange> sliced(const Shape& in, const std::vector<std::int64_t>& starts,
                               const std::vector<std::int64_t>& ends,
                               const std::optional<std::vector<std::int64_t>>& axes,
                               const std::optional<std::vector<std::int64_t>>& steps,
                               const std::string& where) {
  if (ends.size() != starts.size() || (axes && axes->size() != starts.size()) ||
      (steps && steps->size() != starts.size()) || (!axes && starts.size() > in.size())) {
    bad(where, "starts, ends, axes and steps have different lengths");
  }
  std::vector<std::int64_t> first_axes(starts.size());
  std::iota(first_axes.begin(), first_axes.end(), std::int64_t{0});
  const std::vector<int> at = normalised_axes(axes ? *axes : first_axes, in.size(), where);
  std::vector<SliceRange> out;
  for (const std::int64_t extent : in) out.push_back({0, 1, extent});
  for (std::size_t i = 0; i < at.size(); ++i) {
    const std::int64_t extent = in[static_cast<std::size_t>(at[i])];
    const std::int64_t step = steps ? (*steps)[i] : 1;
    if (step == 0) bad(where, "steps by 0");
    // Negative positions count from the end; what lies outside is cut, as in NumPy.
    const auto clamped = [&](std::int64_t position, std::int64_t low, std::int64_t high) {
      return std::clamp(position < 0 ? position + extent : position, low, high);
    };
    SliceRange& range = out[static_cast<std::size_t>(at[i])];
    if (extent == 0) continue;
    const bool forward = step > 0;
    range.start = forward ? clamped(starts[i], 0, extent) : clamped(starts[i], 0, extent - 1);
    const std::int64_t end =
        forward ? clamped(ends[i], 0, extent) : clamped(ends[i], -1, extent - 1);
    const std::int64_t distance = forward ? end - range.start : range.start - end;
    // The smallest step has no positive counterpart; no axis is that long anyway.
    const std::int64_t width = step == INT64_MIN ? INT64_MAX : (forward ? step : -step);
    range.count = distance <= 0 ? 0 : (distance - 1) / width + 1;
    range.step = range.count <= 1 ? 1 : step;
  }
  return out;
}

std::vector<int> permutation_of(const std::optional<std::vector<std::int64_t>>& perm,
                                std::size_t rank, const std::string& where) {
  if (!perm) {
    std::vector<int> reversed(rank);
    std::iota(reversed.rbegin(), reversed.rend(), 0);
    return reversed;
  }
  if (perm->size() != rank) bad(where, fmt::format("permutes {} axes of {}", perm->size(), rank));
  return normalised_axes(*perm, rank, where);
}

}  // namespace ripple
