#include "ripple/image/resize.h"

#include <fmt/format.h>

#include "ripple/base/error.h"

// Internal consistency checks of the library must not end the process; sizes are checked here.
#define STBIR_ASSERT(condition) static_cast<void>(condition)
#define STB_IMAGE_RESIZE_STATIC
#define STB_IMAGE_RESIZE_IMPLEMENTATION
// The single-header library is compiled here, and only here.
#include <stb_image_resize.h>

namespace ripple {

Image fit_image(const Image& image, int width, int height) {
  constexpr int kMaxSide = 16384;
  if (width < 1 || height < 1 || width > kMaxSide || height > kMaxSide) {
    throw Error(ErrorCode::kBadArgument, "fit_image",
                fmt::format("cannot make an image of {}x{}; ask for 1 to {} pixels a side", width,
                            height, kMaxSide));
  }
  if (image.width == width && image.height == height) return image;
  Image fitted = make_image(width, height);
  const int done = stbir_resize_uint8_generic(
      image.pixels.data(), image.width, image.height, 0, fitted.pixels.data(), width, height, 0, 3,
      STBIR_ALPHA_CHANNEL_NONE, 0, STBIR_EDGE_CLAMP, STBIR_FILTER_TRIANGLE, STBIR_COLORSPACE_LINEAR,
      nullptr);
  if (done != 1) {
    throw Error(ErrorCode::kIo, "fit_image",
                fmt::format("resizing to {}x{} failed; free memory", width, height));
  }
  return fitted;
}

}  // namespace ripple
