#include "ripple/search/random_search.h"

#include "ripple/search/limits.h"

namespace ripple {

RandomSearch::RandomSearch(const RandomSearchOptions& options, int width, int height,
                           const Rng& rng)
    : options_(options), width_(width), height_(height), rng_(rng) {
  check_search_limits(options.pixels, options.batch, width, height);
}

void RandomSearch::propose(CandidateBatch& out) {
  out.edits_per_candidate = options_.pixels;
  out.edits.resize(std::size_t(options_.batch) * options_.pixels);
  for (PixelEdit& edit : out.edits) {
    edit.x = static_cast<int>(rng_.below(static_cast<std::uint64_t>(width_)));
    edit.y = static_cast<int>(rng_.below(static_cast<std::uint64_t>(height_)));
    // The upper bits of one number are enough for three channels.
    const std::uint64_t bits = rng_.next() >> 40;
    const auto channel = [&](int which) {
      const auto byte = static_cast<std::uint8_t>(bits >> (8 * which));
      if (options_.colours == RandomColours::kUniform) return byte;
      return static_cast<std::uint8_t>(byte < 128 ? 0 : 255);
    };
    edit.r = channel(0);
    edit.g = channel(1);
    edit.b = channel(2);
  }
}

void RandomSearch::observe(std::span<const float>) {}

}  // namespace ripple
