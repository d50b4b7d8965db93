#include "ripple/image/image.h"

#include <algorithm>
#include <tuple>

#include <fmt/format.h>

#include "ripple/base/error.h"

namespace ripple {

Image make_image(int width, int height, std::uint8_t r, std::uint8_t g, std::uint8_t b) {
  Image image{width, height, std::vector<std::uint8_t>(std::size_t(3) * width * height)};
  for (std::size_t i = 0; i < image.pixels.size(); i += 3) {
    image.pixels[i] = r;
    image.pixels[i + 1] = g;
    image.pixels[i + 2] = b;
  }
  return image;
}

void apply_edits(Image& image, std::span<const PixelEdit> edits) {
  for (const PixelEdit& edit : edits) {
    std::uint8_t* pixel = image.at(edit.x, edit.y);
    pixel[0] = edit.r;
    pixel[1] = edit.g;
    pixel[2] = edit.b;
  }
}

void check_edits(std::span<const PixelEdit> edits, int width, int height) {
  for (const PixelEdit& edit : edits) {
    if (edit.x < 0 || edit.x >= width || edit.y < 0 || edit.y >= height) {
      throw Error(
          ErrorCode::kBadArgument, "--edit",
          fmt::format("column {}, row {} lies outside the {}x{} image; columns run from 0 to "
                      "{}, rows from 0 to {}",
                      edit.x, edit.y, width, height, width - 1, height - 1));
    }
  }
}

std::vector<PixelEdit> effective_edits(const Image& clean, std::span<const PixelEdit> edits) {
  std::vector<PixelEdit> kept;
  for (std::size_t i = 0; i < edits.size(); ++i) {
    const PixelEdit& edit = edits[i];
    const auto same_pixel = [&](const PixelEdit& other) {
      return other.x == edit.x && other.y == edit.y;
    };
    if (std::any_of(edits.begin() + i + 1, edits.end(), same_pixel)) continue;
    const std::uint8_t* old = clean.at(edit.x, edit.y);
    if (old[0] == edit.r && old[1] == edit.g && old[2] == edit.b) continue;
    kept.push_back(edit);
  }
  std::sort(kept.begin(), kept.end(), [](const PixelEdit& a, const PixelEdit& b) {
    return std::tie(a.y, a.x) < std::tie(b.y, b.x);
  });
  return kept;
}

}  // namespace ripple
