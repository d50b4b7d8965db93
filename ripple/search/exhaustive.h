#pragma once

#include <array>
#include <span>
#include <vector>

#include "ripple/base/rng.h"
#include "ripple/search/search.h"

namespace ripple {

inline constexpr int kColourCorners = 8;  ///< of the colour cube

/// Pixel (x, y) at each corner of the colour cube; bit 0, 1, 2 of the place: red, green, blue 255.
std::array<PixelEdit, kColourCorners> corner_edits(int x, int y);

struct ExhaustiveOptions {
  /// Edits of the last candidates, 1..5. With 1 every candidate is proposed once; with more the
  /// search is greedy: the best edit is kept, and every other pixel is tried beside it.
  int pixels = 1;
  int batch = 400;  ///< candidates a batch at most, 8 or more: a pixel's corners stay together
};

/// Every pixel at the eight corners of the colour cube, 8 * width * height candidates: all of what
/// one pixel at full contrast can do. Pixels come in an order drawn from the stream, so that
/// success against budget is that of a blind search without repeats.
///
/// Greedy extension: round k has k edits a candidate, the k - 1 best so far (in each round the
/// first candidate of the lowest loss) and one that is tried at all other pixels. Each batch has
/// `pixels` edits a candidate; until the last round the last edit stands there several times,
/// which changes nothing (see CandidateBatch).
///
/// Ends: after 8 * (width * height - k + 1) candidates of each round k propose() leaves no
/// candidate.
class ExhaustiveSearch : public Search {
 public:
  /// Errors: kBadArgument naming the option outside its range, or more pixels than the image has.
  ExhaustiveSearch(const ExhaustiveOptions& options, int width, int height, const Rng& rng);

  void propose(CandidateBatch& out) override;
  void observe(std::span<const float> losses) override;

 private:
  void start_round();

  ExhaustiveOptions options_;
  int width_;
  std::vector<int> order_;  // pixels y * width + x as they come in this round
  Rng rng_;
  std::size_t next_ = 0;  // place in order_
  std::vector<PixelEdit> kept_;
  std::vector<PixelEdit> proposed_;  // the edits that the last batch tries
  PixelEdit best_{};                 // of this round
  float best_loss_ = 0.0f;
  bool has_best_ = false;
};

}  // namespace ripple
