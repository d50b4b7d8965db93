#pragma once

#include <span>

#include "ripple/base/rng.h"
#include "ripple/search/search.h"

namespace ripple {

/// Colours of a random candidate.
enum class RandomColours {
  kUniform,  ///< all 256^3 alike
  kCorners,  ///< the 8 corners of the colour cube: every channel 0 or 255
};

struct RandomSearchOptions {
  int pixels = 1;   ///< edits a candidate, 1..5
  int batch = 400;  ///< candidates a batch, as many as differential evolution's population
  RandomColours colours = RandomColours::kUniform;
};

/// Independent candidates: pixels uniform over the image, with replacement (two edits of a
/// candidate on one pixel count as one), colours as asked for. What an optimiser has to beat at
/// equal evaluations.
class RandomSearch : public Search {
 public:
  /// Errors: kBadArgument naming the option outside its range.
  RandomSearch(const RandomSearchOptions& options, int width, int height, const Rng& rng);

  void propose(CandidateBatch& out) override;
  void observe(std::span<const float> losses) override;  ///< learns nothing

 private:
  RandomSearchOptions options_;
  int width_;
  int height_;
  Rng rng_;
};

}  // namespace ripple
