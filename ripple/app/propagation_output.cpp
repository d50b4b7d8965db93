#include "ripple/app/propagation_output.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "ripple/app/terminal.h"
#include "ripple/base/error.h"
#include "ripple/base/file.h"
#include "ripple/base/json_line.h"
#include "ripple/base/npy.h"
#include "ripple/report/gnuplot.h"
#include "ripple/report/line_plot.h"
#include "ripple/report/panel_grid.h"

namespace ripple {
namespace {

using Json = nlohmann::ordered_json;

/// Panels a row that a page holds: maps of many cells have larger ones.
int columns_for(int side) {
  return side > PanelGrid{}.panel_pixels ? 5 : 8;
}

constexpr std::size_t kNamedLayers = 45;  // of a curve; more names would overlap

/// "03_conv2d_4": sorts in the order of the layers, and is a file name whatever the node is called.
std::string file_stem(std::size_t number, const std::string& name) {
  std::string safe = short_layer_name(name);
  for (char& c : safe) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '-' && c != '.') c = '_';
  }
  return fmt::format("{:02}_{}", number + 1, safe);
}

/// What a run writes: maps of one edit, or of the successes and failures of many attacks.
enum class Written { kCase, kStatistics };

/// Whether runs of that kind give that name to a map or a figure.
bool is_of(Written kind, const std::filesystem::path& file) {
  const bool statistics = kind == Written::kStatistics;
  constexpr std::array<std::string_view, 4> kFigures{".png", ".svg", ".dat", ".gp"};
  const std::string name = file.string();
  if (name == "statistics.jsonl") return statistics;
  if (std::ranges::count(kFigures, file.extension()) > 0) {
    const std::string stem = file.stem().string();
    return statistics ? stem == "averages" || stem == "curve" : stem == "max" || stem == "avg";
  }
  const std::size_t digits = std::min(name.find_first_not_of("0123456789"), name.size());
  if (digits < 2 || name[digits] != '_') return false;
  std::string_view rest = name;
  if (!rest.ends_with("_max.npy") && !rest.ends_with("_avg.npy")) return false;
  rest.remove_suffix(std::string_view("_max.npy").size());
  return statistics == (rest.ends_with("_successes") || rest.ends_with("_failures"));
}

/// Maps of another image or of other layers would stay among those of this run.
void remove_earlier(const std::filesystem::path& folder, Written kind) {
  std::vector<std::filesystem::path> earlier;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (is_of(kind, entry.path().filename())) earlier.push_back(entry.path());
  }
  for (const std::filesystem::path& path : earlier) std::filesystem::remove(path);
}

template <typename T>
std::string write_map(const std::filesystem::path& path, const std::vector<T>& values,
                      const Layer& layer) {
  write_npy(path, Tensor{{layer.rows, layer.columns}, {values.begin(), values.end()}});
  return path.string();
}

/// A number of a line for a table; "-" for null.
std::string number(const Json& value, const char* format = "{:.3g}") {
  return value.is_number() ? fmt::format(fmt::runtime(format), value.get<double>()) : "-";
}

std::string share(const Json& value) {
  return value.is_number() ? percent(value.get<double>()) : "-";
}

/// As shares of `scale`; where that is 0 a change has none and is NaN.
std::vector<float> scaled(const std::vector<float>& values, float scale) {
  std::vector<float> out = values;
  for (float& value : out) {
    if (value != 0.0f) value = scale > 0.0f ? value / scale : std::nanf("");
  }
  return out;
}

PanelGrid case_grid(const PropagationCase& propagation, Difference difference) {
  Image edited = propagation.clean;
  apply_edits(edited, propagation.edits);
  std::vector<Mark> marks;
  for (const PixelEdit& edit : propagation.edits) marks.push_back({edit.x, edit.y});
  PanelGrid grid;
  grid.columns = columns_for(propagation.clean.width);
  grid.map = difference == Difference::kSigned ? ColourMap::kDiverging : ColourMap::kSequential;
  grid.panels.push_back(PicturePanel{"clean\n" + propagation.clean_caption, propagation.clean, {}});
  grid.panels.push_back(
      PicturePanel{"edited\n" + propagation.edited_caption, std::move(edited), marks});
  return grid;
}

