#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace ripple {

/// An 8-bit colour image. Networks see it only through the preprocessing stored with the model, so
/// an adversarial image is always a real picture that can be saved and loaded again.
struct Image {
  int width = 0;                     ///< columns
  int height = 0;                    ///< rows
  std::vector<std::uint8_t> pixels;  ///< [height, width, 3]: rows from the top, R G B interleaved

  /// The red component of column x, row y; green and blue follow it.
  std::uint8_t* at(int x, int y) { return pixels.data() + 3 * (std::size_t(y) * width + x); }
  const std::uint8_t* at(int x, int y) const {
    return pixels.data() + 3 * (std::size_t(y) * width + x);
  }
  bool operator==(const Image&) const = default;
};

/// An image of one colour. Assumes width, height >= 1.
Image make_image(int width, int height, std::uint8_t r = 0, std::uint8_t g = 0, std::uint8_t b = 0);

/// One changed pixel: x is the column, y the row, both from 0; the colour replaces the old one.
struct PixelEdit {
  int x = 0;
  int y = 0;
  std::uint8_t r = 0;
  std::uint8_t g = 0;
  std::uint8_t b = 0;

  bool operator==(const PixelEdit&) const = default;
};

/// n candidates of d edits each, candidate after candidate. Where two edits of a candidate name the
/// same pixel, the later one counts: the candidate then changes fewer than d pixels.
struct CandidateBatch {
  int edits_per_candidate = 1;   ///< d
  std::vector<PixelEdit> edits;  ///< [n, d]

  int size() const { return static_cast<int>(edits.size()) / edits_per_candidate; }
  std::span<const PixelEdit> candidate(int i) const {
    return std::span(edits).subspan(std::size_t(i) * edits_per_candidate, edits_per_candidate);
  }
};

/// Writes the edits into the image, in order. Assumes that they lie inside (see check_edits).
void apply_edits(Image& image, std::span<const PixelEdit> edits);

/// Errors: kBadArgument naming the first edit that lies outside a width x height image.
void check_edits(std::span<const PixelEdit> edits, int width, int height);

/// The edits that have an effect: the last one of each pixel, without those equal to the clean
/// colour, ordered by row, then column. What is left is what a result reports and what L0 counts.
std::vector<PixelEdit> effective_edits(const Image& clean, std::span<const PixelEdit> edits);

/// One labelled image of a dataset.
struct Sample {
  Image image;
  std::optional<int> label;  ///< class index; absent for a single image without a known class
  std::string name;          ///< file name or record, for messages and results
};

}  // namespace ripple
