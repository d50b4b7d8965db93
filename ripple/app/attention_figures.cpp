#include "ripple/app/attention_figures.h"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <limits>
#include <string>

#include <fmt/format.h>

#include "ripple/analysis/grad_cam.h"
#include "ripple/report/bar_chart.h"
#include "ripple/report/gnuplot.h"
#include "ripple/report/panel_grid.h"

namespace ripple {
namespace {

void add_row(PanelGrid& grid, const AttentionCase& attack, const AlteredImage& altered,
             const MapQuartet& maps, const ClassNames& names) {
  const int height = attack.clean.height;
  const int width = attack.clean.width;
  std::vector<Mark> marks;
  if (altered.alteration == Alteration::kPixel) {
    for (const PixelEdit& edit : altered.at) marks.push_back({edit.x, edit.y});
  }
  const auto heat = [&](int c, const Tensor& map) {
    return HeatMap{names.title(c), height, width, upsample(map, height, width).data, marks};
  };
  grid.panels.emplace_back(PicturePanel{"clean", attack.clean, marks});
  grid.panels.emplace_back(heat(attack.label, maps.clean_true));
  grid.panels.emplace_back(heat(altered.adversarial, maps.clean_adversarial));
  grid.panels.emplace_back(
      PicturePanel{std::string(to_string(altered.alteration)), altered.image, marks});
  grid.panels.emplace_back(heat(attack.label, maps.altered_true));
  grid.panels.emplace_back(heat(altered.adversarial, maps.altered_adversarial));
  grid.row_labels.push_back(fmt::format("{} {}", attack.index, to_string(altered.alteration)));
}

/// What a chart shows: a metric, times `scale`.
struct ChartOf {
  const char* name;  ///< of the files
  const char* metric;
  const char* title;
  const char* label;
  double scale;
};

constexpr ChartOf kCharts[] = {
    {"near", "near_change_2", "Attention within 2 pixels of the edit, change of its share",
     "percentage points", 100.0},
    {"moved", "total_variation", "Attention that moved", "% of the attention", 100.0},
    {"diffusion", "entropy_change", "Diffusion, change of the attention's entropy",
     "change, on a scale from 0 to 1", 1.0},
    {"mass", "mass_change", "Mass, change of the total attention",
     "(after - before) / (after + before)", 1.0}};

void draw_chart(const std::filesystem::path& folder, const std::vector<AttentionFigure>& figures,
                const ChartOf& of_chart) {
  constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
  BarChart chart;
  chart.y_label = of_chart.label;
  chart.x_label = "map, class that it is of";
  chart.cut_longest = true;
  std::int64_t cases = 0;
  for (const AttentionMap map : kAttentionMaps) {
    for (const AttentionClass of : kAttentionClasses) {
      chart.names.push_back(fmt::format("{} {}", to_string(map), to_string(of)));
    }
  }
  for (const Alteration alteration : kAlterations) {
    Bars bars;
    bars.title = to_string(alteration);
    for (const AttentionMap map : kAttentionMaps) {
      for (const AttentionClass of : kAttentionClasses) {
        AttentionFigure found;
        found.mean = found.low = found.high = kNone;
        for (const AttentionFigure& figure : figures) {
          if (figure.metric == of_chart.metric && figure.alteration == alteration &&
              figure.map == map && figure.of == of) {
            found = figure;
          }
        }
        bars.values.push_back(of_chart.scale * found.mean);
        bars.low.push_back(of_chart.scale * found.low);
        bars.high.push_back(of_chart.scale * found.high);
        cases = std::max(cases, found.n);
      }
    }
    chart.groups.push_back(std::move(bars));
  }
  chart.title = fmt::format("{}: mean and 95 % interval, n up to {}", of_chart.title, cases);
  chart.width = 1100;
  draw_bar_chart(folder / of_chart.name, chart);
}

}  // namespace

void draw_attention_grids(const std::filesystem::path& folder,
                          const std::vector<AttentionCase>& attacks,
                          const std::vector<CaseAttention>& cases, int images,
                          const ClassNames& names) {
  std::vector<std::function<void()>> figures;
  for (std::size_t m = 0; m < kAttentionMaps.size(); ++m) {
    PanelGrid grid;
    grid.columns = 6;
    grid.sharing = ScaleSharing::kRow;
    if (kAttentionMaps[m] == AttentionMap::kGradCam) grid.map = ColourMap::kDiverging;
    grid.scale_label = to_string(kAttentionMaps[m]);
    for (std::size_t i = 0; i < cases.size() && i < static_cast<std::size_t>(images); ++i) {
      for (std::size_t a = 0; a < attacks[i].altered.size(); ++a) {
        const AlteredImage& altered = attacks[i].altered[a];
        if (altered.alteration == Alteration::kPixel || altered.alteration == Alteration::kPgd) {
          add_row(grid, attacks[i], altered, cases[i].maps[a][m], names);
        }
      }
    }
    if (grid.panels.empty()) break;
    figures.emplace_back([stem = folder / fmt::format("grid_{}", to_string(kAttentionMaps[m])),
                          grid = std::move(grid)] { draw_panel_grid(stem, grid); });
  }
  draw_each(figures);
}

void draw_attention_charts(const std::filesystem::path& folder,
                           const std::vector<AttentionFigure>& figures) {
  std::vector<std::function<void()>> charts;
  for (const ChartOf& chart : kCharts)
    charts.emplace_back([&folder, &figures, &chart] { draw_chart(folder, figures, chart); });
  draw_each(charts);
}

}  // namespace ripple
