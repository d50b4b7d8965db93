#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ripple/analysis/attention.h"
#include "ripple/base/rng.h"
#include "ripple/eval/evaluator.h"
#include "ripple/eval/gradient.h"
#include "ripple/eval/preprocess.h"
#include "ripple/image/image.h"

namespace ripple {

// Clean against adversarial attention over many attacks: what Kotyan & Vargas, "Deep neural network
// loses attention to adversarial images", show in Fig. 2 to 7, as numbers.

/// Which map.
enum class AttentionMap {
  kSaliency,  ///< plain gradient of the logit, largest absolute value over colours
  kGuided,    ///< the same by guided backpropagation, the paper's choice
  kGradCam,   ///< of Selvaraju et al. at the last convolution, of the logit
};
/// Whose map.
enum class AttentionClass {
  kTrue,         ///< the true class, in both images: Fig. 3 and 6
  kAdversarial,  ///< the class that the attack reached, in both images: Fig. 4 and 7
  kPredicted,    ///< the class that the network sees in each of the images: Fig. 2 and 5
};
/// What was done to the image.
enum class Alteration {
  kPixel,        ///< a successful pixel attack
  kSamePixel,    ///< control: the same pixels in a random colour, without success
  kRandomPixel,  ///< control: as many other pixels in random colours, without success
  kPgd,          ///< a successful PGD attack; near_* are taken at the pixel attack's pixels
};
/// All of them, in the order of tables, figures and CaseAttention::maps.
inline constexpr std::array kAttentionMaps = {AttentionMap::kSaliency, AttentionMap::kGuided,
                                              AttentionMap::kGradCam};
inline constexpr std::array kAttentionClasses = {
    AttentionClass::kTrue, AttentionClass::kAdversarial, AttentionClass::kPredicted};
inline constexpr std::array kAlterations = {Alteration::kPixel, Alteration::kSamePixel,
                                            Alteration::kRandomPixel, Alteration::kPgd};
std::string_view to_string(AttentionMap map);
std::string_view to_string(AttentionClass of);
std::string_view to_string(Alteration alteration);

struct AlteredImage {
  Alteration alteration = Alteration::kPixel;
  Image image;
  std::vector<PixelEdit> at;  ///< where near_* are taken
  int adversarial = 0;        ///< class that stands for kAdversarial
  int predicted = 0;
};

/// One image and what was made of it.
struct AttentionCase {
  std::int64_t index = 0;
  int label = 0;
  Image clean;
  std::vector<AlteredImage> altered;
};

/// The four maps of a clean and an altered image that Fig. 2 to 7 show.
struct MapQuartet {
  Tensor clean_true, clean_adversarial, altered_true, altered_adversarial;
};

struct AttentionRow {
  Alteration alteration = Alteration::kPixel;
  AttentionMap map = AttentionMap::kSaliency;
  AttentionClass of = AttentionClass::kTrue;
  AttentionChange change;
};

/// Whether Grad-CAM changes where the propagation map is large: Spearman over the cells of the last
/// convolution between PM_max and |change of Grad-CAM|.
struct JoinRow {
  Alteration alteration = Alteration::kPixel;
  AttentionClass of = AttentionClass::kTrue;
  double correlation = 0.0;
};

struct CaseAttention {
  std::int64_t index = 0;
  std::vector<AttentionRow> rows;
  std::vector<JoinRow> joins;
  /// [altered image][map]: for figures.
  std::vector<std::vector<MapQuartet>> maps;
};

/// A control of `kind`, kSamePixel or kRandomPixel: as many pixels as the attack's `edits` change,
/// at their places or at distinct others, in random colours that leave the class `label`. Nothing
/// where none of 50 draws does. `adversarial` is the class that the attack reached.
/// Errors: kBadModel where an answer is no number.
std::optional<AlteredImage> draw_control(Evaluator& evaluator, const Image& clean, int label,
                                         std::span<const PixelEdit> edits, int adversarial,
                                         Alteration kind, Rng rng);

/// Compares every altered image with the clean one. `network` has the last convolution as its one
/// wanted value. Cost: two passes forward and back for each image and class.
CaseAttention study_attention(GradientEvaluator& network, const PixelNormalizer& normalizer,
                              const AttentionCase& attack);

/// A number over all cases, with its 95 % interval: bootstrap of the mean, Wilson's of a rate.
struct AttentionFigure {
  std::string metric;
  Alteration alteration = Alteration::kPixel;
  AttentionMap map = AttentionMap::kSaliency;
  AttentionClass of = AttentionClass::kTrue;
  double mean = 0.0, low = 0.0, high = 0.0;
  std::int64_t n = 0;  ///< cases in which the number exists
  /// Two-sided Wilcoxon signed-rank test that a change lies about 0; NaN for what is no change.
  double p = 0.0;
  /// The same of the differences to the comparison in the same image: pixel against same-pixel, PGD
  /// against pixel; NaN for the controls.
  double p_against = 0.0;
};

/// The metrics, in this order: near_before_R, near_after_R, near_change_R, calls_R, diverts_R for
/// each of kAttentionRadii; centre_shift, entropy_before, entropy_change, total_variation,
/// rank_correlation, top_overlap, mass_change, of each class of a map; behind a map's classes
/// total_variation_more, total_variation of the adversarial class minus that of the true class
/// (under kAdversarial); and last propagation_correlation (Grad-CAM only).
std::vector<AttentionFigure> summarise_attention(std::span<const CaseAttention> cases,
                                                 std::uint64_t seed);

}  // namespace ripple
