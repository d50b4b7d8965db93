#pragma once

// Networks around one operator and candidates for the tests of the delta engine.

#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "ripple/base/rng.h"
#include "ripple/model/graph_builder.h"
#include "ripple/model/model.h"
#include "tests/random_graph.h"

namespace ripple::delta_test {

/// A convolution with weights that keep the size of activations (He), and random bias.
inline Conv random_conv(Rng& rng, int out, int in, Window window, int groups = 1) {
  Conv conv;
  conv.window = window;
  conv.groups = groups;
  const double fan_in = double(in) / groups * window.kernel[0] * window.kernel[1];
  conv.weight = random_tensor({out, in / groups, window.kernel[0], window.kernel[1]}, rng, 0.0,
                              std::sqrt(2.0 / fan_in));
  conv.bias = random_tensor({out}, rng, 0.0, 0.3);
  return conv;
}

inline Gemm random_gemm(Rng& rng, int out, int in) {
  Gemm gemm = make_gemm(out, in);
  gemm.weight = random_tensor(gemm.weight.shape, rng, 0.0, std::sqrt(2.0 / in));
  gemm.bias = random_tensor(gemm.bias.shape, rng, 0.0, 0.3);
  return gemm;
}

inline BatchNormalization random_normalization(Rng& rng, int channels) {
  BatchNormalization bn = make_batch_normalization(channels);
  for (std::size_t c = 0; c < std::size_t(channels); ++c) {
    bn.scale.data[c] = static_cast<float>(rng.uniform(0.5, 1.5));
    bn.bias.data[c] = static_cast<float>(rng.normal(0.0, 0.3));
    bn.mean.data[c] = static_cast<float>(rng.normal(0.0, 0.3));
    bn.variance.data[c] = static_cast<float>(rng.uniform(0.5, 2.0));
  }
  return bn;
}

/// A network that ends at `features` by flattening it into a fully connected layer.
inline Model finish(GraphBuilder& b, Rng& rng, ValueId features, int classes = 4) {
  const auto count = static_cast<int>(element_count(b.shape(features)));
  if (b.shape(features).size() != 1) features = b.flatten("flatten", features);
  Model model;
  model.graph = b.finish(b.add("classify", random_gemm(rng, classes, count), {features}));
  model.preprocessing = Preprocessing{{120, 125, 110}, {60, 65, 70}};
  return model;
}

/// A first convolution (12 channels), what `add` makes of it, a second convolution, a classifier.
template <typename Add>
Model around(std::uint64_t seed, int width, int height, const Add& add) {
  Rng rng({seed});
  GraphBuilder b({3, height, width});
  const ValueId first = b.add("first", random_conv(rng, 12, 3, make_window(3, 1, 1)), {b.input()});
  const ValueId middle = add(b, rng, first);
  if (b.shape(middle).size() != 3) return finish(b, rng, middle);
  const int channels = int(b.shape(middle)[0]);
  const ValueId last = b.add("last", random_conv(rng, 5, channels, make_window(1, 1)), {middle});
  return finish(b, rng, last);
}

inline Model around_op(std::uint64_t seed, int width, int height, const Op& op) {
  return around(seed, width, height,
                [&](GraphBuilder& b, Rng&, ValueId in) { return b.add("op", op, {in}); });
}

/// Candidates of `edits` edits at corners, borders, the centre, random places; some name a pixel
/// twice and some keep the clean colour.
inline CandidateBatch random_candidates(Rng& rng, const Image& image, int edits, int count) {
  CandidateBatch batch;
  batch.edits_per_candidate = edits;
  const int right = image.width - 1, bottom = image.height - 1;
  const std::vector<std::pair<int, int>> places = {
      {0, 0},          {right, 0},    {0, bottom}, {right, bottom}, {right / 2, bottom / 2},
      {0, bottom / 2}, {right / 2, 0}};
  for (int i = 0; i < count * edits; ++i) {
    PixelEdit e;
    const auto place = std::size_t(rng.below(2 * places.size()));
    if (i % edits > 0 && rng.below(5) == 0) {
      e = batch.edits.back();
    } else if (place < places.size()) {
      e.x = places[place].first, e.y = places[place].second;
    } else {
      e.x = int(rng.below(std::uint64_t(image.width)));
      e.y = int(rng.below(std::uint64_t(image.height)));
    }
    e.r = std::uint8_t(rng.below(256)), e.g = std::uint8_t(rng.below(256));
    e.b = std::uint8_t(rng.below(256));
    if (rng.below(6) == 0) {
      const std::uint8_t* clean = image.at(e.x, e.y);
      e.r = clean[0], e.g = clean[1], e.b = clean[2];
    }
    batch.edits.push_back(e);
  }
  return batch;
}

}  // namespace ripple::delta_test
