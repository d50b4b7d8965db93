#include "ripple/report/bar_chart.h"

#include <fmt/format.h>

#include "ripple/base/error.h"
#include "ripple/report/axes.h"
#include "ripple/report/colour_map.h"
#include "ripple/report/gnuplot.h"

namespace ripple {
namespace {

void check(const std::filesystem::path& stem, const BarChart& chart) {
  if (chart.names.empty() || chart.groups.empty())
    throw Error(ErrorCode::kBadArgument, stem.string(), "a chart without bars; give one");
  const std::size_t places = chart.names.size();
  for (const Bars& bars : chart.groups) {
    const bool ends = !bars.low.empty() || !bars.high.empty();
    if (bars.values.size() == places &&
        (!ends || (bars.low.size() == places && bars.high.size() == places)))
      continue;
    throw Error(
        ErrorCode::kBadArgument, stem.string(),
        fmt::format("group '{}' has {} bars for {} names", bars.title, bars.values.size(), places));
  }
}

}  // namespace

void draw_bar_chart(const std::filesystem::path& stem, const BarChart& chart) {
  check(stem, chart);
  const auto groups = static_cast<double>(chart.groups.size());
  const double width = 0.8 / groups;
  std::string data;
  std::string plots;
  for (std::size_t g = 0; g < chart.groups.size(); ++g) {
    const Bars& bars = chart.groups[g];
    const double shift = (static_cast<double>(g) - (groups - 1.0) / 2.0) * width;
    data += fmt::format("# {}: place value low high\n", one_line(bars.title));
    for (std::size_t i = 0; i < bars.values.size(); ++i) {
      data += fmt::format("{:.6g} {} {} {}\n", static_cast<double>(i) + shift,
                          number_or_nan(bars.values[i]),
                          number_or_nan(bars.low.empty() ? bars.values[i] : bars.low[i]),
                          number_or_nan(bars.high.empty() ? bars.values[i] : bars.high[i]));
    }
    data += "\n\n";
    plots += fmt::format(
        "{}  data index {} using 1:2:({:.6g}) with boxes fs solid 0.85 border lc rgb 'white' fc "
        "rgb '{}' title {}",
        g == 0 ? "" : ", \\\n", g, width, series_colour(g), gnuplot_quoted(bars.title));
    if (!bars.low.empty()) {
      plots += fmt::format(
          ", \\\n  data index {} using 1:3:(0):($4-$3) with vectors heads size screen 0.004,90 lw "
          "1.3 lc rgb '#202020' "
          "notitle",
          g);
    }
  }
  std::string script = gnuplot_head(stem, chart.width, chart.height);
  script += axes_script({chart.title, chart.x_label, chart.y_label, chart.names, chart.height});
  if (chart.groups.size() == 1 && chart.groups[0].title.empty()) script += "unset key\n";
  script += "set yrange [*<0:0<*]\nplot \\\n" + plots + "\n";
  draw_figure(stem, data, script);
}

}  // namespace ripple
