#include "ripple/report/axes.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "ripple/report/figure_text.h"
#include "ripple/report/gnuplot.h"

namespace ripple {
namespace {

constexpr std::size_t kNameRoom = 24;
constexpr double kTurnedCharacter =
    7.0 * 0.71;  // pixels a letter goes down and left, at 45 degrees

/// Whether names stand beside each other only at an angle.
bool are_turned(const std::vector<std::string>& names) {
  return names.size() > 12 || std::any_of(names.begin(), names.end(),
                                          [](const auto& name) { return characters_of(name) > 9; });
}

double turned_length(const std::string& name) {
  return kTurnedCharacter * static_cast<double>(std::min(characters_of(name), kNameRoom));
}

/// Where the axis must begin, in pixels, for turned names to begin on the page.
double left_of_names(const Axes& axes) {
  const double right = axes.width - 20.0;
  double left = 0.0;
  for (std::size_t i = 0; i < axes.x_names.size(); ++i) {
    const double place =
        (static_cast<double>(i) + 0.6) / (static_cast<double>(axes.x_names.size()) + 0.2);
    const double wanted = turned_length(axes.x_names[i]) + 10.0;
    left = std::max(left, (wanted - place * right) / (1.0 - place));
  }
  return left;
}

std::string names_script(const Axes& axes) {
  const bool turned = are_turned(axes.x_names);
  std::string out;
  constexpr double kUsualLeft = 66.0;  // gnuplot's own, for the numbers and the label of the axis
  if (const double left = turned ? left_of_names(axes) : 0.0; left > kUsualLeft)
    out += fmt::format("set lmargin at screen {:.5f}\n", left / axes.width);
  out += fmt::format("set xrange [-0.6:{}]\nset xtics {}(",
                     static_cast<double>(axes.x_names.size()) - 0.4,
                     turned ? "rotate by 45 right " : "");
  for (std::size_t i = 0; i < axes.x_names.size(); ++i) {
    out += fmt::format("{}{} {}", i == 0 ? "" : ", ",
                       gnuplot_tic(shortened(axes.x_names[i], kNameRoom)), i);
  }
  return out + ")\n";
}

}  // namespace

int names_height(const std::vector<std::string>& x_names) {
  constexpr double kUsual = 70.0;
  double longest = 0.0;
  for (const std::string& name : x_names) longest = std::max(longest, turned_length(name));
  return are_turned(x_names) ? static_cast<int>(std::max(0.0, longest - kUsual)) : 0;
}

std::string axes_script(const Axes& axes) {
  std::string out =
      "set border 3 lw 0.8 lc rgb '#606060'\n"
      "set tics nomirror scale 0.6 textcolor rgb '#202020'\n"
      "set grid ytics lw 0.5 lc rgb '#dddddd'\n";
  const auto from_top = [&](double pixels) { return 1.0 - pixels / axes.height; };
  if (axes.key_right) {
    out += fmt::format(
        "set tmargin at screen {:.5f}\nset key outside right center vertical Left "
        "reverse samplen 3 spacing 1.3\n",
        from_top(40));
  } else {
    // gnuplot on its own puts the key above the title, or below over the label of the axis.
    out += fmt::format(
        "set key center horizontal\nset tmargin at screen {:.5f}; set key at screen 0.5,{:.5f}\n",
        from_top(62), from_top(42));
  }
  if (!axes.title.empty()) {
    out +=
        fmt::format("set label {} at screen 0.5,{:.5f} center font ','.(kind eq 'svg' ? 15 : 11)\n",
                    gnuplot_text(axes.title), from_top(18));
  }
  if (!axes.x_label.empty()) out += fmt::format("set xlabel {}\n", gnuplot_text(axes.x_label));
  if (!axes.y_label.empty()) out += fmt::format("set ylabel {}\n", gnuplot_text(axes.y_label));
  return axes.x_names.empty() ? out : out + names_script(axes);
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
