#include "ripple/report/matrix_plot.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "ripple/base/error.h"
#include "ripple/report/axes.h"
#include "ripple/report/colour_map.h"
#include "ripple/report/figure_text.h"
#include "ripple/report/gnuplot.h"

namespace ripple {
namespace {

constexpr int kCharacter = 7;  // pixels a letter
constexpr int kTitleCharacter = 9;

/// Pixels that the longest of the names takes.
int longest(const std::vector<std::string>& names) {
  std::size_t length = 0;
  for (const std::string& name : names) length = std::max(length, characters_of(name));
  return static_cast<int>(length) * kCharacter;
}

std::string tics(const char* axis, const std::vector<std::string>& names, const char* how) {
  std::string out = fmt::format("set {}tics {}(", axis, how);
  for (std::size_t i = 0; i < names.size(); ++i) {
    out += fmt::format("{}{} {}", i == 0 ? "" : ", ", gnuplot_tic(names[i]), i);
  }
  return out + ") scale 0 textcolor rgb '#202020'\n";
}

constexpr int kCellPixels = 46;

/// The end of the scale, which begins at 0.
double largest(const MatrixPlot& plot) {
  double high = 0.0;
  for (const double value : plot.values) {
    if (std::isfinite(value)) high = std::max(high, value);
  }
  return high > 0.0 ? high : 1.0;
}

/// Text as one field of a data file.
std::string one_word(std::string text) {
  for (char& c : text) {
    if (c == ' ' || c == '"' || c == '#' || static_cast<unsigned char>(c) < 0x20) c = '_';
  }
  return text.empty() ? "_" : text;
}

/// The matrix, then a line a cell: column, row, text, colour of the text.
std::string data_of(const MatrixPlot& plot, double high) {
  const std::size_t columns = plot.column_names.size();
  std::string matrix = "# matrix\n";
  std::string cells = "# column row text colour\n";
  for (std::size_t i = 0; i < plot.values.size(); ++i) {
    const double value = plot.values[i];
    matrix += number_or_nan(value) + ((i + 1) % columns == 0 ? "\n" : " ");
    if (!std::isfinite(value)) continue;
    const std::string text =
        plot.texts.empty() ? fmt::format("{:.0f}", value) : one_word(plot.texts[i]);
    cells += fmt::format("{} {} {} {}\n", i % columns, i / columns, text,
                         wants_black_text(ColourMap::kSequential, value / high) ? 0 : 0xffffff);
  }
  return matrix + "\n\n" + cells;
}

}  // namespace

void draw_matrix_plot(const std::filesystem::path& stem, const MatrixPlot& plot) {
  const std::size_t rows = plot.row_names.size();
  const std::size_t columns = plot.column_names.size();
  if (plot.values.empty() || plot.values.size() != rows * columns) {
    throw Error(ErrorCode::kBadArgument, stem.string(),
                fmt::format("{} values for {} rows of {}; give one a cell", plot.values.size(),
                            rows, columns));
  }
  if (!plot.texts.empty() && plot.texts.size() != plot.values.size()) {
    throw Error(ErrorCode::kBadArgument, stem.string(),
                fmt::format("{} texts for {} cells", plot.texts.size(), plot.values.size()));
  }
  const double scale = largest(plot);
  const int wide = kCellPixels * static_cast<int>(columns);
  const int high = kCellPixels * static_cast<int>(rows);
  const int left = longest(plot.row_names) + (plot.row_label.empty() ? 16 : 40);
  // A small matrix is smaller than what is written around it.
  const int beside = (longest({plot.row_label, plot.scale_label}) - high) / 2 + 8;
  const int bottom =
      std::max(beside, longest(plot.column_names) * 3 / 4 + (plot.column_label.empty() ? 20 : 46));
  const int top = std::max(beside, plot.title.empty() ? 14 : 38);
  const int above = static_cast<int>(characters_of(plot.title)) * kTitleCharacter + 20;
  const int right = std::max(plot.scale_label.empty() ? 70 : 96, above - left - wide);
  const double width = left + wide + right;
  const double height = top + high + bottom;
  std::string script = gnuplot_head(stem, left + wide + right, top + high + bottom);
  script += gnuplot_palette(ColourMap::kSequential) + gnuplot_cells(plot.values.size());
  script += fmt::format(
      "unset key\nset border lw 0.5 lc rgb '#808080'\n"
      "set lmargin at screen {:.6f}; set rmargin at screen {:.6f}\n"
      "set tmargin at screen {:.6f}; set bmargin at screen {:.6f}\n"
      "set xrange [-0.5:{}-0.5]; set yrange [{}-0.5:-0.5]\nset cbrange [0:{:.9g}]\n"
      "set colorbox vertical user origin {:.6f},{:.6f} size {:.6f},{:.6f}\n",
      left / width, (left + wide) / width, 1.0 - top / height, bottom / height, columns, rows,
      scale, (left + wide + 10) / width, bottom / height, 14 / width, high / height);
  script += tics("x", plot.column_names, "rotate by 45 right ") + tics("y", plot.row_names, "");
  script += "set cbtics scale 0.4 format '%.3g' textcolor rgb '#202020'\n";
  script += fmt::format(
      "set label {} at screen 0.5,{:.6f} center font ','.(kind eq 'svg' ? 15 : 11)\n"
      "set xlabel {}\n",
      gnuplot_text(plot.title), 1.0 - 16.0 / height, gnuplot_text(plot.column_label));
  // gnuplot's own places for these depend on its guess of how wide the names are.
  const auto upright = [&](const std::string& text, double x) {
    if (text.empty()) return;
    script += fmt::format("set label {} at screen {:.6f},{:.6f} center rotate by 90\n",
                          gnuplot_text(text), x / width, (bottom + high / 2.0) / height);
  };
  upright(plot.row_label, 14.0);
  upright(plot.scale_label, left + wide + 84.0);
  script += fmt::format(
      "plot {}, \\\n  data index 1 using 1:2:(strcol(3)):4 with labels textcolor rgb variable\n",
      gnuplot_map(0, static_cast<int>(rows), static_cast<int>(columns)));
  draw_figure(stem, data_of(plot, scale), script);
}

}  // namespace ripple
