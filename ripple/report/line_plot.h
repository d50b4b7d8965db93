#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace ripple {

/// An interval at one place of a curve.
struct CurveBar {
  double x = 0.0;
  double y = 0.0;
  double low = 0.0;
  double high = 0.0;
};

/// One line of a plot.
struct Curve {
  std::string title = {};
  std::vector<double> x = {};
  std::vector<double> y = {};  ///< as many; NaN breaks the line
  /// Lower and upper end at each x, e.g. y -+ standard error, drawn as a translucent band; both
  /// empty: none.
  std::vector<double> low = {};
  std::vector<double> high = {};
  /// Intervals drawn as bars with a mark instead of a band: those of many curves hide none.
  std::vector<CurveBar> bars = {};
};

/// Curves over one pair of axes; the key of more than four stands at the right.
struct LinePlot {
  std::string title = {};
  std::string x_label = {};
  std::string y_label = {};
  std::vector<Curve> curves = {};
  bool log_x = false;  ///< the axis then ends where the curves do
  bool steps = false;  ///< a value holds up to the next x
  bool log_y = false;  ///< values that are not above 0 are left out, bands are cut off
  /// Names instead of numbers at x = 0, 1, 2, ...; empty: numbers.
  std::vector<std::string> x_names = {};
  int width = 860;  ///< pixels
  int height = 460;
};

/// Draws STEM.png and STEM.svg; STEM.dat has a block a curve: x y low high, and one behind
/// it where the curve has bars (see draw_figure).
/// Errors: kBadArgument where a curve's vectors differ in length or there is no curve; those of
/// draw_figure.
void draw_line_plot(const std::filesystem::path& stem, const LinePlot& plot);

}  // namespace ripple
