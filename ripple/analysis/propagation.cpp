#include "ripple/analysis/propagation.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "ripple/base/error.h"
#include "ripple/base/names.h"
#include "ripple/eval/preprocess.h"
#include "ripple/eval/reference/reference.h"

namespace ripple {
namespace {

constexpr Named<Difference> kDifferences[] = {{"absolute", Difference::kAbsolute},
                                              {"signed", Difference::kSigned}};

/// Distance, in input pixels, of the centre of a cell's receptive field to the nearest edit.
double distance(const ReceptiveField& field, int row, int column,
                std::span<const PixelEdit> edits) {
  const auto centre = [&](std::size_t axis, int cell) {
    return static_cast<double>(field.start[axis] + field.jump[axis] * cell) +
           0.5 * static_cast<double>(field.size[axis] - 1);
  };
  double nearest = std::numeric_limits<double>::infinity();
  for (const PixelEdit& edit : edits) {
    nearest = std::min(nearest, std::hypot(centre(0, row) - edit.y, centre(1, column) - edit.x));
  }
  return nearest;
}

/// Two preprocessed images as a batch.
Tensor pair_of(Tensor clean, const Tensor& edited) {
  clean.shape.insert(clean.shape.begin(), 2);
  clean.data.insert(clean.data.end(), edited.data.begin(), edited.data.end());
  return clean;
}

/// Checks a trace's arguments and makes both inputs.
class Inputs {
 public:
  explicit Inputs(const Model& model) : graph_(model.graph), normalizer_(make_normalizer(model)) {}

  std::pair<Tensor, Tensor> operator()(const Image& clean, std::span<const PixelEdit> edits) const {
    check_image_size(graph_, clean);
    check_edits(edits, clean.width, clean.height);
    Image edited = clean;
    apply_edits(edited, edits);
    return {preprocess(normalizer_, clean), preprocess(normalizer_, edited)};
  }

 private:
  const Graph& graph_;
  PixelNormalizer normalizer_;
};

std::vector<ValueId> values_of(const std::vector<Layer>& layers, ValueId logits) {
  std::vector<ValueId> values;
  for (const Layer& layer : layers) values.push_back(layer.value);
  values.push_back(logits);
  return values;
}

class DensePropagator final : public Propagator {
 public:
  DensePropagator(const Model& model, std::vector<Layer> layers, Difference difference,
                  const DenseOptions& options)
      : inputs_(model),
        layers_(std::move(layers)),
        difference_(difference),
        activations_(
            make_dense_activations(model.graph, values_of(layers_, model.graph.logits), options)) {}

  Trace trace(const Image& clean, std::span<const PixelEdit> edits) override {
    auto [before, after] = inputs_(clean, edits);
    const std::vector<Tensor> both = activations_->run(pair_of(std::move(before), after));
    const auto half = [&](std::size_t i, std::size_t which) {
      const std::size_t size = both[i].data.size() / 2;
      return std::span(both[i].data).subspan(which * size, size);
    };
    Trace trace;
    for (std::size_t i = 0; i < layers_.size(); ++i) {
      trace.layers.push_back(compare_feature_maps(half(i, 0), half(i, 1), layers_[i], difference_));
    }
    const auto clean_logits = half(layers_.size(), 0);
    const auto edited_logits = half(layers_.size(), 1);
    trace.clean_logits.assign(clean_logits.begin(), clean_logits.end());
    trace.edited_logits.assign(edited_logits.begin(), edited_logits.end());
    return trace;
  }

 private:
  Inputs inputs_;
  std::vector<Layer> layers_;
  Difference difference_;
  std::unique_ptr<DenseActivations> activations_;
};

class ReferencePropagator final : public Propagator {
 public:
  ReferencePropagator(const Model& model, std::vector<Layer> layers, Difference difference)
      : graph_(model.graph), inputs_(model), layers_(std::move(layers)), difference_(difference) {}

