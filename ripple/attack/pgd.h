#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ripple/attack/options.h"
#include "ripple/attack/result.h"
#include "ripple/attack/workers.h"
#include "ripple/base/parallel.h"
#include "ripple/eval/evaluator.h"
#include "ripple/eval/gradient.h"
#include "ripple/image/image.h"
#include "ripple/model/model.h"

namespace ripple {

/// How far an adversarial image may be from the clean one.
enum class Norm {
  kLinf,  ///< the largest change of a colour component
  kL2,    ///< the root of the sum of squared changes of all components
};
std::string_view to_string(Norm norm);
Norm parse_norm(std::string_view name);

/// Projected gradient descent. Source: Madry et al. 2018, arXiv:1706.06083; of one iteration with
/// step = eps the fast gradient sign method, Goodfellow et al. 2014, arXiv:1412.6572. Defaults are
/// the usual setting for CIFAR-10. All lengths are in 0..255 units of the image.
struct PgdOptions {
  Norm norm = Norm::kLinf;
  double eps = 8.0;   ///< largest distance from the clean image
  double step = 2.0;  ///< length of one step, in the same norm
  int iterations = 20;
  bool random_start = false;      ///< each run starts at a random point of the eps ball
  int restarts = 1;               ///< runs in all; more than 1 needs random_start
  Goal goal = Goal::kUntargeted;  ///< kUntargeted, kTarget or kLeastLikely
  int target = -1;                ///< class index, for Goal::kTarget only; else -1
  std::uint64_t seed = 1;
};

/// One step of length eps.
PgdOptions fgsm_preset(double eps = 8.0);

/// What the toolbox that Kotyan & Vargas used does by default: 0.3, 0.1 and 100 iterations in [0,
/// 1] units (Nicolae et al. 2018, arXiv:1807.01069), which is 76.5 and 25.5 here.
PgdOptions pgd_toolbox_preset();

/// Errors: kBadArgument naming the option that is out of range for a network of `classes` classes,
/// or that contradicts another.
void check_pgd_options(const PgdOptions& options, int classes);

/// What one attack on one image came to; classes and probabilities are those of full passes over
/// 8-bit images.
struct PgdResult {
  std::int64_t index = 0;
  std::string name;
  int label = 0;
  bool label_assumed = false;
  std::optional<int> target;
  SkipReason skipped = SkipReason::kNone;
  bool success = false;
  int predicted = 0;               ///< class of the adversarial image; the clean one's if skipped
  double confidence_before = 0.0;  ///< true class, clean image
  double confidence_after = 0.0;   ///< true class, adversarial image
  double confidence_predicted = 0.0;  ///< class `predicted`, adversarial image
  int linf = 0;                       ///< distance from the clean image
  double l2 = 0.0;
  int pixels = 0;              ///< pixels that differ
  std::int64_t gradients = 0;  ///< passes forward and back
  Image adversarial;           ///< the clean image where skipped
};

/// What attacks: a network's gradients, and an independent full pass that verifies the 8-bit image.
struct PgdNetwork {
  std::unique_ptr<GradientEvaluator> gradients;
  std::unique_ptr<Evaluator> verifier;
};
using PgdNetworkFactory = std::function<PgdNetwork()>;

/// Attacks a batch of images together; `images[i]` is image `indices[i]` of its data in the
/// network's size.
///
/// Every iteration moves each image by `step` along the sign (L2: the direction) of the gradient of
/// the cross entropy, up for the true class or down for the target, and takes it back into the eps
/// ball and into 0..255 (L2: rounding to 8 bits can undo a change under half a grey level a
/// component). The last iterate is rounded to 8 bits inside the ball and classified by a
/// full pass; of several runs the first that succeeds counts, or where none does the one with the
/// lowest true-class (highest target) probability. Images that are not classified as their label,
/// or whose label is the target, are skipped as by attack_image(); an image without a label is
/// attacked away from its clean prediction.
///
/// Random streams are keyed by (seed, image index, run, target). The same batch gives the same
/// images; another composition of the batch can change them by the rounding of gradients.
/// Errors: those of check_pgd_options(), kBadData where a label is no class of the network,
/// kBadModel where a logit is no finite number, the network's, kCancelled.
std::vector<PgdResult> pgd_attack(PgdNetwork& network, const Preprocessing& preprocessing,
                                  std::span<const Sample> images,
                                  std::span<const std::int64_t> indices, const PgdOptions& options,
                                  const CancelFlag* cancel);

/// Attacks the images `indices` of `source` in blocks of 16 on up to `threads` threads, each with a
/// network of its own. `on_result` gets one result at a time, in the order of `indices`: the same
/// results for any number of threads. Returns whether all was done; false only after `cancel`.
/// Errors: those of pgd_attack() and of `source`, or what `on_result` throws.
bool pgd_attack_many(const std::vector<std::int64_t>& indices, const ImageSource& source,
                     const PgdNetworkFactory& factory, const Preprocessing& preprocessing,
                     const PgdOptions& options, int threads, const CancelFlag* cancel,
                     const std::function<void(const PgdResult&)>& on_result);

}  // namespace ripple
