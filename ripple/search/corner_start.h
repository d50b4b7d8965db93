#pragma once

#include <span>
#include <vector>

#include "ripple/base/rng.h"
#include "ripple/search/differential_evolution.h"
#include "ripple/search/exhaustive.h"
#include "ripple/search/search.h"

namespace ripple {

/// Differential evolution that starts where single pixels at full contrast do most. First every
/// pixel at the corners of the colour cube is tried alone (see ExhaustiveSearch; all of these
/// candidates are proposed and so counted). Then the evolution's generation 0 is made of them: each
/// pixel's best corner in the order of the losses, then each pixel's second best, and so on. With
/// more than one edit a candidate, the member's other edits are drawn from the best corners of
/// other pixels.
///
/// The members of generation 0 with one edit are evaluated a second time: `population` candidates
/// that the repeat table answers, but that count.
class CornerStartEvolution : public Search {
 public:
  /// Errors: those of ExhaustiveSearch and DifferentialEvolution.
  CornerStartEvolution(const DifferentialEvolutionOptions& options, int width, int height,
                       const Rng& rng);

  void propose(CandidateBatch& out) override;
  void observe(std::span<const float> losses) override;

 private:
  struct Tried {
    PixelEdit edit;
    float loss = 0.0f;
    int rank = 0;  // among the corners of its pixel
  };

  std::vector<PixelEdit> start_members();

  DifferentialEvolutionOptions options_;
  Rng rng_;
  ExhaustiveSearch corners_;
  DifferentialEvolution evolution_;
  CandidateBatch single_;  // the last batch of corners_
  std::vector<Tried> tried_;
  bool evolves_ = false;
};

}  // namespace ripple
