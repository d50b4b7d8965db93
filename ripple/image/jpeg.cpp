#include "ripple/image/jpeg.h"

#include <algorithm>
#include <memory>

#include <fmt/format.h>
#include <turbojpeg.h>

#include "ripple/base/error.h"

namespace ripple {
namespace {

struct DestroyHandle {
  void operator()(void* handle) const { tjDestroy(handle); }
};
using Handle = std::unique_ptr<void, DestroyHandle>;

void check_decoded(int status, const Handle& handle, const std::string& where) {
  if (status == 0) return;
  throw Error(
      ErrorCode::kBadData, where,
      fmt::format("is damaged, cut off or of a kind not read ({}); export it again as PNG or as an "
                  "8-bit YCbCr JPEG",
                  tjGetErrorStr2(handle.get())));
}

}  // namespace

bool is_jpeg(std::span<const std::uint8_t> bytes) {
  return bytes.size() >= 3 && bytes[0] == 0xff && bytes[1] == 0xd8 && bytes[2] == 0xff;
}

Image decode_jpeg(std::span<const std::uint8_t> bytes, const ImageLimits& limits,
                  const std::string& where) {
  const Handle handle(tjInitDecompress());
  if (!handle) throw Error(ErrorCode::kIo, where, "no memory for TurboJPEG; free some");
  int width = 0;
  int height = 0;
  int subsampling = 0;
  int colour_space = 0;
  check_decoded(tjDecompressHeader3(handle.get(), bytes.data(), bytes.size(), &width, &height,
                                    &subsampling, &colour_space),
                handle, where);
  check_image_size(width, height, limits, where);
  if (colour_space == TJCS_CMYK || colour_space == TJCS_YCCK) {
    throw Error(ErrorCode::kBadData, where, "is a CMYK image; convert it to RGB");
  }
  Image image = make_image(width, height);
  check_decoded(
      tjDecompress2(handle.get(), bytes.data(), bytes.size(), image.pixels.data(), width, 3 * width,
                    height, TJPF_RGB, TJFLAG_STOPONWARNING | TJFLAG_LIMITSCANS),
      handle, where);
  return apply_orientation(image, exif_orientation(bytes));
}

Image apply_orientation(const Image& image, int orientation) {
  if (orientation <= 1 || orientation > 8) return image;
  const bool transposed = orientation >= 5;
  Image upright =
      transposed ? make_image(image.height, image.width) : make_image(image.width, image.height);
  for (int y = 0; y < upright.height; ++y) {
    for (int x = 0; x < upright.width; ++x) {
      int from_x = transposed ? y : x;
      int from_y = transposed ? x : y;
      if (orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8) {
        from_x = image.width - 1 - from_x;
      }
      if (orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7) {
        from_y = image.height - 1 - from_y;
      }
      std::copy_n(image.at(from_x, from_y), 3, upright.at(x, y));
    }
  }
  return upright;
}

}  // namespace ripple
