#include "ripple/search/corner_start.h"

#include <algorithm>
#include <cassert>
#include <tuple>

#include "ripple/search/limits.h"

namespace ripple {

CornerStartEvolution::CornerStartEvolution(const DifferentialEvolutionOptions& options, int width,
                                           int height, const Rng& rng)
    : options_(options),
      rng_(rng),
      corners_({.pixels = 1, .batch = options.population}, width, height, Rng{rng_.next()}),
      evolution_(options, width, height, Rng{rng_.next()}) {
  check_distinct_pixels(options.pixels, width, height);
}

void CornerStartEvolution::propose(CandidateBatch& out) {
  if (!evolves_) {
    corners_.propose(single_);
    if (!single_.edits.empty()) {
      out.edits_per_candidate = options_.pixels;
      out.edits.clear();
      for (const PixelEdit& edit : single_.edits) {
        out.edits.insert(out.edits.end(), static_cast<std::size_t>(options_.pixels), edit);
      }
      return;
    }
    evolves_ = true;
    evolution_.start_with(start_members());
  }
  evolution_.propose(out);
}

void CornerStartEvolution::observe(std::span<const float> losses) {
  if (evolves_) {
    evolution_.observe(losses);
    return;
  }
  corners_.observe(losses);
  assert(losses.size() == single_.edits.size());
  for (std::size_t first = 0; first < losses.size(); first += kColourCorners) {
    for (std::size_t i = first; i < first + kColourCorners; ++i) {
      int rank = 0;
      for (std::size_t k = first; k < first + kColourCorners; ++k) {
        rank += losses[k] < losses[i] || (losses[k] == losses[i] && k < i);
      }
      tried_.push_back({single_.edits[i], losses[i], rank});
    }
  }
}

std::vector<PixelEdit> CornerStartEvolution::start_members() {
  std::stable_sort(tried_.begin(), tried_.end(), [](const Tried& a, const Tried& b) {
    return std::tie(a.rank, a.loss) < std::tie(b.rank, b.loss);
  });
  const std::size_t image_pixels = tried_.size() / kColourCorners;
  // The first of `tried_` are of different pixels: enough of them for any member.
  const auto pool = std::min<std::size_t>(
      image_pixels, static_cast<std::size_t>(std::max(options_.population, 2 * options_.pixels)));
  std::vector<PixelEdit> members;
  for (std::size_t m = 0; m < static_cast<std::size_t>(options_.population); ++m) {
    const std::size_t begin = members.size();
    members.push_back(tried_[m % tried_.size()].edit);
    while (members.size() < begin + static_cast<std::size_t>(options_.pixels)) {
      const PixelEdit edit = tried_[rng_.below(pool)].edit;
      const bool taken = std::any_of(
          members.begin() + static_cast<std::ptrdiff_t>(begin), members.end(),
          [&](const PixelEdit& other) { return other.x == edit.x && other.y == edit.y; });
      if (!taken) members.push_back(edit);
    }
  }
  return members;
}

}  // namespace ripple
