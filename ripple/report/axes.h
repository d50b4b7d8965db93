#pragma once

#include <string>
#include <vector>

namespace ripple {

// What plots with axes share.

/// Title, labels and, where there are names, what stands at x = 0, 1, 2, ... instead of numbers.
struct Axes {
  std::string title = {};
  std::string x_label = {};
  std::string y_label = {};
  std::vector<std::string> x_names = {};
  int height = 0;  ///< of the figure in pixels
};

/// The gnuplot commands for them, with a light grid and the key between title and curves.
std::string axes_script(const Axes& axes);

/// A number as a data file holds it; "NaN" for what is none.
std::string number_or_nan(double value);

/// Text without line ends, for a comment.
std::string one_line(std::string text);

}  // namespace ripple
