#include "ripple/image/sheet.h"

#include <algorithm>

namespace ripple {
namespace {

constexpr int kGap = 12;
constexpr std::uint8_t kGround = 235;

}  // namespace

Image contact_sheet(std::span<const Image> pictures, int columns) {
  int cell_width = 0;
  int cell_height = 0;
  for (const Image& picture : pictures) {
    cell_width = std::max(cell_width, picture.width);
    cell_height = std::max(cell_height, picture.height);
  }
  const int count = static_cast<int>(pictures.size());
  columns = std::min(columns, count);
  const int rows = (count + columns - 1) / columns;
  Image sheet = make_image(columns * (cell_width + kGap) + kGap, rows * (cell_height + kGap) + kGap,
                           kGround, kGround, kGround);
  for (int i = 0; i < count; ++i) {
    const Image& picture = pictures[static_cast<std::size_t>(i)];
    const int left = kGap + i % columns * (cell_width + kGap);
    const int top = kGap + i / columns * (cell_height + kGap);
    for (int y = 0; y < picture.height; ++y) {
      std::copy_n(picture.at(0, y), 3 * picture.width, sheet.at(left, top + y));
    }
  }
  return sheet;
}

}  // namespace ripple
