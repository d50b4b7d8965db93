#include "ripple/analysis/grad_cam.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "ripple/base/error.h"
#include "ripple/base/names.h"

namespace ripple {
namespace {

constexpr Named<GradCamFormula> kFormulas[] = {{"selvaraju", GradCamFormula::kSelvaraju},
                                               {"kotyan-vargas", GradCamFormula::kKotyanVargas}};

/// The two cells that a position lies between, and the share of the second.
struct Between {
  std::size_t first = 0;
  std::size_t second = 0;
  double share = 0.0;
};

Between between(int pixel, std::int64_t cells, int pixels) {
  const double place = (pixel + 0.5) * static_cast<double>(cells) / pixels - 0.5;
  const double inside = std::clamp(place, 0.0, static_cast<double>(cells - 1));
  const auto first = static_cast<std::size_t>(inside);
  return {first, std::min(first + 1, static_cast<std::size_t>(cells - 1)),
          inside - static_cast<double>(first)};
}

}  // namespace

GradCamFormula parse_grad_cam_formula(std::string_view name) {
  return value_of<GradCamFormula>(kFormulas, "--formula", name);
}

const Node& find_convolution(const Graph& graph, const std::string& name) {
  std::vector<std::string> names;
  const Node* found = nullptr;
  bool exists = false;
  for (const Node& node : graph.nodes) {
    exists |= node.name == name;
    if (!std::holds_alternative<Conv>(node.op)) continue;
    names.push_back(node.name);
    // One behind a global pool has a map of one cell, which shows nothing.
    const Shape& map = graph.shape(node.output);
    const bool is_last = found == nullptr || map[1] * map[2] > 1;
    if (name.empty() ? is_last : node.name == name) found = &node;
  }
  if (found != nullptr) return *found;
  if (names.empty()) {
    throw Error(ErrorCode::kBadArgument, "--layer",
                "the network has no convolution; Grad-CAM needs the feature maps of one");
  }
  throw Error(
      ErrorCode::kBadArgument, "--layer",
      fmt::format("'{}' is {}; give one of {}", name,
                  exists ? "no convolution" : "no node of the network", fmt::join(names, ", ")));
}

Tensor grad_cam(const Gradients& gradients, std::size_t which, std::size_t i,
                GradCamFormula formula) {
  const Tensor& all = gradients.activations[which];
  const std::size_t channels = std::size_t(all.shape[1]);
  const std::size_t plane = std::size_t(all.shape[2] * all.shape[3]);
  const float* a = all.data.data() + i * channels * plane;
  const float* g = gradients.by_activation[which].data.data() + i * channels * plane;
  std::vector<double> weights(formula == GradCamFormula::kSelvaraju ? channels : plane, 0.0);
  std::vector<double> sums(plane, 0.0);
  for (std::size_t k = 0; k < channels; ++k) {
    for (std::size_t p = 0; p < plane; ++p) {
      if (formula == GradCamFormula::kSelvaraju) {
        weights[k] += g[k * plane + p] / static_cast<double>(plane);
      } else {
        weights[p] += g[k * plane + p] / static_cast<double>(channels);
      }
    }
  }
  for (std::size_t k = 0; k < channels; ++k) {
    for (std::size_t p = 0; p < plane; ++p) {
      sums[p] +=
          a[k * plane + p] * (formula == GradCamFormula::kSelvaraju ? weights[k] : weights[p]);
    }
  }
  return {{all.shape[2], all.shape[3]}, {sums.begin(), sums.end()}};
}

Tensor positive_part(Tensor map) {
  for (float& value : map.data) value = std::max(value, 0.0f);
  return map;
}

Tensor upsample(const Tensor& map, int height, int width) {
  const std::size_t columns = std::size_t(map.shape[1]);
  Tensor out{{height, width}, {}};
  for (int y = 0; y < height; ++y) {
    const Between rows = between(y, map.shape[0], height);
    for (int x = 0; x < width; ++x) {
      const Between across = between(x, map.shape[1], width);
      const auto mix = [&](std::size_t row) {
        return (1.0 - across.share) * map.data[row * columns + across.first] +
               across.share * map.data[row * columns + across.second];
      };
      out.data.push_back(
          static_cast<float>((1.0 - rows.share) * mix(rows.first) + rows.share * mix(rows.second)));
    }
  }
  return out;
}

}  // namespace ripple
