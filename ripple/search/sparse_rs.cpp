#include "ripple/search/sparse_rs.h"

#include <algorithm>
#include <cassert>

#include <fmt/format.h>

#include "ripple/base/error.h"
#include "ripple/search/limits.h"

namespace ripple {
namespace {

/// Up to iteration `until` of 10,000 alpha is alpha_init / divisor.
struct Step {
  double until;
  double divisor;
};
constexpr Step kSchedule[] = {{0, 1},    {50, 2},    {200, 4},   {500, 5},  {1000, 6},
                              {2000, 8}, {4000, 10}, {6000, 12}, {8000, 15}};
constexpr double kLastDivisor = 20;
constexpr double kScheduleLength = 10000;

}  // namespace

SparseRs::SparseRs(const SparseRsOptions& options, int width, int height, const Rng& rng)
    : options_(options), width_(width), height_(height), rng_(rng) {
  check_search_limits(options.pixels, options.batch, width, height);
  check_distinct_pixels(options.pixels + 1, width, height);
  if (options.budget < 1) {
    throw Error(ErrorCode::kBadArgument, "budget",
                fmt::format("{} candidates are none; give 1 or more", options.budget));
  }
  if (!(options.alpha > 0.0 && options.alpha <= 1.0)) {
    throw Error(ErrorCode::kBadArgument, "alpha",
                fmt::format("{} is no share; give more than 0 and at most 1", options.alpha));
  }
}

int SparseRs::exchanged(std::int64_t position) const {
  const auto iteration = static_cast<std::int64_t>(
      static_cast<double>(position) / static_cast<double>(options_.budget) * kScheduleLength);
  double divisor = kLastDivisor;
  for (const Step& step : kSchedule) {
    if (static_cast<double>(iteration) > step.until) continue;
    divisor = step.divisor;
    break;
  }
  const int room = static_cast<int>(
      std::min<std::int64_t>(std::int64_t{width_} * height_ - options_.pixels, options_.pixels));
  return std::clamp(static_cast<int>(options_.alpha / divisor * options_.pixels), 1, room);
}

/// A pixel that none of `taken` changes, each alike, at a random corner.
PixelEdit SparseRs::draw_outside(std::span<const PixelEdit> taken) {
  PixelEdit edit;
  const auto is_taken = [&](const PixelEdit& other) {
    return other.x == edit.x && other.y == edit.y;
  };
  do {
    edit.x = static_cast<int>(rng_.below(static_cast<std::uint64_t>(width_)));
    edit.y = static_cast<int>(rng_.below(static_cast<std::uint64_t>(height_)));
  } while (std::any_of(taken.begin(), taken.end(), is_taken));
  const std::uint64_t bits = rng_.next() >> 61;
  edit.r = (bits & 1) != 0 ? 255 : 0;
  edit.g = (bits & 2) != 0 ? 255 : 0;
  edit.b = (bits & 4) != 0 ? 255 : 0;
  return edit;
}

void SparseRs::propose(CandidateBatch& out) {
  out.edits_per_candidate = options_.pixels;
  out.edits.clear();
  std::vector<PixelEdit> set;
  std::vector<PixelEdit> taken;  // what new pixels must not repeat
  for (int i = 0; i < options_.batch; ++i, ++position_) {
    set = best_;
    taken = best_;
    std::size_t fresh = 0;  // edits of `set` that are drawn, the first ones
    if (best_.empty()) {
      set.resize(static_cast<std::size_t>(options_.pixels));
      fresh = set.size();
    } else {
      fresh = static_cast<std::size_t>(exchanged(position_));
      for (std::size_t k = 0; k < fresh; ++k) {
        std::swap(set[k], set[k + rng_.below(set.size() - k)]);
      }
    }
    for (std::size_t k = 0; k < fresh; ++k) taken.push_back(set[k] = draw_outside(taken));
    out.edits.insert(out.edits.end(), set.begin(), set.end());
  }
  proposed_ = out;
}

void SparseRs::observe(std::span<const float> losses) {
  assert(losses.size() == std::size_t(proposed_.size()));
  for (std::size_t i = 0; i < losses.size(); ++i) {
    if (!best_.empty() && !(losses[i] < best_loss_)) continue;
    const auto edits = proposed_.candidate(static_cast<int>(i));
    best_.assign(edits.begin(), edits.end());
    best_loss_ = losses[i];
  }
}

}  // namespace ripple
