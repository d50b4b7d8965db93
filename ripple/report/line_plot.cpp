#include "ripple/report/line_plot.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "ripple/base/error.h"
#include "ripple/report/axes.h"
#include "ripple/report/colour_map.h"
#include "ripple/report/gnuplot.h"

namespace ripple {
namespace {

void check_curve(const std::filesystem::path& stem, const Curve& curve) {
  const bool ends = !curve.low.empty() || !curve.high.empty();
  if (curve.x.size() == curve.y.size() &&
      (!ends || (curve.low.size() == curve.x.size() && curve.high.size() == curve.x.size())))
    return;
  throw Error(ErrorCode::kBadArgument, stem.string(),
              fmt::format("curve '{}': x, y, low and high differ in length", curve.title));
}

/// What a logarithmic axis can show of the lower end of a band: the smallest positive value.
double smallest_positive(const LinePlot& plot) {
  double smallest = std::numeric_limits<double>::max();
  for (const Curve& curve : plot.curves) {
    for (const double y : curve.y) {
      if (y > 0.0) smallest = std::min(smallest, y);
    }
  }
  return smallest;
}

}  // namespace

void draw_line_plot(const std::filesystem::path& stem, const LinePlot& plot) {
  if (plot.curves.empty())
    throw Error(ErrorCode::kBadArgument, stem.string(), "a plot without curves; give one");
  const double floor = smallest_positive(plot) / 2.0;
  std::string data;
  std::string bands;
  std::string lines;
  for (std::size_t c = 0; c < plot.curves.size(); ++c) {
    const Curve& curve = plot.curves[c];
    check_curve(stem, curve);
    data += fmt::format("# {}: x y low high\n", one_line(curve.title));
    for (std::size_t i = 0; i < curve.x.size(); ++i) {
      const bool shown = std::isfinite(curve.y[i]) && (!plot.log_y || curve.y[i] > 0.0);
      const double low = curve.low.empty() ? curve.y[i] : curve.low[i];
      const double high = curve.high.empty() ? curve.y[i] : curve.high[i];
      data += fmt::format("{:.9g} {} {} {}\n", curve.x[i], number_or_nan(shown ? curve.y[i] : NAN),
                          number_or_nan(shown && plot.log_y ? std::max(low, floor) : low),
                          number_or_nan(high));
    }
    data += "\n\n";
    const std::string colour = series_colour(c);
    const bool many = curve.x.size() > 40;
    if (!curve.low.empty()) {
      bands += fmt::format(
          "  data index {} using 1:3:4 with filledcurves fs transparent solid 0.2 noborder lc rgb "
          "'{}' notitle, \\\n",
          c, colour);
    }
    lines += fmt::format("  data index {} using 1:2 with {} lw 2 {}lc rgb '{}' title {}{}\n", c,
                         many ? "lines" : "linespoints",
                         many ? "" : fmt::format("pt {} ps 0.7 ", 2 * (c % 4) + 5), colour,
                         gnuplot_quoted(curve.title), c + 1 < plot.curves.size() ? ", \\" : "");
  }
  std::string script = gnuplot_head(stem, plot.width, plot.height);
  script += axes_script({plot.title, plot.x_label, plot.y_label, plot.x_names, plot.height});
  if (plot.log_x) script += "set logscale x\n";
  if (plot.log_y) script += "set logscale y\nset format y '%g'\n";
  script += "plot \\\n" + bands + lines;
  draw_figure(stem, data, script);
}

}  // namespace ripple
