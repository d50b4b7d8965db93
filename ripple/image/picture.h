#pragma once

#include <span>
#include <string>
#include <string_view>

#include "ripple/image/image.h"

namespace ripple {

struct Rgb {
  std::uint8_t r = 0;
  std::uint8_t g = 0;
  std::uint8_t b = 0;
};

/// Width in pixels of `text` as draw_text draws it; it is kTextHeight * scale high.
int text_width(std::string_view text, int scale);
inline constexpr int kTextHeight = 9;  ///< letters with room for the tails of g, p, q

/// Draws one line of text with its top left corner at column x, row y, each dot of the font
/// scale x scale pixels; what falls outside the image is left out. The font (stb_easy_font) knows
/// printable ASCII: see in_ascii() for other text. Assumes scale >= 1.
void draw_text(Image& image, int x, int y, std::string_view text, Rgb colour, int scale);

struct SideBySideOptions {
  std::string clean_caption = {};        ///< e.g. "cat 0.93"; an empty one leaves its line blank
  std::string adversarial_caption = {};  ///< e.g. "dog 0.61"; too long a caption is cut with ".."
  int scale = 0;  ///< picture pixels a pixel; 0: the longer side becomes 256..320
};

/// The picture of what an attack found: the clean and the adversarial image beside each other,
/// enlarged without smoothing, captions under them. Around (never over) each changed pixel lies a
/// double ring, black and white, in both halves, so that it shows on every colour.
/// Images longer than 320 pixels are shown in their own size.
/// Errors: kBadArgument where the two differ in size or have no pixels, where an edit lies outside,
/// or for a scale outside 0..64.
Image side_by_side(const Image& clean, const Image& adversarial, std::span<const PixelEdit> edits,
                   const SideBySideOptions& options);

}  // namespace ripple
