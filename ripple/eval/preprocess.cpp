#include "ripple/eval/preprocess.h"

#include <cmath>

#include <fmt/format.h>

#include "ripple/base/error.h"

namespace ripple {

PixelNormalizer::PixelNormalizer(const Preprocessing& preprocessing) {
  const auto& mean = preprocessing.mean;
  const auto& deviation = preprocessing.std;
  if (mean.size() != 3 || deviation.size() != 3) {
    throw Error(ErrorCode::kBadModel, "preprocessing",
                fmt::format("has {} means and {} standard deviations; give three of each, for red, "
                            "green and blue",
                            mean.size(), deviation.size()));
  }
  for (std::size_t c = 0; c < 3; ++c) {
    if (!std::isfinite(mean[c]) || !std::isfinite(deviation[c]) || !(deviation[c] > 0.0f)) {
      throw Error(ErrorCode::kBadModel, "preprocessing",
                  fmt::format("mean {} and std {} are out of range; give finite numbers, std above "
                              "0, in units of 0..255",
                              mean[c], deviation[c]));
    }
    for (std::size_t v = 0; v < 256; ++v) {
      table_[c][v] = (static_cast<float>(v) - mean[c]) / deviation[c];
    }
  }
}

PixelNormalizer make_normalizer(const Model& model) {
  return PixelNormalizer(require_preprocessing(model));
}

void check_image_size(const Graph& graph, const Image& image) {
  if (image.width != graph.width() || image.height != graph.height()) {
    throw Error(ErrorCode::kBadData, "image",
                fmt::format("is {} wide and {} high, the network's input {} and {}; resize it",
                            image.width, image.height, graph.width(), graph.height()));
  }
}

Tensor preprocess(const PixelNormalizer& normalizer, const Image& image) {
  Tensor out = filled<float>({3, image.height, image.width}, 0.0f);
  const std::size_t plane = std::size_t(image.height) * std::size_t(image.width);
  for (std::size_t i = 0; i < plane; ++i) {
    for (int c = 0; c < 3; ++c) {
      out.data[std::size_t(c) * plane + i] = normalizer(c, image.pixels[3 * i + std::size_t(c)]);
    }
  }
  return out;
}

}  // namespace ripple