Json group_json(const LayerAverages& averages, std::int64_t count) {
  return {{"n", count},
          {"mean", averages.mean_difference.mean()},
          {"standard_error", averages.mean_difference.standard_error()},
          {"peak", averages.peak.mean()},
          {"radius", averages.radius.mean()}};
}

/// One group's average maps of layers [first, last), empty behind the last one there is, as shares
/// of the larger of both groups.
void add_averages(PanelGrid& grid, const PropagationStatistics& statistics, bool success,
                  std::size_t first, std::size_t last) {
  for (std::size_t l = first; l < last; ++l) {
    if (l >= statistics.layers().size()) {
      grid.panels.push_back(std::monostate{});
      continue;
    }
    double largest = 0.0;
    for (const bool group : {false, true}) {
      for (const double value : statistics.of(group, l).average)
        largest = std::max(largest, std::abs(value));
    }
    const std::vector<double>& average = statistics.of(success, l).average;
    const Layer& layer = statistics.layers()[l];
    grid.panels.push_back(
        HeatMap{fmt::format("{}\nfull scale {:.2g}", short_layer_name(layer.name), largest),
                layer.rows,
                layer.columns,
                scaled({average.begin(), average.end()}, static_cast<float>(largest)),
                {}});
  }
}

Curve curve_of(const std::string& title, std::size_t layers,
               const std::function<const RunningMean&(std::size_t)>& at) {
  Curve curve;
  curve.title = title;
  for (std::size_t l = 0; l < layers; ++l) {
    const double mean = at(l).mean();
    const double error = std::isnan(at(l).standard_error()) ? 0.0 : at(l).standard_error();
    // Names stand at 0, 1, ...; numbers count from 1, as those of the files.
    curve.x.push_back(static_cast<double>(layers > kNamedLayers ? l + 1 : l));
    curve.y.push_back(mean);
    curve.low.push_back(mean - error);
    curve.high.push_back(mean + error);
  }
  return curve;
}

std::string group_title(const PropagationStatistics& statistics, bool success) {
  const std::int64_t count = statistics.count(success);
  return fmt::format(
      "{} {}", grouped(count),
      success ? (count == 1 ? "success" : "successes") : (count == 1 ? "failure" : "failures"));
}

}  // namespace

std::string short_layer_name(const std::string& name) {
  std::string out = name;
  for (const char* end : {".conv", "/Conv", "/Conv2D", "/convolution", "/Relu", "/Add"}) {
    if (out.ends_with(end)) out.resize(out.size() - std::string_view(end).size());
  }
  if (out.starts_with('/')) out.erase(0, 1);
  return last_characters(out, 15);
}

void make_output_folder(const std::filesystem::path& folder) {
  make_folder(folder);
  check_writable(folder / "max.dat");
}

std::vector<Json> write_case(const std::filesystem::path& folder, const std::vector<Layer>& layers,
                             const Trace& trace, const PropagationCase& propagation) {
  remove_earlier(folder, Written::kCase);
  std::vector<Json> lines;
  for (std::size_t l = 0; l < layers.size(); ++l) {
    const Layer& layer = layers[l];
    const LayerMaps& maps = trace.layers[l];
    const LayerNumbers numbers = layer_numbers(maps, layer, propagation.edits);
    const std::string stem = file_stem(l, layer.name);
    Json line;
    line["layer"] = layer.name;
    line["shape"] = {layer.channels, layer.rows, layer.columns};
    line["max"] = numbers.max;
    line["peak"] = numbers.peak;
    line["mean"] = numbers.mean;
    line["spread"] = {
        {"1%", numbers.spread[0]}, {"5%", numbers.spread[1]}, {"10%", numbers.spread[2]}};
    line["radius"] = numbers.radius;
    line["reachable"] = numbers.reachable;
    line["receptive_field"] = layer.field.size;
    line["clean_max"] = maps.clean_max;
    line["path"] = write_map(folder / (stem + "_max.npy"), maps.max, layer);
    line["path_average"] = write_map(folder / (stem + "_avg.npy"), maps.average, layer);
    lines.push_back(std::move(line));
  }
  // Numbers that are none are null, for those who read the object too.
  for (Json& line : lines)
    line = Json::parse(line.dump(-1, ' ', false, Json::error_handler_t::replace));
  return lines;
}