  Trace trace(const Image& clean, std::span<const PixelEdit> edits) override {
    const auto [before, after] = inputs_(clean, edits);
    const auto clean_values = reference_activations(graph_, before);
    const auto edited_values = reference_activations(graph_, after);
    const auto floats = [](const std::vector<Array<double>>& values, ValueId id) {
      const std::vector<double>& data = values[static_cast<std::size_t>(id)].data;
      return std::vector<float>(data.begin(), data.end());
    };
    Trace trace;
    for (const Layer& layer : layers_) {
      trace.layers.push_back(compare_feature_maps(floats(clean_values, layer.value),
                                                  floats(edited_values, layer.value), layer,
                                                  difference_));
    }
    trace.clean_logits = floats(clean_values, graph_.logits);
    trace.edited_logits = floats(edited_values, graph_.logits);
    return trace;
  }

 private:
  const Graph& graph_;
  Inputs inputs_;
  std::vector<Layer> layers_;
  Difference difference_;
};

/// The network with all wanted values, one behind the other, in place of its logits. A value that
/// is wanted has one more reader, so that the engine folds nothing into it.
Model observed(const Model& model, const std::vector<Layer>& layers) {
  Model out = model;
  Graph& graph = out.graph;
  std::vector<ValueId> parts;
  const auto add = [&](const std::string& name, Op op, std::vector<ValueId> inputs, Shape shape) {
    const auto id = static_cast<ValueId>(graph.values.size());
    graph.values.push_back({name, std::move(shape)});
    graph.nodes.push_back({name, std::move(op), std::move(inputs), id});
    return id;
  };
  std::int64_t total = 0;
  for (const ValueId value : values_of(layers, graph.logits)) {
    const Shape shape = {element_count(graph.shape(value))};
    total += shape[0];
    parts.push_back(
        add("observed " + std::to_string(parts.size()), Reshape{shape}, {value}, shape));
  }
  graph.logits = add("observed", Concat{0}, parts, {total});
  return out;
}

class DeltaPropagator final : public Propagator {
 public:
  DeltaPropagator(std::shared_ptr<const delta::DeltaPlan> plan, std::vector<Layer> layers,
                  Difference difference, const DeltaOptions& options)
      : layers_(std::move(layers)),
        difference_(difference),
        evaluator_(make_delta_evaluator(std::move(plan), options)),
        edited_(static_cast<std::size_t>(evaluator_->classes())) {}

  Trace trace(const Image& clean, std::span<const PixelEdit> edits) override {
    evaluator_->refresh(clean);
    check_edits(edits, clean.width, clean.height);
    const std::span<const float> before = evaluator_->clean_logits();
    if (edits.empty()) {
      edited_.assign(before.begin(), before.end());
    } else {
      evaluator_->score({static_cast<int>(edits.size()), {edits.begin(), edits.end()}}, edited_);
    }
    const std::span<const float> after(edited_);
    Trace trace;
    std::size_t at = 0;
    for (const Layer& layer : layers_) {
      const auto size = static_cast<std::size_t>(layer.channels) *
                        static_cast<std::size_t>(layer.rows) *
                        static_cast<std::size_t>(layer.columns);
      trace.layers.push_back(compare_feature_maps(before.subspan(at, size), after.subspan(at, size),
                                                  layer, difference_));
      at += size;
    }
    trace.clean_logits.assign(before.begin() + std::ptrdiff_t(at), before.end());
    trace.edited_logits.assign(after.begin() + std::ptrdiff_t(at), after.end());
    return trace;
  }

 private:
  std::vector<Layer> layers_;
  Difference difference_;
  std::unique_ptr<DeltaEvaluator> evaluator_;
  std::vector<float> edited_;
};

}  // namespace

DeltaPropagation::DeltaPropagation(const Model& model, std::vector<Layer> layers,
                                   Difference difference, const DeltaOptions& options)
    : plan_(make_delta_plan(observed(model, layers), options)),
      layers_(std::move(layers)),
      difference_(difference),
      options_(options) {}

std::unique_ptr<Propagator> DeltaPropagation::make() const {
  return std::make_unique<DeltaPropagator>(plan_, layers_, difference_, options_);
}

std::string_view to_string(Difference difference) {
  return name_of<Difference>(kDifferences, difference);
}

Difference parse_difference(std::string_view name) {
  return value_of<Difference>(kDifferences, "--difference", name);
}

Trace trace_image(Propagator& propagator, std::int64_t index, const Image& clean,
                  std::span<const PixelEdit> edits) {
  try {
    return propagator.trace(clean, edits);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kBadModel) throw;
    throw Error(error.code(), fmt::format("image {}, {}", index, error.where()), error.problem());
  }
}

