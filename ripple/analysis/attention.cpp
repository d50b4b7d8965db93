#include "ripple/analysis/attention.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include <fmt/format.h>

#include "ripple/analysis/grad_cam.h"
#include "ripple/analysis/saliency.h"
#include "ripple/base/error.h"
#include "ripple/base/statistics.h"

namespace ripple {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

double sum_of(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0);
}

std::vector<double> attention_of(const Tensor& map) {
  std::vector<double> out;
  for (const float value : map.data) out.push_back(std::max(0.0, double(value)));
  return out;
}

/// Shares of the whole; all NaN where there is no attention.
std::vector<double> shares_of(std::vector<double> attention) {
  const double sum = sum_of(attention);
  for (double& value : attention) value = sum > 0.0 ? value / sum : kNone;
  return attention;
}

double share_near(const Tensor& map, std::span<const PixelEdit> changed, double radius, int height,
                  int width) {
  if (changed.empty()) return kNone;
  // Rectified before it is enlarged, as Grad-CAM is defined: negative neighbours of a small cell
  // would else narrow what little attention there is.
  const std::vector<double> shares =
      shares_of(attention_of(upsample(positive_part(map), height, width)));
  double near = 0.0;
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      const bool is_near = std::any_of(changed.begin(), changed.end(), [&](const PixelEdit& edit) {
        return std::hypot(x - edit.x, y - edit.y) <= radius;
      });
      if (is_near) near += shares[std::size_t(y) * std::size_t(width) + std::size_t(x)];
    }
  }
  return near + 0.0 * shares[0];  // NaN where there is no attention
}

/// Entropy of shares over the logarithm of the number of cells.
double entropy(const std::vector<double>& shares) {
  double sum = 0.0;
  for (const double share : shares) {
    if (share != 0.0) sum -= share * std::log(share);
  }
  return shares.size() < 2 ? kNone : sum / std::log(static_cast<double>(shares.size()));
}

struct Centre {
  double x = 0.0;
  double y = 0.0;
};

Centre centre_of(const std::vector<double>& shares, const Tensor& map, int height, int width) {
  const auto columns = static_cast<std::size_t>(map.shape[1]);
  const double across = static_cast<double>(width) / static_cast<double>(map.shape[1]);
  const double down = static_cast<double>(height) / static_cast<double>(map.shape[0]);
  Centre centre;
  for (std::size_t i = 0; i < shares.size(); ++i) {
    centre.x += shares[i] * (static_cast<double>(i % columns) + 0.5) * across;
    centre.y += shares[i] * (static_cast<double>(i / columns) + 0.5) * down;
  }
  return centre;
}

/// The cells of the largest 10 %, at least one; of equal ones those of lower index.
std::vector<std::size_t> top_cells(const Tensor& map) {
  std::vector<std::size_t> order(map.data.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return map.data[a] > map.data[b]; });
  order.resize(std::max<std::size_t>(1, (order.size() + 5) / 10));
  std::sort(order.begin(), order.end());
  return order;
}

double top_overlap(const Tensor& a, const Tensor& b) {
  const std::vector<std::size_t> left = top_cells(a);
  const std::vector<std::size_t> right = top_cells(b);
  std::vector<std::size_t> both;
  std::set_intersection(left.begin(), left.end(), right.begin(), right.end(),
                        std::back_inserter(both));
  return static_cast<double>(both.size()) / static_cast<double>(left.size());
}

void check_shapes(const Tensor& a, const Tensor& b) {
  if (a.shape == b.shape && !a.data.empty()) return;
  throw Error(ErrorCode::kBadArgument, "attention",
              fmt::format("maps of {} and {} cannot be compared; take both from one layer",
                          to_string(a.shape), to_string(b.shape)));
}

}  // namespace

AttentionChange compare_attention(const Tensor& clean, const Tensor& adversarial,
                                  std::span<const PixelEdit> changed, int height, int width) {
  check_shapes(clean, adversarial);
  AttentionChange change;
  for (std::size_t r = 0; r < kAttentionRadii.size(); ++r) {
    change.near_before[r] = share_near(clean, changed, kAttentionRadii[r], height, width);
    change.near_after[r] = share_near(adversarial, changed, kAttentionRadii[r], height, width);
  }
  const std::vector<double> before = attention_of(clean);
  const std::vector<double> after = attention_of(adversarial);
  const double sum_before = sum_of(before);
  const double sum_after = sum_of(after);
  change.mass_change = (sum_after - sum_before) / (sum_after + sum_before);
  const std::vector<double> shares_before = shares_of(before);
  const std::vector<double> shares_after = shares_of(after);
  const Centre from = centre_of(shares_before, clean, height, width);
  const Centre to = centre_of(shares_after, adversarial, height, width);
  change.centre_shift = std::hypot(to.x - from.x, to.y - from.y);
  change.entropy_before = entropy(shares_before);
  change.entropy_after = entropy(shares_after);
  for (std::size_t i = 0; i < before.size(); ++i) {
    change.total_variation += 0.5 * std::abs(shares_after[i] - shares_before[i]);
  }
  change.rank_correlation = spearman({clean.data.begin(), clean.data.end()},
                                     {adversarial.data.begin(), adversarial.data.end()});
  change.top_overlap = top_overlap(clean, adversarial);
  return change;
}

Attraction attraction(double before, double after) {
  constexpr double kFactor = 1.5;
  constexpr double kLeast = 0.005;
  if (after >= kFactor * before && after - before >= kLeast) return Attraction::kCalls;
  if (before >= kFactor * after && before - after >= kLeast) return Attraction::kDiverts;
  return Attraction::kNeither;
}

Tensor largest_difference(const Tensor& a, const Tensor& b) {
  return max_over_channels(absolute_difference(a, b));
}

Tensor absolute_difference(const Tensor& a, const Tensor& b) {
  check_shapes(a, b);
  Tensor out = a;
  for (std::size_t i = 0; i < a.data.size(); ++i) out.data[i] = std::abs(a.data[i] - b.data[i]);
  return out;
}

}  // namespace ripple
