#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "ripple/base/array.h"
#include "ripple/image/image.h"

namespace ripple {

/// Distances in pixels within which attention counts as being at a changed pixel.
inline constexpr std::array<double, 3> kAttentionRadii = {1.0, 2.0, 4.0};

/// How the attention of an adversarial image differs from that of the clean one, in numbers.
/// Attention is the positive part of a map, divided by its sum where shares are meant; a map
/// without any makes the shares NaN, and such a case counts in no mean of them.
struct AttentionChange {
  /// Share of the attention within kAttentionRadii[i] of a changed pixel, the attention enlarged to
  /// the image's size; radius 1 holds a pixel and its four neighbours.
  std::array<double, 3> near_before{};
  std::array<double, 3> near_after{};
  /// Of the attention's centre of mass, in input pixels.
  double centre_shift = 0.0;
  /// Entropy of the attention over that of an even spread: 0 at one cell, 1 everywhere alike.
  double entropy_before = 0.0;
  double entropy_after = 0.0;
  /// Half the sum of |share before - share after|: the part of the attention that moved, 0 to 1.
  double total_variation = 0.0;
  double rank_correlation = 0.0;  ///< Spearman, of the signed maps' cells
  double top_overlap = 0.0;       ///< share of the top 10 % cells that both maps have
  /// (sum after - sum before) / (sum after + sum before) of the attention before any division, -1
  /// to 1: 0 the same, -1 all lost.
  double mass_change = 0.0;
};

/// Compares two maps [h, w] of one layer (signed; their positive part is the attention) of images
/// of height x width pixels. `changed` are the pixels that differ; where there are none the near_*
/// are NaN. Errors: kBadArgument where the shapes differ.
AttentionChange compare_attention(const Tensor& clean, const Tensor& adversarial,
                                  std::span<const PixelEdit> changed, int height, int width);

/// What an attack does to the attention at its pixels.
enum class Attraction { kCalls, kDiverts, kNeither };

/// The rule, for shares within one radius: calls where the share grows to 1.5 times or more and by
/// 0.5 percentage points or more, diverts where it shrinks by as much, else neither. NaN: neither.
Attraction attraction(double before, double after);

/// Largest absolute difference over the channels of feature maps [K, h, w]: the propagation map
/// PM_max of Vargas & Su. Errors: kBadArgument where the shapes differ.
Tensor largest_difference(const Tensor& a, const Tensor& b);

/// |a - b| of two maps.
Tensor absolute_difference(const Tensor& a, const Tensor& b);

}  // namespace ripple
