#pragma once

namespace ripple {

inline constexpr int kMaxPixels = 5;  ///< edits a candidate
inline constexpr int kMaxPopulation =
    100000;  ///< candidates a batch; bounds what a batch allocates

/// What every search asks of its options.
/// Errors: kBadArgument where pixels is outside 1..kMaxPixels, population
/// outside 1..kMaxPopulation, or the image has no pixels; names the option.
void check_search_limits(int pixels, int population, int width, int height);

/// What a search whose candidates change `pixels` different pixels asks of the image.
/// Errors: kBadArgument where it has fewer.
void check_distinct_pixels(int pixels, int width, int height);

}  // namespace ripple
