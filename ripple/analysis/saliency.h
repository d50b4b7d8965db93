#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "ripple/base/array.h"
#include "ripple/eval/gradient.h"

namespace ripple {

/// What a saliency map is made of.
enum class SaliencyMethod {
  kGradient,  ///< d score / d input (Simonyan et al. 2013, arXiv:1312.6034)
  /// Mean of the gradients of noisy copies (Smilkov et al. 2017, arXiv:1706.03825).
  kSmoothGrad,
  /// (input - black) times the mean gradient on the straight way from the black image to the input;
  /// its sum is the difference of the two scores (Sundararajan et al. 2017, arXiv:1703.01365).
  kIntegratedGradients,
};
SaliencyMethod parse_saliency_method(std::string_view name);

struct SaliencyOptions {
  SaliencyMethod method = SaliencyMethod::kGradient;
  /// Deviation: the g of Kotyan & Vargas is the probability, Score::kProbability.
  Score score = Score::kLogit;
  /// The backward pass through rectifiers. kGuided is the paper's choice; it and kDeconvnet show
  /// edges of the image more than what the network has learned and look alike for a network of
  /// random weights (Adebayo et al. 2018, arXiv:1810.03292), so that kPlain stands first here.
  ReluRule rule = ReluRule::kPlain;
  int samples = 50;     ///< noisy copies, or steps on the way
  double noise = 0.15;  ///< of kSmoothGrad: standard deviation, as a share of the input's range
  std::uint64_t seed = 1;
};

/// Errors: kBadArgument naming the option that is out of range.
void check_saliency_options(const SaliencyOptions& options);

/// Of one image and one class.
struct SaliencyMap {
  Tensor signed_map;  ///< [C, H, W]: by the preprocessed input, signs kept
  Tensor map;         ///< [H, W]: largest |signed_map| over the channels
};

/// Largest absolute value over the channels: [C, H, W] -> [H, W].
/// Source: Kotyan & Vargas, "Deep neural network loses attention to adversarial images", eq. (7).
Tensor max_over_channels(const Tensor& signed_map);

/// Saliency of class classes[i] in image i of a batch of preprocessed images [n, C, H, W]; `black`
/// is the preprocessed black image [C, H, W], the baseline of kIntegratedGradients. Noise is keyed
/// by (seed, keys[i]), usually the image's index. Errors: those of GradientEvaluator::run() and of
/// check_saliency_options(). Cost: one gradient an image, or `samples`.
std::vector<SaliencyMap> saliency(GradientEvaluator& network, const Tensor& inputs,
                                  std::span<const int> classes, std::span<const std::int64_t> keys,
                                  const Tensor& black, const SaliencyOptions& options);

}  // namespace ripple
