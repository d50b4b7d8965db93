#include "ripple/search/exhaustive.h"

#include <cassert>
#include <numeric>

#include <fmt/format.h>

#include "ripple/base/error.h"
#include "ripple/search/limits.h"

namespace ripple {

std::array<PixelEdit, kColourCorners> corner_edits(int x, int y) {
  std::array<PixelEdit, kColourCorners> edits;
  for (unsigned corner = 0; corner < kColourCorners; ++corner) {
    const auto channel = [&](unsigned bit) {
      return static_cast<std::uint8_t>((corner >> bit & 1u) != 0 ? 255 : 0);
    };
    edits[corner] = {x, y, channel(0), channel(1), channel(2)};
  }
  return edits;
}

ExhaustiveSearch::ExhaustiveSearch(const ExhaustiveOptions& options, int width, int height,
                                   const Rng& rng)
    : options_(options), width_(width), rng_(rng) {
  check_search_limits(options.pixels, options.batch, width, height);
  check_distinct_pixels(options.pixels, width, height);
  if (options.batch < kColourCorners) {
    throw Error(ErrorCode::kBadArgument, "--population",
                fmt::format("the {} corners of a pixel stay in one batch, got a batch of {}; "
                            "raise it",
                            kColourCorners, options.batch));
  }
  order_.resize(std::size_t(width) * height);
  std::iota(order_.begin(), order_.end(), 0);
  start_round();
}

void ExhaustiveSearch::start_round() {
  shuffle(order_, rng_);
  next_ = 0;
  has_best_ = false;
}

void ExhaustiveSearch::propose(CandidateBatch& out) {
  const auto pixels = static_cast<std::size_t>(options_.pixels);
  if (next_ == order_.size() && kept_.size() + 1 < pixels) {
    kept_.push_back(best_);
    std::erase(order_, best_.y * width_ + best_.x);
    start_round();
  }
  proposed_.clear();
  for (int room = options_.batch / kColourCorners; room > 0 && next_ < order_.size(); --room) {
    const int pixel = order_[next_++];
    const auto edits = corner_edits(pixel % width_, pixel / width_);
    proposed_.insert(proposed_.end(), edits.begin(), edits.end());
  }
  out.edits_per_candidate = options_.pixels;
  out.edits.clear();
  for (const PixelEdit& edit : proposed_) {
    out.edits.insert(out.edits.end(), kept_.begin(), kept_.end());
    out.edits.insert(out.edits.end(), pixels - kept_.size(), edit);
  }
}

void ExhaustiveSearch::observe(std::span<const float> losses) {
  assert(losses.size() == proposed_.size());
  for (std::size_t i = 0; i < losses.size(); ++i) {
    if (has_best_ && !(losses[i] < best_loss_)) continue;
    best_ = proposed_[i];
    best_loss_ = losses[i];
    has_best_ = true;
  }
}

}  // namespace ripple
