#pragma once

#include <array>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "ripple/analysis/layers.h"
#include "ripple/eval/delta/delta.h"
#include "ripple/eval/dense/dense.h"
#include "ripple/image/image.h"
#include "ripple/model/model.h"

namespace ripple {

/// How a clean feature map FM and the adversarial one are compared.
enum class Difference {
  kAbsolute,  ///< |FM - FM_adv|: what the paper's text and figures speak of
  kSigned,    ///< FM - FM_adv: what its equations print
};
std::string_view to_string(Difference difference);
/// Errors: kBadArgument for an unknown name.
Difference parse_difference(std::string_view name);

/// The propagation maps of one layer: what an edit changed at each position.
/// Source: Vargas & Su, "Understanding the One-pixel Attack", section 4.
struct LayerMaps {
  int rows = 0;
  int columns = 0;
  std::vector<float> max;      ///< PM_max [rows, columns], eq. (5), (6): largest over the channels
  std::vector<float> average;  ///< PM_avg [rows, columns], eq. (7): mean over the channels
  float clean_max = 0.0f;      ///< largest |clean activation| of the layer: the plots' scale
  double clean_mean = 0.0;     ///< mean |clean activation|; kSigned: mean clean activation
};

/// Compares two feature maps [channels, rows, columns] of one layer.
/// Deviation: eq. (5) and (6) are printed without absolute values, the text says "absolute
/// difference"; `difference` chooses.
LayerMaps compare_feature_maps(std::span<const float> clean, std::span<const float> edited,
                               const Layer& layer, Difference difference);

/// Shares of the layer's largest clean activation above which a position counts as reached.
inline constexpr std::array<double, 3> kSpreadShares = {0.01, 0.05, 0.10};

/// A layer's maps in numbers.
struct LayerNumbers {
  double max = 0.0;   ///< largest value of PM_max
  double peak = 0.0;  ///< max / clean_max; NaN where the clean layer is all zero
  double mean = 0.0;  ///< mean of PM_avg: the mean difference of all activations, as in Fig. 9
  /// Share of the positions where PM_max exceeds kSpreadShares[i] * clean_max.
  std::array<double, 3> spread{};
  /// Mean distance of a position's centre to the nearest edit, in input pixels, weighted by
  /// |PM_avg|. NaN where nothing changed or where cells have no place in the image.
  double radius = 0.0;
  /// Share of the positions whose theoretical receptive field holds an edit: where spread could be.
  double reachable = 0.0;
};
LayerNumbers layer_numbers(const LayerMaps& maps, const Layer& layer,
                           std::span<const PixelEdit> edits);

/// What an edit does on its way through a network.
struct Trace {
  std::vector<LayerMaps> layers;  ///< one a layer asked for
  std::vector<float> clean_logits;
  std::vector<float> edited_logits;
};

/// Follows edits through a network. One object serves one thread.
class Propagator {
 public:
  virtual ~Propagator() = default;
  Propagator() = default;
  Propagator(const Propagator&) = delete;
  Propagator& operator=(const Propagator&) = delete;

  /// `clean` is [H, W, 3] in the network's size. Edits equal to the clean colour change nothing.
  /// Errors: kBadData where the size is another, kBadArgument where an edit lies outside, kBadModel
  /// naming the layer whose numbers overflow.
  virtual Trace trace(const Image& clean, std::span<const PixelEdit> edits) = 0;
};

/// trace() of image `index`, which its errors about the network name too.
Trace trace_image(Propagator& propagator, std::int64_t index, const Image& clean,
                  std::span<const PixelEdit> edits);

/// Clean and edited image as one batch on LibTorch. Keeps a reference to `model`, which must
/// outlive it. Cost: two passes of the network a trace. Errors: those of make_dense_activations.
std::unique_ptr<Propagator> make_dense_propagator(const Model& model, std::vector<Layer> layers,
                                                  Difference difference,
                                                  const DenseOptions& options = {});

/// The same on the delta engine, which computes only what an edit reaches: exactly zero where
/// nothing changed. Works without LibTorch.
class DeltaPropagation {
 public:
  /// Prepares the network once for all threads. Errors: kUnsupportedOp as make_delta_plan.
  DeltaPropagation(const Model& model, std::vector<Layer> layers, Difference difference,
                   const DeltaOptions& options = {});
  /// One for a thread. Cost: a trace is a refresh and an update.
  std::unique_ptr<Propagator> make() const;

 private:
  std::shared_ptr<const delta::DeltaPlan> plan_;
  std::vector<Layer> layers_;
  Difference difference_;
  DeltaOptions options_;
};

/// By the oracle: slow, double precision, nothing where nothing changed. Keeps a reference to
/// `model`.
std::unique_ptr<Propagator> make_reference_propagator(const Model& model, std::vector<Layer> layers,
                                                      Difference difference);

}  // namespace ripple
