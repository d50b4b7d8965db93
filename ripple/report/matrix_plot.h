#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace ripple {

/// A table of numbers as colours with text on them, e.g. class x class.
struct MatrixPlot {
  std::string title = {};
  std::string row_label = {};  ///< of the axis at the left, e.g. "true class"
  std::string column_label = {};
  std::vector<std::string> row_names = {};
  std::vector<std::string> column_names = {};
  std::vector<double> values = {};  ///< [rows, columns], 0 or above; NaN is left blank
  /// What stands in the cells, [rows, columns], five characters or so each; empty: the rounded
  /// numbers. There is none where a value is NaN.
  std::vector<std::string> texts = {};
  std::string scale_label = {};
};

/// Draws STEM.png and STEM.svg; STEM.dat holds the matrix (see draw_figure).
/// Errors: kBadArgument where values or texts are not rows x columns or there are no values; those
/// of draw_figure.
void draw_matrix_plot(const std::filesystem::path& stem, const MatrixPlot& plot);

}  // namespace ripple