std::string case_table(const std::vector<Json>& lines) {
  using enum Table::Align;
  Table table({{"layer"},
               {"map", kRight},
               {"max", kRight},
               {"peak", kRight},
               {"mean", kRight},
               {"> 1 %", kRight},
               {"> 5 %", kRight},
               {"> 10 %", kRight},
               {"reachable", kRight},
               {"radius", kRight},
               {"field", kRight}});
  for (const Json& line : lines) {
    const auto shape = line["shape"].get<std::vector<int>>();
    const auto field = line["receptive_field"].get<std::vector<std::int64_t>>();
    table.add({line["layer"], fmt::format("{}x{}", shape[1], shape[2]), number(line["max"]),
               share(line["peak"]), number(line["mean"]), share(line["spread"]["1%"]),
               share(line["spread"]["5%"]), share(line["spread"]["10%"]), share(line["reachable"]),
               number(line["radius"], "{:.1f}"), fmt::format("{}x{}", field[0], field[1])});
  }
  return table.text() +
         "max, mean: PM_max, PM_avg in activation units; peak: PM_max over the layer's largest "
         "clean activation;\n> 1 %: positions where PM_max is above 1 % of it; reachable: "
         "positions whose receptive field holds an\nedit; radius: mean distance of the difference "
         "from the nearest edit, field: theoretical receptive field,\nboth in input pixels.\n";
}

void draw_case(const std::filesystem::path& folder, const std::vector<Layer>& layers,
               const Trace& trace, const PropagationCase& propagation, Difference difference) {
  PanelGrid largest = case_grid(propagation, difference);
  PanelGrid average = largest;
  for (std::size_t l = 0; l < layers.size(); ++l) {
    const LayerMaps& maps = trace.layers[l];
    const auto add = [&](PanelGrid& grid, const std::vector<float>& values) {
      std::vector<float> shares = scaled(values, maps.clean_max);
      const auto most = std::max_element(
          shares.begin(), shares.end(), [](float a, float b) { return std::abs(a) < std::abs(b); });
      std::string title =
          short_layer_name(layers[l].name) +
          (maps.clean_max > 0.0f ? fmt::format("\nup to {:.2g}", *most) : "\nclean is 0");
      grid.panels.push_back(
          HeatMap{std::move(title), maps.rows, maps.columns, std::move(shares), {}});
    };
    add(largest, maps.max);
    add(average, maps.average);
  }
  const std::string caption =
      fmt::format("{} to {}", propagation.clean_caption, propagation.edited_caption);
  largest.title = "PM_max, " + caption;
  largest.high = 1.0;
  largest.scale_label = "change / clean max";  // room for it beside a single row
  average.title = "PM_avg, " + caption;
  average.scale_label = largest.scale_label;
  draw_each({[&] { draw_panel_grid(folder / "max", largest); },
             [&] { draw_panel_grid(folder / "avg", average); }});
}

std::vector<Json> write_statistics(const std::filesystem::path& folder,
                                   const PropagationStatistics& statistics) {
  remove_earlier(folder, Written::kStatistics);
  std::vector<Json> lines;
  std::string text;
  for (std::size_t l = 0; l < statistics.layers().size(); ++l) {
    const Layer& layer = statistics.layers()[l];
    const RankTest test = statistics.compare(l);
    Json line;
    line["layer"] = layer.name;
    line["successes"] = group_json(statistics.of(true, l), statistics.count(true));
    line["failures"] = group_json(statistics.of(false, l), statistics.count(false));
    line["clean"] = {{"mean", statistics.clean(l).mean()},
                     {"standard_error", statistics.clean(l).standard_error()}};
    line["p_value"] = test.p_value;
    line["a12"] = test.a12;
    line["rank_biserial"] = test.rank_biserial;
    for (const bool success : {true, false}) {
      Json& path = line[success ? "path" : "path_failures"];
      if (statistics.count(success) == 0) continue;
      const std::string stem = file_stem(l, layer.name) + (success ? "_successes_" : "_failures_");
      path = write_map(folder / (stem + "avg.npy"), statistics.of(success, l).average, layer);
      write_map(folder / (stem + "max.npy"), statistics.of(success, l).max, layer);
    }
    text += json_line(line) + "\n";
    lines.push_back(Json::parse(json_line(line)));
  }
  write_file(folder / "statistics.jsonl", text);
  return lines;
}

