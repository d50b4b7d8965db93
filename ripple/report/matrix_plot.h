#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "ripple/report/colour_map.h"

namespace ripple {

/// A table of numbers as colours with the numbers on them, e.g. class x class.
struct MatrixPlot {
  std::string title = {};
  std::string row_label = {};  ///< of the axis at the left, e.g. "true class"
  std::string column_label = {};
  std::vector<std::string> row_names = {};
  std::vector<std::string> column_names = {};
  std::vector<double> values = {};  ///< [rows, columns]; NaN is left blank
  int decimals = 0;                 ///< of the printed numbers
  std::string scale_label = {};
  ColourMap map = ColourMap::kSequential;
  std::optional<double> high = std::nullopt;  ///< end of the scale; absent: the largest value
  int cell_pixels = 46;
};

/// Draws STEM.png and STEM.svg; STEM.dat holds the matrix (see draw_figure).
/// Errors: kBadArgument where values are not rows x columns or there are none; those of
/// draw_figure.
void draw_matrix_plot(const std::filesystem::path& stem, const MatrixPlot& plot);

}  // namespace ripple
