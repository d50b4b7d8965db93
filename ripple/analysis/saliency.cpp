#include "ripple/analysis/saliency.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "ripple/base/error.h"
#include "ripple/base/names.h"
#include "ripple/base/rng.h"

namespace ripple {
namespace {

constexpr Named<SaliencyMethod> kMethods[] = {
    {"gradient", SaliencyMethod::kGradient},
    {"smoothgrad", SaliencyMethod::kSmoothGrad},
    {"integrated-gradients", SaliencyMethod::kIntegratedGradients}};

/// The batch of sample `s`: noisy copies, or points on the way from black.
Tensor sample_inputs(const Tensor& inputs, std::span<const std::int64_t> keys, const Tensor& black,
                     const SaliencyOptions& options, int s) {
  Tensor out = inputs;
  const std::size_t each = black.data.size();
  for (std::size_t k = 0; k < keys.size(); ++k) {
    const auto image = std::span(out.data).subspan(k * each, each);
    if (options.method == SaliencyMethod::kSmoothGrad) {
      const auto [low, high] = std::minmax_element(image.begin(), image.end());
      const double deviation = options.noise * (*high - *low);
      Rng rng{options.seed, static_cast<std::uint64_t>(keys[k]), static_cast<std::uint64_t>(s)};
      for (float& value : image) value += static_cast<float>(rng.normal(0.0, deviation));
    } else {
      const double way = (s + 0.5) / options.samples;
      for (std::size_t i = 0; i < each; ++i) {
        image[i] = static_cast<float>(black.data[i] + way * (image[i] - black.data[i]));
      }
    }
  }
  return out;
}

std::vector<double> mean_gradients(GradientEvaluator& network, const Tensor& inputs,
                                   std::span<const int> classes, std::span<const std::int64_t> keys,
                                   const Tensor& black, const SaliencyOptions& options) {
  std::vector<double> sums(inputs.data.size(), 0.0);
  const GradientQuery query{options.score, options.rule};
  for (int s = 0; s < options.samples; ++s) {
    const Gradients gradients =
        network.run(sample_inputs(inputs, keys, black, options, s), classes, query);
    for (std::size_t i = 0; i < sums.size(); ++i) sums[i] += gradients.input.data[i];
  }
  for (double& sum : sums) sum /= options.samples;
  return sums;
}

}  // namespace

SaliencyMethod parse_saliency_method(std::string_view name) {
  return value_of<SaliencyMethod>(kMethods, "--method", name);
}

void check_saliency_options(const SaliencyOptions& options) {
  if (options.samples < 1 || options.samples > 100000) {
    throw Error(ErrorCode::kBadArgument, "--samples",
                fmt::format("{} is out of range; give 1 to 100000", options.samples));
  }
  if (!(options.noise > 0.0 && options.noise <= 10.0)) {
    throw Error(ErrorCode::kBadArgument, "--noise",
                fmt::format("{} is out of range; give a share of the input's range above 0, for "
                            "example 0.15",
                            options.noise));
  }
}

Tensor max_over_channels(const Tensor& signed_map) {
  const std::size_t plane = std::size_t(signed_map.shape[1] * signed_map.shape[2]);
  Tensor out = filled<float>({signed_map.shape[1], signed_map.shape[2]}, 0.0f);
  for (std::size_t i = 0; i < signed_map.data.size(); ++i) {
    float& cell = out.data[i % plane];
    cell = std::max(cell, std::abs(signed_map.data[i]));
  }
  return out;
}

std::vector<SaliencyMap> saliency(GradientEvaluator& network, const Tensor& inputs,
                                  std::span<const int> classes, std::span<const std::int64_t> keys,
                                  const Tensor& black, const SaliencyOptions& options) {
  check_saliency_options(options);
  std::vector<double> values;
  if (options.method == SaliencyMethod::kGradient) {
    const Gradients gradients = network.run(inputs, classes, {options.score, options.rule});
    values.assign(gradients.input.data.begin(), gradients.input.data.end());
  } else {
    values = mean_gradients(network, inputs, classes, keys, black, options);
  }
  const std::size_t each = black.data.size();
  std::vector<SaliencyMap> maps(classes.size());
  for (std::size_t k = 0; k < maps.size(); ++k) {
    Tensor& signed_map = maps[k].signed_map;
    signed_map.shape = black.shape;
    for (std::size_t i = 0; i < each; ++i) {
      double value = values[k * each + i];
      if (options.method == SaliencyMethod::kIntegratedGradients) {
        value *= double(inputs.data[k * each + i]) - double(black.data[i]);
      }
      signed_map.data.push_back(static_cast<float>(value));
    }
    maps[k].map = max_over_channels(signed_map);
  }
  return maps;
}

}  // namespace ripple