std::string statistics_table(const std::vector<Json>& lines) {
  using enum Table::Align;
  Table table({{"layer"},
               {"successes", kRight},
               {"+-", kRight},
               {"failures", kRight},
               {"+-", kRight},
               {"clean", kRight},
               {"A12", kRight},
               {"p", kRight},
               {"peak s", kRight},
               {"peak f", kRight}});
  for (const Json& line : lines) {
    const Json& s = line["successes"];
    const Json& f = line["failures"];
    table.add({line["layer"], number(s["mean"]), number(s["standard_error"], "{:.1g}"),
               number(f["mean"]), number(f["standard_error"], "{:.1g}"),
               number(line["clean"]["mean"]), number(line["a12"], "{:.2f}"),
               number(line["p_value"], "{:.2g}"), share(s["peak"]), share(f["peak"])});
  }
  return table.text() +
         "successes, failures: mean difference of the layer's activations with standard error; "
         "clean: mean clean\nactivation, absolute where differences are. A12: chance that a "
         "success changes the layer more than a\nfailure does, p: Mann-Whitney, two-sided, of this "
         "layer "
         "alone. peak: mean of PM_max's largest value\nagainst the largest clean activation.\n";
}

void draw_statistics(const std::filesystem::path& folder, const PropagationStatistics& statistics,
                     Difference difference) {
  const std::size_t layers = statistics.layers().size();
  const bool with_sign = difference == Difference::kSigned;
  PanelGrid grid;
  int side = 0;
  for (const Layer& layer : statistics.layers()) side = std::max(side, layer.columns);
  const std::size_t columns = std::min(layers, static_cast<std::size_t>(columns_for(side)));
  grid.columns = static_cast<int>(columns);
  grid.map = with_sign ? ColourMap::kDiverging : ColourMap::kSequential;
  grid.high = 1.0;
  grid.title = fmt::format("Average PM_avg of {} and {}", group_title(statistics, true),
                           group_title(statistics, false));
  grid.scale_label = "share of the layer's full scale";
  LinePlot plot;
  plot.title = "Mean difference of a layer's activations, with its standard error";
  plot.x_label = "layer";
  plot.y_label = with_sign ? "mean difference" : "mean |difference|";
  plot.log_y = !with_sign;
  for (std::size_t first = 0; first < layers; first += columns) {
    for (const bool success : {true, false}) {
      if (statistics.count(success) == 0) continue;
      add_averages(grid, statistics, success, first, first + columns);
      grid.row_labels.push_back(success ? "successes" : "failures");
    }
  }
  for (const bool success : {true, false}) {
    if (statistics.count(success) == 0) continue;
    plot.curves.push_back(curve_of(group_title(statistics, success), layers,
                                   [&](std::size_t l) -> const RunningMean& {
                                     return statistics.of(success, l).mean_difference;
                                   }));
  }
  plot.curves.push_back(
      curve_of(with_sign ? "clean activation" : "|clean activation|", layers,
               [&](std::size_t l) -> const RunningMean& { return statistics.clean(l); }));
  for (std::size_t l = 0; l < layers && layers <= kNamedLayers; ++l)
    plot.x_names.push_back(short_layer_name(statistics.layers()[l].name));
  draw_each({[&] { draw_panel_grid(folder / "averages", grid); },
             [&] { draw_line_plot(folder / "curve", plot); }});
}

}  // namespace ripple
