#pragma once

#include <span>
#include <vector>

#include "ripple/base/rng.h"
#include "ripple/search/search.h"

namespace ripple {

/// What a child is built on: a random member (rand/1) or the best member so far (best/1).
enum class MutationBase { kRandom, kBest };

/// The weight F of the difference: the same always, or drawn from U(weight, weight_high) once a
/// generation.
enum class WeightRule { kFixed, kDithered };

/// How generation 0 is drawn. x and y are uniform over the image in each of them.
enum class StartRule {
  kGaussian,  ///< colours N(128, 127), then clipped: about 32 % of the channel values are 0 or 255
  kLatinHypercube,  ///< each coordinate stratified: one member in each of `population` equal slices
};

/// What happens to a coordinate of a child that leaves the box.
enum class BoundsRule {
  kClip,    ///< moved to the nearest bound
  kRedraw,  ///< drawn again, uniform over the box
};

/// Where real-valued members live; the evaluated candidate is the nearest integer point (halves
/// up).
enum class MemberBox {
  kCentres,  ///< [0, width-1] x [0, height-1] x [0, 255]^3, the bounds included
  kCells,    ///< [-0.5, width-0.5) and so on: every pixel and every colour value has the same share
};

/// Differential evolution without crossover; defaults are those of the paper.
/// Source: Storn & Price 1997, doi:10.1023/A:1008202821328; Su, Vargas & Sakurai 2019,
/// arXiv:1710.08864, section III-B, equation (4).
struct DifferentialEvolutionOptions {
  int pixels = 1;        ///< edits a candidate, 1..5; a member has 5 * pixels coordinates
  int population = 400;  ///< members, and candidates a batch; at least 4 (distinct partners)
  MutationBase base = MutationBase::kRandom;
  WeightRule weight_rule = WeightRule::kFixed;
  double weight = 0.5;       ///< F, in (0, 2]; the low end where it is dithered
  double weight_high = 1.0;  ///< the high end where it is dithered, in [weight, 2]; else unused
  StartRule start = StartRule::kGaussian;
  BoundsRule bounds = BoundsRule::kClip;
  MemberBox box = MemberBox::kCentres;
};

/// The setting of Su, Vargas & Sakurai: population 400, child = x_r1 + 0.5 (x_r2 - x_r3), no
/// crossover, Gaussian colours.
/// Deviation: the paper draws x and y from U(1, 32). Rounding such draws would give border columns
/// and rows half the share of the others, so the start is U(-0.5, width - 0.5), clipped to the box:
/// uniform over the pixels. Children are left as the formula makes them.
DifferentialEvolutionOptions paper_differential_evolution(int pixels);

/// What the Python tools run through SciPy's `best1bin` (Hyperparticle/one-pixel-attack-keras,
/// ART's PixelAttack): best/1, F from U(0.5, 1) once a generation, recombination 1, Latin hypercube
/// start, a coordinate out of bounds drawn again, population floor(400 / 5d) * 5d (400, 400, 390,
/// 400, 400).
///
/// Same as there: all of this, whole generations as one batch, strict comparison of child and
/// parent, and the share of each pixel and colour (their box [0, w) x [0, 256)^3 with floor is ours
/// with rounding; ART's [0, 255] with truncation never reaches 255). Not the same: (1) the random
/// stream; (2) they copy a new best member over member 0 and lose the one that was there, here each
/// child only meets its own parent; (3) they test the best member once a generation and never
/// generation 0, our loop tests every candidate. SciPy itself (>= 1.4) accepts equal losses; the
/// tools' copies do not.
DifferentialEvolutionOptions scipy_best1bin(int pixels);

/// Synchronous: batch 0 is the initial population; each later batch holds one child of every
/// member, built from the population as it was after the batch before. A child replaces its parent
/// when its loss is lower; equal losses keep the parent ("when it is better"). The best member is
/// therefore the first candidate of the lowest loss observed since the start.
///
/// Assumes: losses are no NaN. Cost: O(population * pixels) a batch, no allocation after the first.
class DifferentialEvolution : public Search {
 public:
  /// Errors: kBadArgument naming the option outside its range.
  DifferentialEvolution(const DifferentialEvolutionOptions& options, int width, int height,
                        const Rng& rng);

  /// Makes these edits generation 0, instead of drawing it. Assumes [population, pixels] edits
  /// inside the image, and that nothing was proposed yet.
  void start_with(std::span<const PixelEdit> members);

  void propose(CandidateBatch& out) override;
  void observe(std::span<const float> losses) override;

  /// Real-valued members and the last batch's, [population, pixels, 5]: x, y, r, g, b.
  std::span<const double> members() const { return members_; }
  std::span<const double> proposed() const { return proposed_; }
  /// Index of the best member; -1 before the first observe().
  int best() const { return best_; }

 private:
  struct Axis {
    double low = 0.0;       // of the box
    double high = 0.0;      // of the box
    double cell_low = 0.0;  // half an integer beyond the outermost integer points
    double cell_high = 0.0;
    int largest = 0;  // integer point
  };

  void start();
  void start_latin_hypercube();
  void breed();
  void keep_inside(std::span<double> member);
  void round_into(CandidateBatch& out) const;

  DifferentialEvolutionOptions options_;
  Rng rng_;
  int dimensions_;          // 5 * pixels
  std::vector<Axis> axes_;  // [5]: x, y, r, g, b
  std::vector<double> members_;
  std::vector<double> proposed_;
  std::vector<float> losses_;  // of members_; empty until generation 0 was observed
  int best_ = -1;
  bool start_is_given_ = false;
};

/// Fills `partners` with distinct members of [0, population) that differ from `parent`, each
/// ordered choice equally likely; one random number each, none thrown away. Assumes partners.size()
/// < population, partners.size() <= 3.
void draw_partners(Rng& rng, int population, int parent, std::span<int> partners);

}  // namespace ripple
