#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "ripple/base/rng.h"
#include "ripple/search/search.h"

namespace ripple {

struct SparseRsOptions {
  int pixels = 1;  ///< k of the paper: edits a candidate, all on different pixels, 1..5
  /// Candidates built from the same best set before it can change. The paper has 1.
  int batch = 1;
  std::int64_t budget = 40400;  ///< candidates in all that the schedule is stretched to
  /// Share of the pixels that is exchanged at the start, in (0, 1]: the default of the authors'
  /// code. They give 0.3 for 150 pixels of ImageNet images; up to five pixels that is always one.
  double alpha = 0.8;
};

/// Sparse-RS for L0: random search over sets of `pixels` pixels with colours at the corners of the
/// colour cube. A candidate exchanges some pixels of the best set for new ones outside it, at
/// random corners; it becomes the best set when its loss is lower.
/// Source: Croce, Andriushchenko, Singh, Flammarion & Hein 2022, arXiv:2006.12834, algorithm 1 and
/// the section on L0; the schedule is that of the authors' code.
/// Deviation: the loss is the attack's objective; the paper's for untargeted attacks is
/// Objective::kMargin. The published search accepts any flip; stop rules see to that here.
///
/// With one pixel each candidate is a new pixel at a random corner, whatever was learned: random
/// search over corners that never repeats the best pixel.
class SparseRs : public Search {
 public:
  /// Errors: kBadArgument naming the option outside its range, or an image without a pixel to
  /// exchange.
  SparseRs(const SparseRsOptions& options, int width, int height, const Rng& rng);

  void propose(CandidateBatch& out) override;
  void observe(std::span<const float> losses) override;

  /// Pixels that candidate `position` (from 0) exchanges.
  int exchanged(std::int64_t position) const;

 private:
  PixelEdit draw_outside(std::span<const PixelEdit> taken);

  SparseRsOptions options_;
  int width_;
  int height_;
  Rng rng_;
  std::int64_t position_ = 0;  // of the next candidate
  CandidateBatch proposed_;
  std::vector<PixelEdit> best_;  // empty before the first observe()
  float best_loss_ = 0.0f;
};

}  // namespace ripple
