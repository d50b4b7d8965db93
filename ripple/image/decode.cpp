#include "ripple/image/decode.h"

#include <fmt/format.h>

#include "ripple/base/error.h"
#include "ripple/base/file.h"
#include "ripple/image/jpeg.h"
#include "ripple/image/png.h"

namespace ripple {

void check_image_size(std::int64_t width, std::int64_t height, const ImageLimits& limits,
                      const std::string& where) {
  if (width < 1 || height < 1) {
    throw Error(ErrorCode::kBadData, where, "is cut off or has no pixels; export it again");
  }
  if (width > limits.max_side || height > limits.max_side || width * height > limits.max_pixels) {
    throw Error(ErrorCode::kBadData, where,
                fmt::format("is {}x{} pixels large; scale it down to at most {} pixels a side and "
                            "{} in all",
                            width, height, limits.max_side, limits.max_pixels));
  }
}

Image decode_image(std::span<const std::uint8_t> bytes, const ImageLimits& limits,
                   const std::string& where) {
  if (is_png(bytes)) return decode_png(bytes, limits, where);
  if (is_jpeg(bytes)) return decode_jpeg(bytes, limits, where);
  throw Error(ErrorCode::kBadData, where,
              "is neither a PNG nor a JPEG file, whatever its name says; convert it to PNG");
}

Image load_image(const std::filesystem::path& path, const ImageLimits& limits) {
  return decode_image(read_file(path, limits.max_bytes), limits, path.string());
}

}  // namespace ripple
