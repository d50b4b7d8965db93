#include "ripple/search/limits.h"

#include <fmt/format.h>

#include "ripple/base/error.h"

namespace ripple {

void check_search_limits(int pixels, int population, int width, int height) {
  if (pixels < 1 || pixels > kMaxPixels) {
    throw Error(ErrorCode::kBadArgument, "--pixels",
                fmt::format("{} pixels cannot be searched for; give 1 to {}", pixels, kMaxPixels));
  }
  if (population < 1 || population > kMaxPopulation) {
    throw Error(ErrorCode::kBadArgument, "--population",
                fmt::format("a batch of {} candidates is out of range; give 1 to {}", population,
                            kMaxPopulation));
  }
  if (width < 1 || height < 1) {
    throw Error(
        ErrorCode::kBadArgument, "image",
        fmt::format("a {}x{} image has no pixel to change; give a larger one", width, height));
  }
}

void check_distinct_pixels(int pixels, int width, int height) {
  if (static_cast<long long>(width) * height >= pixels) return;
  throw Error(ErrorCode::kBadArgument, "--pixels",
              fmt::format("{} different pixels do not fit a {}x{} image; give fewer", pixels, width,
                          height));
}

}  // namespace ripple
