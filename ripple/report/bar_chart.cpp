#include "ripple/report/bar_chart.h"

#include <algorithm>
#include <cmath>
#include <optional>

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

/// A bar as it is drawn, with the ends of its interval.
struct Drawn {
  double place = 0.0, value = 0.0, low = 0.0, high = 0.0;

  double length() const { return std::max({std::abs(value), std::abs(low), std::abs(high)}); }
};

std::vector<Drawn> drawn_bars(const BarChart& chart, std::size_t group, double width) {
  const Bars& bars = chart.groups[group];
  const double middle = (static_cast<double>(chart.groups.size()) - 1.0) / 2.0;
  std::vector<Drawn> out;
  for (std::size_t i = 0; i < bars.values.size(); ++i) {
    const double value = bars.values[i];
    out.push_back({static_cast<double>(i) + (static_cast<double>(group) - middle) * width, value,
                   bars.low.empty() ? value : bars.low[i],
                   bars.high.empty() ? value : bars.high[i]});
  }
  return out;
}

/// A bar that would leave all others too short to be read, and where it is cut, as a length.
struct Cut {
  Drawn bar;
  double at = 0.0;
};

std::optional<Cut> find_cut(const std::vector<Drawn>& bars) {
  constexpr double kTooLong = 3.0;
  constexpr double kShown = 1.5;
  Drawn longest;
  double next = 0.0;
  for (const Drawn& bar : bars) {
    if (!std::isfinite(bar.length())) continue;
    next = std::max(next, std::min(bar.length(), longest.length()));
    if (bar.length() > longest.length()) longest = bar;
  }
  if (!(next > 0.0) || std::abs(longest.value) < kTooLong * next) return std::nullopt;
  return Cut{longest, kShown * next};
}

/// The range of the values, two strokes across the bar near its cut end, and its numbers.
std::string cut_script(const Cut& cut, double width, std::size_t places) {
  const double sign = cut.bar.value < 0.0 ? -1.0 : 1.0;
  const double end = sign * cut.at;
  std::string out = sign < 0.0 ? fmt::format("set yrange [{:.6g}:0<*]\n", end)
                               : fmt::format("set yrange [*<0:{:.6g}]\n", end);
  for (const double at : {0.84, 0.9}) {
    out += fmt::format(
        "set arrow from {:.6g},{:.6g} to {:.6g},{:.6g} nohead front lw 2.5 lc rgb 'white'\n",
        cut.bar.place - 0.7 * width, (at - 0.02) * end, cut.bar.place + 0.7 * width,
        (at + 0.02) * end);
  }
  std::string numbers = fmt::format("{:.3g}", cut.bar.value);
  if (cut.bar.low != cut.bar.high)
    numbers += fmt::format(" ({:.3g} to {:.3g})", cut.bar.low, cut.bar.high);
  const bool at_left = cut.bar.place > static_cast<double>(places) / 2.0;
  return out + fmt::format("set label {} at {:.6g},{:.6g} {}\n", gnuplot_text(numbers),
                           cut.bar.place + (at_left ? -0.8 : 0.8) * width, 0.9 * end,
                           at_left ? "right" : "left");
}

}  // namespace

void draw_bar_chart(const std::filesystem::path& stem, const BarChart& chart) {
  check(stem, chart);
  const double width = 0.8 / static_cast<double>(chart.groups.size());
  std::string data;
  std::string plots;
  std::vector<Drawn> all;
  for (std::size_t g = 0; g < chart.groups.size(); ++g) {
    const std::vector<Drawn> drawn = drawn_bars(chart, g, width);
    all.insert(all.end(), drawn.begin(), drawn.end());
  }
  const std::optional<Cut> cut = chart.cut_longest ? find_cut(all) : std::nullopt;
  // The interval of a bar that is cut lies outside.
  const std::string low = cut ? fmt::format("(abs($2)>{:.6g}?NaN:$3)", cut->at) : "3";
  for (std::size_t g = 0; g < chart.groups.size(); ++g) {
    const Bars& bars = chart.groups[g];
    data += fmt::format("# {}: place value low high\n", one_line(bars.title));
    for (const Drawn& bar : drawn_bars(chart, g, width)) {
      data += fmt::format("{:.6g} {} {} {}\n", bar.place, number_or_nan(bar.value),
                          number_or_nan(bar.low), number_or_nan(bar.high));
    }
    data += "\n\n";
    plots += fmt::format(
        "{}  data index {} using 1:2:({:.6g}) with boxes fs solid 0.85 border lc rgb 'white' fc "
        "rgb '{}' title {}",
        g == 0 ? "" : ", \\\n", g, width, series_colour(g), gnuplot_text(bars.title));
    if (!bars.low.empty()) {
      plots += fmt::format(
          ", \\\n  data index {} using 1:{}:(0):($4-$3) with vectors heads size screen 0.004,90 lw "
          "1.3 lc rgb '#202020' "
          "notitle",
          g, low);
    }
  }
  const int height = chart.height + names_height(chart.names);
  std::string script = gnuplot_head(stem, chart.width, height);
  script += axes_script({.title = chart.title,
                         .x_label = chart.x_label,
                         .y_label = chart.y_label,
                         .x_names = chart.names,
                         .width = chart.width,
                         .height = height});
  if (chart.groups.size() == 1 && chart.groups[0].title.empty()) script += "unset key\n";
  script += cut ? cut_script(*cut, width, chart.names.size()) : "set yrange [*<0:0<*]\n";
  script += "plot \\\n" + plots + "\n";
  draw_figure(stem, data, script);
}

}  // namespace ripple
