#pragma once

#include <ATen/ATen.h>

#include "ripple/eval/preprocess.h"
#include "ripple/image/image.h"

namespace ripple::dense {

/// Copies of a preprocessed clean image in the memory of a device, into which the pixels of
/// candidates are written. Only these pixels travel to the device: images of CIFAR-10 would take as
/// long as a small network does on a GPU.
class CandidateImages {
 public:
  /// Room for `count` images of [3, height, width].
  CandidateImages(const PixelNormalizer& normalizer, int count, int height, int width,
                  const at::Device& device);

  /// Makes `clean`, [3, height, width] after preprocessing, what all images show.
  void refresh(const Tensor& clean);

  /// Images under the edits of the candidates from `first` on, one after the other: [count, 3,
  /// height, width] on the device. Of edits of one pixel the last counts. Assumes that `count` is
  /// within the room and restore() came between.
  at::Tensor write(const CandidateBatch& batch, int first, int count);

  /// Takes back what write() changed.
  void restore();

 private:
  PixelNormalizer normalizer_;
  std::int64_t width_;
  at::Tensor images_;     ///< [room, 3, height, width]
  at::Tensor clean_;      ///< [3 height width]
  at::Tensor positions_;  ///< where write() wrote, in images_ as one row
};

}  // namespace ripple::dense
