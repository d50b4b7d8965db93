#include "ripple/image/picture.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <vector>

#include <fmt/format.h>
#include <stb_easy_font.h>

#include "ripple/base/error.h"
#include "ripple/image/text.h"

namespace ripple {
namespace {

constexpr Rgb kPaper{255, 255, 255};
constexpr Rgb kInk{20, 20, 20};
constexpr int kTextScale = 2;

/// Columns [left, right) and rows [top, bottom) of a picture.
struct Box {
  int left = 0;
  int top = 0;
  int right = 0;
  int bottom = 0;

  Box grown(int by) const { return {left - by, top - by, right + by, bottom + by}; }
};

void fill(Image& image, const Box& box, Rgb colour) {
  for (int y = std::max(box.top, 0); y < std::min(box.bottom, image.height); ++y) {
    for (int x = std::max(box.left, 0); x < std::min(box.right, image.width); ++x) {
      std::uint8_t* pixel = image.at(x, y);
      pixel[0] = colour.r;
      pixel[1] = colour.g;
      pixel[2] = colour.b;
    }
  }
}

/// The band between a box grown by `from` and the box grown by `to`.
void draw_ring(Image& image, const Box& box, int from, int to, Rgb colour) {
  const Box inner = box.grown(from);
  const Box outer = box.grown(to);
  fill(image, {outer.left, outer.top, outer.right, inner.top}, colour);
  fill(image, {outer.left, inner.bottom, outer.right, outer.bottom}, colour);
  fill(image, {outer.left, inner.top, inner.left, inner.bottom}, colour);
  fill(image, {inner.right, inner.top, outer.right, inner.bottom}, colour);
}

/// How one half of the picture lies on it.
struct Half {
  const Image& image;
  int left = 0;
  int top = 0;
  int scale = 1;

  Box block(int x, int y) const {
    return {left + x * scale, top + y * scale, left + (x + 1) * scale, top + (y + 1) * scale};
  }
  void draw_block(Image& picture, int x, int y) const {
    const std::uint8_t* pixel = image.at(x, y);
    fill(picture, block(x, y), {pixel[0], pixel[1], pixel[2]});
  }
};

/// Widths that follow from the scale.
struct Metrics {
  explicit Metrics(int scale)
      : gap(scale >= 4 ? 0 : 2), band(std::max(1, scale / 5)), margin(gap + 2 * band + 4) {}

  int gap;     ///< between a changed pixel and its ring: at small scales it needs air to be seen
  int band;    ///< width of each of the two bands of a ring
  int margin;  ///< around the halves, so that a ring at the border is whole
};

void draw_half(Image& picture, const Half& half, const Metrics& metrics,
               std::span<const PixelEdit> edits) {
  for (int y = 0; y < half.image.height; ++y) {
    for (int x = 0; x < half.image.width; ++x) half.draw_block(picture, x, y);
  }
  for (const PixelEdit& edit : edits) {
    const Box block = half.block(edit.x, edit.y);
    const int middle = metrics.gap + metrics.band;
    draw_ring(picture, block, metrics.gap, middle, {255, 255, 255});
    draw_ring(picture, block, middle, middle + metrics.band, {0, 0, 0});
  }
  // Neighbours that were changed too come to lie above each other's rings.
  for (const PixelEdit& edit : edits) half.draw_block(picture, edit.x, edit.y);
}

/// `text`, cut and ended with ".." where it is wider than `width`.
std::string fitting(std::string_view text, int width) {
  std::string line = in_ascii(text);  // a byte a letter
  if (text_width(line, kTextScale) <= width) return line;
  while (!line.empty() && text_width(line + "..", kTextScale) > width) line.pop_back();
  return line + "..";
}

int choose_scale(const Image& image) {
  return std::max(1, 320 / std::max(image.width, image.height));
}

void check_request(const Image& clean, const Image& adversarial, std::span<const PixelEdit> edits,
                   int scale) {
  if (clean.width < 1 || clean.height < 1 || clean.width != adversarial.width ||
      clean.height != adversarial.height) {
    throw Error(ErrorCode::kBadArgument, "side_by_side",
                fmt::format("cannot show {}x{} beside {}x{} pixels; give two images of one size",
                            clean.width, clean.height, adversarial.width, adversarial.height));
  }
  check_edits(edits, clean.width, clean.height);
  if (scale < 0 || scale > 64) {
    throw Error(
        ErrorCode::kBadArgument, "side_by_side",
        fmt::format("cannot enlarge {} times; give 1 to 64, or 0 for a fitting scale", scale));
  }
}

}  // namespace

int text_width(std::string_view text, int scale) {
  std::string line = in_ascii(text);  // the font would read beyond its table
  return stb_easy_font_width(line.data()) * scale;
}

void draw_text(Image& image, int x, int y, std::string_view text, Rgb colour, int scale) {
  struct Vertex {
    float x, y, z;
    std::array<unsigned char, 4> colour;
  };
  constexpr std::size_t kVerticesPerLetter = 4 * 16;  // quads a letter: 13 at most
  std::string line = in_ascii(text);                  // the font would read beyond its table
  std::vector<Vertex> vertices(kVerticesPerLetter * (line.size() + 1));
  const int quads = stb_easy_font_print(0.0f, 0.0f, line.data(), nullptr, vertices.data(),
                                        static_cast<int>(vertices.size() * sizeof(Vertex)));
  for (int i = 0; i < quads; ++i) {
    const Vertex& first = vertices[4 * i];
    const Vertex& opposite = vertices[4 * i + 2];
    const auto at = [&](int origin, float place) {
      return origin + static_cast<int>(place) * scale;
    };
    fill(image, {at(x, first.x), at(y, first.y), at(x, opposite.x), at(y, opposite.y)}, colour);
  }
}

Image side_by_side(const Image& clean, const Image& adversarial, std::span<const PixelEdit> edits,
                   const SideBySideOptions& options) {
  check_request(clean, adversarial, edits, options.scale);
  const int scale = options.scale > 0 ? options.scale : choose_scale(clean);
  const Metrics metrics(scale);
  const int width = clean.width * scale;
  const int height = clean.height * scale;
  const int text_top = metrics.margin + height + metrics.margin;
  Image picture = make_image(2 * width + 3 * metrics.margin,
                             text_top + kTextHeight * kTextScale + metrics.margin / 2, kPaper.r,
                             kPaper.g, kPaper.b);
  const std::array<Half, 2> halves{
      {{clean, metrics.margin, metrics.margin, scale},
       {adversarial, 2 * metrics.margin + width, metrics.margin, scale}}};
  const std::array<const std::string*, 2> captions{&options.clean_caption,
                                                   &options.adversarial_caption};
  for (std::size_t i = 0; i < halves.size(); ++i) {
    draw_half(picture, halves[i], metrics, edits);
    const std::string line = fitting(*captions[i], width + metrics.margin);
    draw_text(picture, halves[i].left, text_top, line, kInk, kTextScale);
  }
  return picture;
}

}  // namespace ripple
