#include "ripple/report/colour_map.h"

#include <array>
#include <cstddef>
#include <cstdint>

#include <fmt/format.h>

namespace ripple {
namespace {

constexpr std::array<std::uint32_t, 9> kViridis = {0x440154, 0x472d7b, 0x3b528b, 0x2c728e, 0x21918c,
                                                   0x28ae80, 0x5ec962, 0xaddc30, 0xfde725};
constexpr std::array<std::uint32_t, 9> kBlueRed = {0x2166ac, 0x4393c3, 0x92c5de, 0xd1e5f0, 0xf7f7f7,
                                                   0xfddbc7, 0xf4a582, 0xd6604d, 0xb2182b};

const std::array<std::uint32_t, 9>& colours(ColourMap map) {
  return map == ColourMap::kSequential ? kViridis : kBlueRed;
}

}  // namespace

std::string gnuplot_palette(ColourMap map) {
  std::string out = "set palette maxcolors 0 defined (";
  for (std::size_t i = 0; i < colours(map).size(); ++i) {
    out += fmt::format("{}{} '#{:06x}'", i == 0 ? "" : ", ", i, colours(map)[i]);
  }
  return out + ")\n";
}

bool wants_black_text(ColourMap map, double fraction) {
  const auto last = static_cast<double>(colours(map).size() - 1);
  const double place = fraction > 0.0 ? (fraction < 1.0 ? fraction * last : last) : 0.0;
  const std::uint32_t colour = colours(map)[static_cast<std::size_t>(place + 0.5)];
  const double luminance =
      0.299 * (colour >> 16) + 0.587 * (colour >> 8 & 0xff) + 0.114 * (colour & 0xff);
  return luminance > 128.0;
}

std::string series_colour(std::size_t index) {
  constexpr std::array<const char*, 7> kColours = {"#0072b2", "#d55e00", "#009e73", "#cc79a7",
                                                   "#e69f00", "#56b4e9", "#666666"};
  return kColours[index % kColours.size()];
}

}  // namespace ripple
