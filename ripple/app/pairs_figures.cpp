#include "ripple/app/pairs_figures.h"

#include <algorithm>
#include <cmath>
#include <functional>

#include <fmt/format.h>

#include "ripple/app/terminal.h"
#include "ripple/base/error.h"
#include "ripple/report/bar_chart.h"
#include "ripple/report/figure_text.h"
#include "ripple/report/gnuplot.h"
#include "ripple/report/line_plot.h"
#include "ripple/report/matrix_plot.h"
#include "ripple/report/panel_grid.h"

namespace ripple {
namespace {

constexpr int kMostClasses = 40;  // that a page holds

std::vector<std::string> drawn_names(const ClassNames& names, int classes) {
  constexpr std::size_t kRoom = 24;
  std::vector<std::string> out;
  for (int c = 0; c < classes; ++c) out.push_back(names[c]);
  return figure_names(out, kRoom);
}

/// "3/11" for every cell, or "3" where some of these are too long for one.
std::vector<std::string> cell_texts(const PairMatrix& matrix, bool& with_attacks) {
  constexpr std::size_t kRoom = 5;
  std::vector<std::string> counts;
  std::vector<std::string> both;
  with_attacks = true;
  for (const PairCell& cell : matrix.cells) {
    counts.push_back(std::to_string(cell.successes));
    both.push_back(fmt::format("{}/{}", cell.successes, cell.attacks));
    with_attacks = with_attacks && both.back().size() <= kRoom;
  }
  return with_attacks ? both : counts;
}

void draw_matrix(const std::filesystem::path& stem, const PairSource& source,
                 const ClassNames& names) {
  const PairMatrix& matrix = source.pairs.matrix;
  MatrixPlot plot;
  bool with_attacks = false;
  plot.texts = cell_texts(matrix, with_attacks);
  plot.title = is_targeted(source) ? fmt::format("{}: successes{}, by class and target",
                                                 source.name, with_attacks ? " / attacks" : "")
                                   : fmt::format("{}: images that became a class{}", source.name,
                                                 with_attacks ? " / images attacked" : "");
  plot.row_label =
      is_targeted(source) ? "original class (attacks at each target)" : "original class (images)";
  plot.column_label = is_targeted(source) ? "target class" : "class after the attack";
  plot.column_names = drawn_names(names, matrix.classes);
  for (int original = 0; original < matrix.classes; ++original) {
    plot.row_names.push_back(fmt::format("{} ({})",
                                         plot.column_names[static_cast<std::size_t>(original)],
                                         row_attacks(matrix, original)));
  }
  for (const PairCell& cell : matrix.cells) plot.values.push_back(100.0 * cell.rate());
  plot.scale_label = is_targeted(source) ? "colour: % of attacks" : "colour: % of images";
  draw_matrix_plot(stem, plot);
}

void add_bar(Bars& bars, double rate, const Interval& interval) {
  const bool known = !std::isnan(rate);  // else the place stays empty, without an interval too
  bars.values.push_back(100.0 * rate);
  bars.low.push_back(known ? 100.0 * interval.low : rate);
  bars.high.push_back(known ? 100.0 * interval.high : rate);
}

Bars class_bars(const std::string& title, const std::vector<ClusteredRate>& rates) {
  Bars bars;
  bars.title = title;
  for (const ClusteredRate& rate : rates) add_bar(bars, rate.rate(), rate.interval());
  return bars;
}

void draw_classes(const std::filesystem::path& stem, const PairSource& source,
                  const ClassNames& names) {
  BarChart chart;
  chart.title =
      fmt::format("{}: {}, 95 % intervals", source.name, source.pairs.summary.denominator);
  chart.x_label = "class";
  chart.y_label = is_targeted(source) ? "% of attacks" : "% of images";
  chart.names = drawn_names(names, source.setting.classes);
  chart.groups = {class_bars("is left: original class", source.pairs.by_original),
                  class_bars(is_targeted(source) ? "is reached: target class"
                                                 : "is reached: class after the attack",
                             source.pairs.by_target)};
  chart.width = std::max(chart.width, 60 * source.setting.classes);
  draw_bar_chart(stem, chart);
}

void draw_fitness(const std::filesystem::path& stem, const PairSource& source) {
  const FitnessFall& fall = source.pairs.fitness;
  LinePlot plot;
  plot.title = fmt::format("{}: best member, mean and (band) quartiles", source.name);
  plot.x_label = "generation";
  plot.y_label = fitness_label(source.header.options);
  for (const bool success : {true, false}) {
    const FitnessCurve& curve = success ? fall.successes : fall.failures;
    if (curve.attacks == 0) continue;
    plot.curves.push_back(
        {.title = fmt::format("{} {}", grouped(curve.attacks), success ? "successes" : "failures"),
         .x = {fall.generations.begin(), fall.generations.end()},
         .y = curve.mean,
         .low = curve.lower_quartile,
         .high = curve.upper_quartile});
  }
  draw_line_plot(stem, plot);
}

/// Nothing where no source was driven to every class.
BarChart reach_chart(const std::vector<PairSource>& sources) {
  BarChart chart;
  chart.title = "Target classes that an image reaches, 95 % intervals";
  chart.x_label = "number of target classes";
  chart.y_label = "% of images";
  std::size_t last = 0;
  for (const PairSource& source : sources) {
    if (!source.pairs.reach) continue;
    for (std::size_t n = 0; n < source.pairs.reach->images.size(); ++n)
      if (source.pairs.reach->images[n] > 0) last = std::max(last, n);
  }
  for (const PairSource& source : sources) {
    const std::optional<Reach>& reach = source.pairs.reach;
    if (!reach || reach->any.trials == 0) continue;
    Bars bars;
    bars.title = fmt::format("{} ({} images)", source.name, grouped(reach->any.trials));
    for (std::size_t n = 0; n <= last; ++n) {
      const Rate rate = make_rate(reach->images[n], reach->any.trials);
      add_bar(bars, rate.value(), rate.interval);
    }
    chart.groups.push_back(std::move(bars));
  }
  for (std::size_t n = 0; n <= last; ++n) chart.names.push_back(std::to_string(n));
  return chart;
}

PanelGrid places_grid(const std::vector<PairSource>& sources) {
  PanelGrid grid;
  grid.title = "Changed pixels of the successes, each source on its own scale";
  grid.sharing = ScaleSharing::kPanel;
  grid.scale_label = "changed pixels";
  grid.whole_numbers = true;
  grid.panel_pixels = 220;
  grid.columns = 3;
  for (const PairSource& source : sources) {
    const ChangedPixels& pixels = source.pairs.pixels;
    if (pixels.central.trials() == 0) continue;
    const std::int64_t most = *std::max_element(pixels.counts.begin(), pixels.counts.end());
    const std::int64_t changed = pixels.central.trials();
    grid.panels.emplace_back(
        HeatMap{fmt::format("{}\n{} pixel{}, up to {}", source.name, grouped(changed),
                            changed == 1 ? "" : "s", grouped(most)),
                source.setting.height,
                source.setting.width,
                {pixels.counts.begin(), pixels.counts.end()},
                {}});
  }
  return grid;
}

}  // namespace

std::vector<std::string> draw_pairs(const std::filesystem::path& folder,
                                    const std::vector<PairSource>& sources, const ClassNames& names,
                                    const CancelFlag& cancel) {
  std::vector<std::string> drawn;
  std::vector<std::function<void()>> figures;
  const auto add = [&](const std::string& name, auto draw) {
    drawn.push_back(name);
    figures.emplace_back([&cancel, draw = std::move(draw), stem = folder / name] {
      if (cancel) throw Error(ErrorCode::kCancelled, "pairs", "stopped before the last figure");
      draw(stem);
    });
  };
  for (const PairSource& source : sources) {
    if (source.setting.classes <= kMostClasses) {
      add(source.name + "-matrix", [&](const auto& stem) { draw_matrix(stem, source, names); });
      add(source.name + "-classes", [&](const auto& stem) { draw_classes(stem, source, names); });
    } else {
      note(
          fmt::format("{}: {} classes are too many for a picture; no matrix and no classes, "
                      "their numbers are in pairs.json",
                      source.name, source.setting.classes));
    }
    if (!source.pairs.fitness.generations.empty())
      add(source.name + "-fitness", [&](const auto& stem) { draw_fitness(stem, source); });
  }
  const BarChart reach = reach_chart(sources);
  if (!reach.groups.empty()) add("reach", [&](const auto& stem) { draw_bar_chart(stem, reach); });
  const PanelGrid places = places_grid(sources);
  if (!places.panels.empty())
    add("places", [&](const auto& stem) { draw_panel_grid(stem, places); });
  draw_each(figures);
  return drawn;
}

}  // namespace ripple
