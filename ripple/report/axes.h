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
  std::vector<std::string> x_names = {};  ///< of 24 characters at most; longer ones are shortened
  int width = 0;                          ///< of the figure in pixels
  int height = 0;                         ///< likewise
  bool key_right = false;                 ///< else it stands between title and curves, in rows
};

/// The gnuplot commands for them, with a light grid and a key.
std::string axes_script(const Axes& axes);

/// Pixels that long names below the axis take of the figure's height beyond what short ones do.
int names_height(const std::vector<std::string>& x_names);

/// A number as a data file holds it; "NaN" for what is none.
std::string number_or_nan(double value);

/// Text without line ends, for a comment.
std::string one_line(std::string text);

}  // namespace ripple
