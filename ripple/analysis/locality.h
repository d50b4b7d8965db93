#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "ripple/base/rate.h"
#include "ripple/eval/evaluator.h"
#include "ripple/image/image.h"

namespace ripple {

// Locality analysis of Vargas & Su (section 7, Table 1): does a change that works at one place work
// at another? "The same perturbation" can be read in two ways; both are offered.

/// What stays the same when an edit moves.
enum class SamePerturbation {
  kColour,      ///< the pixel gets the same RGB value
  kDifference,  ///< each channel changes by the same amount, clipped to 0..255
};
std::string_view to_string(SamePerturbation perturbation);
SamePerturbation parse_same_perturbation(std::string_view name);

/// A move of all edits of an attack: to column + dx, row + dy.
struct Offset {
  int dx = 0;
  int dy = 0;

  bool operator==(const Offset&) const = default;
};
/// Steps of a king on a chessboard: what square kernels are measured by.
int distance(const Offset& offset);

struct LocalityOptions {
  SamePerturbation perturbation = SamePerturbation::kColour;
  std::uint64_t seed = 1;    ///< of the random and the nearby place
  bool every_pixel = false;  ///< evaluates all places, not only the paper's and the neighbours
};

/// An attack whose edits are moved.
struct LocalityCase {
  std::int64_t index = 0;  ///< of the image: keys the random choices
  Image clean;
  std::vector<PixelEdit> edits;  ///< at least one, inside the image
  int label = 0;                 ///< true class
  std::optional<int> target;     ///< absent: any other class is a success
};

/// Whether the edits reach the goal at one place.
struct MovedOutcome {
  Offset offset;
  bool success = false;
};

/// Successes are by the evaluator's scores, like the failures that they are counted with.
struct LocalityResult {
  bool original = false;  ///< at the edits' own place
  /// At one place drawn uniformly from all others, and from the up to eight next to it; absent
  /// where there is no other place. Deviation: the paper does not say whether its random pixel may
  /// be the original one; here it is not.
  std::optional<bool> random;
  std::optional<bool> nearby;
  std::int64_t neighbours = 0;  ///< of the eight, those inside the image
  std::int64_t neighbour_successes = 0;
  /// With every_pixel: every other place, rows from the top.
  std::vector<MovedOutcome> moved;
};

/// The edits moved by `offset`; nothing where one of them would leave the image.
std::optional<std::vector<PixelEdit>> move_edits(const LocalityCase& attack, const Offset& offset,
                                                 SamePerturbation perturbation);

/// Moves the edits of one attack. Several edits move together. The same options give the same
/// result, whatever other attacks are analysed. Assumes nothing of the evaluator's clean image: it
/// is refreshed. Errors: kBadModel where a logit is no finite number; those of refresh().
/// Cost: up to 10 candidates, or one for each pixel with every_pixel.
LocalityResult locality(const LocalityCase& attack, const LocalityOptions& options,
                        Evaluator& evaluator);

/// The results of many attacks.
class LocalityTotals {
 public:
  LocalityTotals(int width, int height);

  /// Adds a result on a width x height image.
  void add(const LocalityResult& result);

  ClusteredRate original, random, nearby, neighbours, every_pixel;

  /// By distance: [0] is the original place, the last one max(width, height) - 1.
  const std::vector<ClusteredRate>& by_distance() const { return by_distance_; }
  /// Places at a distance of 1 to `most`.
  ClusteredRate within(int most) const;

  /// Share of successes by offset: [2 height - 1, 2 width - 1], no offset in the middle; NaN where
  /// nothing was tried. trials() counts them. Both in the order that a heat map is drawn in.
  std::vector<float> rate_by_offset() const;
  const std::vector<std::int64_t>& trials_by_offset() const { return trials_; }
  int offset_rows() const { return 2 * height_ - 1; }
  int offset_columns() const { return 2 * width_ - 1; }

 private:
  int width_;
  int height_;
  std::vector<ClusteredRate> by_distance_;
  std::vector<ClusteredRate> within_;  ///< by the largest distance
  std::vector<std::int64_t> trials_, successes_;
};

}  // namespace ripple
