#include "ripple/analysis/propagation_statistics.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "ripple/base/error.h"

namespace ripple {
namespace {

/// Attacks whose maps are held at one time, for each thread.
constexpr std::int64_t kBlock = 16;

void move_towards(std::vector<double>& mean, const std::vector<float>& values, double count) {
  for (std::size_t i = 0; i < mean.size(); ++i) mean[i] += (values[i] - mean[i]) / count;
}

}  // namespace

PropagationStatistics::PropagationStatistics(std::vector<Layer> layers)
    : layers_(std::move(layers)), clean_(layers_.size()) {
  for (std::size_t group = 0; group < groups_.size(); ++group) {
    for (const Layer& layer : layers_) {
      const auto area =
          static_cast<std::size_t>(layer.rows) * static_cast<std::size_t>(layer.columns);
      LayerAverages averages;
      averages.max.assign(area, 0.0);
      averages.average.assign(area, 0.0);
      groups_[group].push_back(std::move(averages));
    }
    differences_[group].resize(layers_.size());
  }
}

void PropagationStatistics::add(const Trace& trace, const TracedAttack& attack) {
  const auto count = static_cast<double>(++counts_[attack.success]);
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    const LayerMaps& maps = trace.layers[i];
    const LayerNumbers numbers = layer_numbers(maps, layers_[i], attack.edits);
    LayerAverages& averages = groups_[attack.success][i];
    move_towards(averages.max, maps.max, count);
    move_towards(averages.average, maps.average, count);
    averages.mean_difference.add(numbers.mean);
    if (!std::isnan(numbers.peak)) averages.peak.add(numbers.peak);
    if (!std::isnan(numbers.radius)) averages.radius.add(numbers.radius);
    differences_[attack.success][i].push_back(numbers.mean);
    clean_[i].add(maps.clean_mean);
  }
}

RankTest PropagationStatistics::compare(std::size_t layer) const {
  return rank_test(differences_[true][layer], differences_[false][layer]);
}

PropagationStatistics trace_many(const std::vector<TracedAttack>& attacks,
                                 const std::vector<Layer>& layers, const ImageSource& source,
                                 const PropagatorFactory& factory, int threads,
                                 const CancelFlag& cancel,
                                 const std::function<void(std::int64_t, const Trace&)>& on_trace) {
  PropagationStatistics statistics(layers);
  std::vector<std::unique_ptr<Propagator>> propagators(static_cast<std::size_t>(threads));
  const auto total = static_cast<std::int64_t>(attacks.size());
  for (std::int64_t first = 0; first < total; first += kBlock * threads) {
    const std::int64_t count = std::min<std::int64_t>(kBlock * threads, total - first);
    std::vector<Trace> traces(static_cast<std::size_t>(count));
    parallel_for(count, threads, &cancel, [&](std::int64_t i, int worker) {
      auto& propagator = propagators[static_cast<std::size_t>(worker)];
      if (!propagator) propagator = factory();
      const TracedAttack& attack = attacks[static_cast<std::size_t>(first + i)];
      traces[static_cast<std::size_t>(i)] =
          trace_image(*propagator, attack.index, source(attack.index).image, attack.edits);
    });
    if (cancel) throw Error(ErrorCode::kCancelled, "propagation", "stopped before the end");
    for (std::int64_t i = 0; i < count; ++i) {
      on_trace(first + i, traces[static_cast<std::size_t>(i)]);
      statistics.add(traces[static_cast<std::size_t>(i)],
                     attacks[static_cast<std::size_t>(first + i)]);
    }
  }
  return statistics;
}

}  // namespace ripple
