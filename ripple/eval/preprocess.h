#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "ripple/base/array.h"
#include "ripple/image/image.h"
#include "ripple/model/model.h"

namespace ripple {

/// The network's input value of every possible colour component: (v - mean[c]) / std[c] in float,
/// from a table, so that every executor feeds its network the same bits.
class PixelNormalizer {
 public:
  /// Errors: kBadModel where mean or std does not hold three finite numbers, std above 0.
  explicit PixelNormalizer(const Preprocessing& preprocessing);

  /// Input value of component `channel` (0 red, 1 green, 2 blue) with the 8-bit value `v`.
  float operator()(int channel, std::uint8_t v) const { return table_[std::size_t(channel)][v]; }

 private:
  std::array<std::array<float, 256>, 3> table_{};
};

/// What feeds `model`: its preprocessing, checked against its input. Errors: kBadModel where the
/// model has no preprocessing or its input is not [3, H, W].
PixelNormalizer make_normalizer(const Model& model);

/// Errors: kBadData where the image is not as wide and high as the network's input; says both
/// sizes.
void check_image_size(const Graph& graph, const Image& image);

/// The network's input for an image: [H, W, 3] bytes -> [3, H, W] floats.
Tensor preprocess(const PixelNormalizer& normalizer, const Image& image);

}  // namespace ripple
