#include "ripple/report/axes.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "ripple/report/gnuplot.h"

namespace ripple {

std::string axes_script(const Axes& axes) {
  std::string out =
      "set border 3 lw 0.8 lc rgb '#606060'\n"
      "set tics nomirror scale 0.6 textcolor rgb '#202020'\n"
      "set grid ytics lw 0.5 lc rgb '#dddddd'\n"
      "set key center horizontal\n";
  // gnuplot on its own puts the key above the title, or below over the label of the axis.
  const auto from_top = [&](double pixels) { return 1.0 - pixels / axes.height; };
  out += fmt::format("set tmargin at screen {:.5f}; set key at screen 0.5,{:.5f}\n", from_top(62),
                     from_top(42));
  if (!axes.title.empty()) {
    out +=
        fmt::format("set label {} at screen 0.5,{:.5f} center font ','.(kind eq 'svg' ? 15 : 11)\n",
                    gnuplot_quoted(axes.title), from_top(18));
  }
  if (!axes.x_label.empty()) out += fmt::format("set xlabel {}\n", gnuplot_quoted(axes.x_label));
  if (!axes.y_label.empty()) out += fmt::format("set ylabel {}\n", gnuplot_quoted(axes.y_label));
  if (axes.x_names.empty()) return out;
  const bool crowded =
      axes.x_names.size() > 12 || std::any_of(axes.x_names.begin(), axes.x_names.end(),
                                              [](const auto& name) { return name.size() > 9; });
  out += fmt::format("set xrange [-0.6:{}]\nset xtics {}(",
                     static_cast<double>(axes.x_names.size()) - 0.4,
                     crowded ? "rotate by 45 right " : "");
  for (std::size_t i = 0; i < axes.x_names.size(); ++i) {
    out += fmt::format("{}{} {}", i == 0 ? "" : ", ", gnuplot_quoted(axes.x_names[i]), i);
  }
  return out + ")\n";
}

std::string number_or_nan(double value) {
  return std::isfinite(value) ? fmt::format("{:.9g}", value) : "NaN";
}

std::string one_line(std::string text) {
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < 0x20) c = ' ';
  }
  return text;
}

}  // namespace ripple