LayerMaps compare_feature_maps(std::span<const float> clean, std::span<const float> edited,
                               const Layer& layer, Difference difference) {
  const std::size_t area =
      static_cast<std::size_t>(layer.rows) * static_cast<std::size_t>(layer.columns);
  const bool absolute = difference == Difference::kAbsolute;
  LayerMaps maps;
  maps.rows = layer.rows;
  maps.columns = layer.columns;
  maps.max.assign(area, absolute ? 0.0f : -std::numeric_limits<float>::infinity());
  std::vector<double> sums(area, 0.0);
  double clean_sum = 0.0;
  for (int channel = 0; channel < layer.channels; ++channel) {
    const std::size_t first = static_cast<std::size_t>(channel) * area;
    for (std::size_t i = 0; i < area; ++i) {
      const float before = clean[first + i];
      const float change = before - edited[first + i];
      if (!std::isfinite(change)) {
        throw Error(ErrorCode::kBadModel, fmt::format("layer '{}'", layer.name),
                    "its activations overflow; check the network's weights and preprocessing");
      }
      const float size = absolute ? std::abs(change) : change;
      maps.max[i] = std::max(maps.max[i], size);
      sums[i] += size;
      maps.clean_max = std::max(maps.clean_max, std::abs(before));
      clean_sum += absolute ? std::abs(before) : before;
    }
  }
  maps.average.resize(area);
  for (std::size_t i = 0; i < area; ++i)
    maps.average[i] = static_cast<float>(sums[i] / layer.channels);
  maps.clean_mean = clean_sum / static_cast<double>(clean.size());
  return maps;
}

LayerNumbers layer_numbers(const LayerMaps& maps, const Layer& layer,
                           std::span<const PixelEdit> edits) {
  LayerNumbers numbers;
  const auto area = static_cast<double>(maps.max.size());
  double sum = 0.0;
  double weights = 0.0;
  double distances = 0.0;
  std::array<int, kSpreadShares.size()> above{};
  int reachable = 0;
  for (int row = 0; row < maps.rows; ++row) {
    for (int column = 0; column < maps.columns; ++column) {
      const std::size_t i = static_cast<std::size_t>(row) * maps.columns + column;
      sum += maps.average[i];
      for (std::size_t k = 0; k < above.size(); ++k)
        above[k] += maps.max[i] > kSpreadShares[k] * maps.clean_max;
      reachable += std::any_of(edits.begin(), edits.end(), [&](const PixelEdit& edit) {
        return field_holds(layer.field, row, column, edit.x, edit.y);
      });
      const double weight = std::abs(maps.average[i]);
      if (weight == 0.0) continue;
      weights += weight;
      distances += weight * distance(layer.field, row, column, edits);
    }
  }
  constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
  numbers.max = *std::max_element(maps.max.begin(), maps.max.end());
  numbers.peak = maps.clean_max > 0.0f ? numbers.max / maps.clean_max : kNone;
  numbers.mean = sum / area;
  for (std::size_t k = 0; k < above.size(); ++k) numbers.spread[k] = above[k] / area;
  numbers.radius =
      weights > 0.0 && !edits.empty() && !layer.field.global ? distances / weights : kNone;
  numbers.reachable = reachable / area;
  return numbers;
}

std::unique_ptr<Propagator> make_dense_propagator(const Model& model, std::vector<Layer> layers,
                                                  Difference difference,
                                                  const DenseOptions& options) {
  return std::make_unique<DensePropagator>(model, std::move(layers), difference, options);
}

std::unique_ptr<Propagator> make_reference_propagator(const Model& model, std::vector<Layer> layers,
                                                      Difference difference) {
  return std::make_unique<ReferencePropagator>(model, std::move(layers), difference);
}

}  // namespace ripple
