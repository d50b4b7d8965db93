#pragma once

#include <string>

namespace ripple {

/// How numbers become colours.
enum class ColourMap {
  kSequential,  ///< viridis: perceptually even, dark = low; also even in grey
  kDiverging,   ///< blue - white - red, white = 0: for signed values, scale symmetric about 0
};

/// The gnuplot command that defines the palette.
/// Source: viridis of matplotlib (CC0), RdBu of ColorBrewer 2.0.
std::string gnuplot_palette(ColourMap map);

/// Whether black text is readable on the colour of `fraction` in [0, 1] of the scale; else white.
bool wants_black_text(ColourMap map, double fraction);

/// Colours of the lines of a plot, tellable apart by colour-blind readers, as "#rrggbb"; they
/// repeat after 7. Source: Okabe & Ito 2008, without its yellow, too pale on white, and with grey.
std::string series_colour(std::size_t index);

}  // namespace ripple
