#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "ripple/analysis/propagation.h"
#include "ripple/attack/workers.h"
#include "ripple/base/parallel.h"
#include "ripple/base/statistics.h"

namespace ripple {

/// One attack whose edits are followed.
struct TracedAttack {
  std::int64_t index = 0;  ///< of the image
  std::vector<PixelEdit> edits;
  bool success = false;
};

/// One layer over a group of attacks, unscaled as in the paper.
struct LayerAverages {
  std::vector<double> max;      ///< [rows, columns], mean of PM_max
  std::vector<double> average;  ///< [rows, columns], mean of PM_avg: Fig. 7 and 8
  RunningMean mean_difference;  ///< of all activations, an attack a value: Fig. 9
  RunningMean peak;    ///< LayerNumbers::peak; attacks on layers that are all zero left out
  RunningMean radius;  ///< input pixels; attacks that changed nothing left out
};

/// Propagation maps over many attacks. Source: Vargas & Su, section 6.
class PropagationStatistics {
 public:
  explicit PropagationStatistics(std::vector<Layer> layers);

  /// Adds an attack. Memory: maps are running means; of an attack one number a layer is kept, for
  /// the rank test.
  void add(const Trace& trace, const TracedAttack& attack);

  const std::vector<Layer>& layers() const { return layers_; }
  std::int64_t count(bool success) const { return counts_[success]; }
  const LayerAverages& of(bool success, std::size_t layer) const { return groups_[success][layer]; }
  /// Mean activation of the clean images, see LayerMaps::clean_mean: Fig. 9.
  const RunningMean& clean(std::size_t layer) const { return clean_[layer]; }

  /// Whether the mean difference of a layer is larger in successes (the first group) than in
  /// failures. Deviation: the paper looks at the curves only. One layer's p value is not corrected
  /// for the number of layers.
  RankTest compare(std::size_t layer) const;

 private:
  std::vector<Layer> layers_;
  std::array<std::int64_t, 2> counts_{};
  std::array<std::vector<LayerAverages>, 2> groups_;             // failures, successes
  std::array<std::vector<std::vector<double>>, 2> differences_;  // group, layer, attack
  std::vector<RunningMean> clean_;
};

using PropagatorFactory = std::function<std::unique_ptr<Propagator>()>;

/// Follows all attacks on up to `threads` threads, one propagator for each, and adds them in their
/// order: the same numbers for any number of threads. `on_trace` gets each attack's place and
/// trace, in that order.
/// Errors: kCancelled when `cancel` is set; those of `source` and of the propagators, of the lowest
/// failing attack.
PropagationStatistics trace_many(const std::vector<TracedAttack>& attacks,
                                 const std::vector<Layer>& layers, const ImageSource& source,
                                 const PropagatorFactory& factory, int threads,
                                 const CancelFlag& cancel,
                                 const std::function<void(std::int64_t, const Trace&)>& on_trace);

}  // namespace ripple
