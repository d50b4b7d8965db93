#include "ripple/report/line_plot.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <string_view>

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

/// Data and commands of a plot, curve by curve.
class Writer {
 public:
  explicit Writer(const LinePlot& plot) : plot_(plot), floor_(smallest_positive(plot) / 2.0) {
    for (std::size_t c = 0; c < plot.curves.size(); ++c) add(plot.curves[c], c);
    lines_.resize(lines_.size() - std::string_view(kNext).size());
  }

  const std::string& data() const { return data_; }
  /// Bands lie below all lines.
  std::string plots() const { return bands_ + lines_ + "\n"; }

 private:
  static constexpr const char* kNext = ", \\\n";

  void add(const Curve& curve, std::size_t number) {
    const std::string colour = series_colour(number);
    const int mark = 2 * static_cast<int>(number % 4) + 5;
    write(curve);
    if (!curve.low.empty()) {
      bands_ += fmt::format(
          "  data index {} using 1:3:4 with filledcurves fs transparent solid 0.2 noborder lc rgb "
          "'{}' notitle{}",
          block_, colour, kNext);
    }
    const bool marked = curve.bars.empty() && !plot_.steps && curve.x.size() <= 40;
    lines_ +=
        fmt::format("  data index {} using 1:2 with {} lw 2 {}lc rgb '{}' {}{}", block_,
                    plot_.steps ? "steps"
                    : marked    ? "linespoints"
                                : "lines",
                    marked ? fmt::format("pt {} ps 0.7 ", mark) : "", colour,
                    curve.bars.empty() ? "title " + gnuplot_text(curve.title) : "notitle", kNext);
    ++block_;
    if (curve.bars.empty()) return;
    write(curve.bars);
    // The second draws nothing but the key.
    lines_ += fmt::format(
        "  data index {0} using 1:2:3:4 with yerrorbars pt {1} ps 0.8 lw 1 lc rgb '{2}' notitle{3}"
        "  NaN with linespoints pt {1} ps 0.8 lw 2 lc rgb '{2}' title {4}{3}",
        block_, mark, colour, kNext, gnuplot_text(curve.title));
    ++block_;
  }

  void write(const Curve& curve) {
    data_ += fmt::format("# {}: x y low high\n", one_line(curve.title));
    for (std::size_t i = 0; i < curve.x.size(); ++i) {
      write({curve.x[i], curve.y[i], curve.low.empty() ? curve.y[i] : curve.low[i],
             curve.high.empty() ? curve.y[i] : curve.high[i]});
    }
    data_ += "\n\n";
  }

  void write(const std::vector<CurveBar>& bars) {
    data_ += "# its intervals: x y low high\n";
    for (const CurveBar& bar : bars) write(bar);
    data_ += "\n\n";
  }

  void write(const CurveBar& point) {
    const bool shown = std::isfinite(point.y) && (!plot_.log_y || point.y > 0.0);
    data_ +=
        fmt::format("{:.9g} {} {} {}\n", point.x, number_or_nan(shown ? point.y : NAN),
                    number_or_nan(shown && plot_.log_y ? std::max(point.low, floor_) : point.low),
                    number_or_nan(point.high));
  }

  const LinePlot& plot_;
  double floor_;
  std::string data_, bands_, lines_;
  int block_ = 0;
};

}  // namespace

void draw_line_plot(const std::filesystem::path& stem, const LinePlot& plot) {
  if (plot.curves.empty())
    throw Error(ErrorCode::kBadArgument, stem.string(), "a plot without curves; give one");
  for (const Curve& curve : plot.curves) check_curve(stem, curve);
  const Writer writer(plot);
  std::string script = gnuplot_head(stem, plot.width, plot.height);
  script += axes_script({.title = plot.title,
                         .x_label = plot.x_label,
                         .y_label = plot.y_label,
                         .x_names = plot.x_names,
                         .width = plot.width,
                         .height = plot.height,
                         .key_right = plot.curves.size() > 4});
  if (plot.log_x) script += "set logscale x\nset autoscale xfix\n";
  if (plot.log_y) script += "set logscale y\nset format y '%g'\n";
  script += "plot \\\n" + writer.plots();
  draw_figure(stem, writer.data(), script);
}

}  // namespace ripple
