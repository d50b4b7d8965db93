#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

#include "ripple/attack/options.h"
#include "ripple/attack/result.h"
#include "ripple/attack/summary.h"
#include "ripple/base/rate.h"

namespace ripple {

// The analyses of Su, Vargas & Sakurai 2019 (arXiv:1710.08864, results) over many attacks of one
// kind: which class becomes which, how far the search had to go, and where the pixels lie. Skipped
// results are in no number but the summary's counts of them. A success is a verified flip
// (AttackResult::success). NaN stands for a number of nothing.

/// What the results are of. Assumes two classes or more, a width and a height of at least 1.
struct PairSetting {
  Goal goal = Goal::kUntargeted;
  Objective objective = Objective::kProbability;
  int classes = 0;
  int width = 0;   ///< of the images, in pixels
  int height = 0;  ///< likewise
};

/// What the attacks on one class came to for another.
struct PairCell {
  /// Targeted: attacks on images of the original class towards the target. Untargeted: attacks on
  /// images of the original class, the same for every other class.
  std::int64_t attacks = 0;
  /// Targeted: that reached the target. Untargeted: that became the class.
  std::int64_t successes = 0;
  /// Candidates scored up to the first flip, over the successes. Untargeted: that flip may have
  /// been to another class than the one that is reported in the end.
  double mean_evaluations_to_success = std::numeric_limits<double>::quiet_NaN();

  /// successes / attacks; NaN of no attacks.
  double rate() const;
};

/// Original class x target class; without attacks on the diagonal, for no class becomes itself.
struct PairMatrix {
  int classes = 0;
  std::vector<PairCell> cells;  ///< [classes, classes]

  const PairCell& at(int original, int target) const;
};

/// Two classes, both of which were driven to each other.
struct PairAsymmetry {
  int from = 0;  ///< the direction of the higher rate; of equal rates from the lower class
  int to = 0;
  PairCell there;           ///< from -> to
  PairCell back;            ///< to -> from
  double difference = 0.0;  ///< of the rates, at least 0
  double p_value = 1.0;     ///< fisher_exact_p: the images of the two directions are different ones
  double p_holm = 1.0;      ///< corrected for all pairs that are listed
};

struct Asymmetry {
  std::vector<PairAsymmetry> pairs;  ///< largest difference first
  std::int64_t differing = 0;        ///< pairs of p_holm < 0.05
  double mean_difference = 0.0;      ///< over pairs
  /// Of the rates and those of the transposed matrix, both ways of each pair.
  double spearman = 0.0;
  /// Its 95 % interval over pairs (both_ways_correlation_interval), as if pairs that share a class
  /// were independent.
  Interval spearman_interval{-1.0, 1.0};
};

/// How many classes an image can be driven to; only images with an attack for each of them count.
struct Reach {
  std::vector<std::int64_t> images;  ///< [classes]: that reach 0, 1, ..., classes - 1 targets
  Rate any;                          ///< images that reach one or more
  double mean = 0.0;                 ///< targets reached by an image
  std::int64_t incomplete = 0;       ///< images left out: the run did not come to all their targets
};

/// The best member's fitness over a group of attacks, a value a generation of FitnessFall. Empty
/// where the group is.
struct FitnessCurve {
  std::int64_t attacks = 0;
  std::vector<double> mean, lower_quartile, median, upper_quartile;
};

/// How the fitness went over the generations. Objective::kProbability: the probability of the
/// driven class (the true one, falling; of a targeted attack the target, rising). kMargin: the
/// loss, a difference of logits, falling. An attack that has stopped keeps its last value.
struct FitnessFall {
  /// 0 to the last generation of any attack; of more than kFitnessPoints that many, evenly spread.
  std::vector<int> generations;
  FitnessCurve successes, failures;
  std::int64_t without_history = 0;  ///< attacks without improvements, in neither curve
};
inline constexpr int kFitnessPoints = 1001;

/// Where the changed pixels of the successes lie and which colours they got.
struct ChangedPixels {
  std::int64_t successes = 0;
  std::vector<std::int64_t> counts;  ///< [height, width]
  /// Changed pixels within the middle half of the columns and of the rows; clustered by image, for
  /// the attacks on one image resemble each other.
  ClusteredRate central;
  double central_expected = 0.0;   ///< of pixels spread evenly
  ClusteredRate border;            ///< in the first or last row or column; clustered likewise
  double border_expected = 0.0;    ///< of pixels spread evenly
  ClusteredRate corner;            ///< at one of the four corners; clustered likewise
  double corner_expected = 0.0;    ///< of pixels spread evenly
  double mean_distance = 0.0;      ///< from the image's centre, Euclidean, in pixels
  double expected_distance = 0.0;  ///< of pixels spread evenly
  ClusteredRate extreme;           ///< colour values that are 0 or 255; clustered likewise
};

/// All of it.
struct ClassPairs {
  AttackSummary summary;
  double mean_evaluations_of_failures = 0.0;  ///< whole attacks
  PairMatrix matrix;
  Asymmetry asymmetry;
  std::optional<Reach> reach;  ///< of Goal::kAllTargets only
  /// How easily images of a class leave it: attacks on them that succeed, clustered by image.
  std::vector<ClusteredRate> by_original;  ///< [classes]
  /// How easily a class is reached. Targeted: attacks towards it that succeed. Untargeted: images
  /// of other classes that became it.
  std::vector<ClusteredRate> by_target;  ///< [classes]
  FitnessFall fitness;
  ChangedPixels pixels;
};

/// Assumes that labels, predictions and targets are below setting.classes, edits inside the image,
/// and targets present or absent as the goal has it. Results in any order give the same numbers.
/// Cost: a sort of the attacks for each generation; an exact test a pair of classes.
ClassPairs class_pairs(const std::vector<AttackResult>& results, const PairSetting& setting);

}  // namespace ripple
