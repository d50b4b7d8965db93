#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "ripple/base/parallel.h"
#include "ripple/base/rng.h"
#include "ripple/eval/preprocess.h"
#include "ripple/image/dataset.h"

namespace ripple {

/// How one training image is changed before it is shown.
struct Augmentation {
  bool flip = false;  ///< left and right exchanged
  int right = 0;      ///< pixels that the picture moves; may be negative
  int down = 0;
};

/// Flip with probability 1/2 if `flips`; moves uniform in [-shift, shift].
Augmentation draw_augmentation(Rng& rng, bool flips, int shift);

/// All images of a dataset in memory, in the network's size, with their labels.
class TrainingSet {
 public:
  /// `cancel` may be null. Errors: kBadArgument for an empty dataset, an image without a label or
  /// with one outside [0, classes), or, unless `resize`, of another size; kCancelled; those of the
  /// dataset.
  TrainingSet(const Dataset& dataset, int width, int height, int classes, bool resize, int threads,
              const CancelFlag* cancel);

  std::int64_t size() const { return static_cast<std::int64_t>(labels_.size()); }
  int label(std::int64_t i) const { return labels_[std::size_t(i)]; }
  /// [H, W, 3]
  std::span<const std::uint8_t> pixels(std::int64_t i) const;

  /// How many classes have an image.
  int classes_present() const;

  /// SHA-256 of all images and labels.
  std::string digest() const;

  /// Mean and standard deviation of each channel over all pixels of all images, in units of 0..255;
  /// a deviation under 1 (images of one colour) is given as 1.
  Preprocessing statistics() const;

  /// Writes image i as the network's input [3, H, W], augmented; what comes in at the border is 0,
  /// the mean colour.
  void write(std::int64_t i, const PixelNormalizer& normalizer, const Augmentation& augmentation,
             float* out) const;

 private:
  int width_;
  int height_;
  std::vector<std::uint8_t> pixels_;  ///< [n, H, W, 3]
  std::vector<int> labels_;
};

/// Images of one set that another one has too, every pixel the same.
struct CommonImages {
  std::int64_t count = 0;  ///< of them
  std::int64_t first = 0;  ///< the first, in the one set
  std::int64_t twin = 0;   ///< the first that equals it, in the other
};

/// Cost: reads both once.
CommonImages common_images(const TrainingSet& some, const TrainingSet& others);

}  // namespace ripple
