#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace ripple {

/// One group of bars, a bar a name.
struct Bars {
  std::string title = {};
  std::vector<double> values = {};  ///< NaN leaves a gap
  std::vector<double> low = {};     ///< ends of an interval; both empty: none is drawn
  std::vector<double> high = {};
};

/// Bars beside each other over named places.
struct BarChart {
  std::string title = {};
  std::string x_label = {};
  std::string y_label = {};
  std::vector<std::string> names = {};  ///< of the places, left to right
  std::vector<Bars> groups = {};
  /// Whether a bar three times as long as every other is cut off, with a mark and its numbers.
  bool cut_longest = false;
  int width = 860;   ///< pixels
  int height = 460;  ///< and more where names are long
};

/// Draws STEM.png and STEM.svg; STEM.dat has a block a group: place value low high (see
/// draw_figure). Errors: kBadArgument where a group has another number of values than there are
/// names, or there is nothing to draw; those of draw_figure.
void draw_bar_chart(const std::filesystem::path& stem, const BarChart& chart);

}  // namespace ripple
