#include <atomic>
#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "ripple/analysis/locality.h"
#include "ripple/app/attack_cases.h"
#include "ripple/app/commands.h"
#include "ripple/app/options.h"
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

struct LocalityCommandOptions {
  ModelOptions model;
  std::string data;
  std::string from;
  EngineOptions engine;
  LocalityOptions locality;
  std::string perturbation = "colour";
  std::string out;
  bool no_figures = false;
  bool json = false;
};

/// A row of the tables: what was tried, and the rate.
struct Row {
  std::string kind;
  ClusteredRate rate;
  std::string of;  ///< what the trials are
};

/// A layer's field: pixels further apart than size - 1 are seen together by none of its cells.
struct Field {
  std::string text;  ///< "conv2 (14 x 14)", columns x rows
  int size = 0;      ///< the larger of both
};

struct Study {
  const LocalityCommandOptions& options;
  const ChosenEngine& engine;
  const Model& model;
  const Dataset& dataset;
  const AttackCases& cases;
  const Session& session;
};

/// The first convolutions with fields of different sizes, up to one that covers the image.
std::vector<Field> first_fields(const Graph& graph) {
  constexpr std::size_t kMost = 5;
  const std::vector<ReceptiveField> fields = receptive_fields(graph);
  std::vector<Field> found;
  for (const Node& node : graph.nodes) {
    if (!std::holds_alternative<Conv>(node.op)) continue;
    const ReceptiveField& field = fields[static_cast<std::size_t>(node.output)];
    const auto size = static_cast<int>(std::max(field.size[0], field.size[1]));
    if (field.global || size > std::max(graph.width(), graph.height())) break;
    if (size < 2 || (!found.empty() && found.back().size == size)) continue;
    found.push_back({fmt::format("{} ({} x {})", node.name, field.size[1], field.size[0]), size});
    if (found.size() == kMost) break;
  }
  return found;
}

LocalityTotals run_cases(const Study& study, std::string* lines) {
  std::vector<const AttackCase*> found;
  for (const AttackCase& attack : study.cases.cases) {
    if (attack.success) found.push_back(&attack);
  }
  const Graph& graph = study.model.graph;
  const LocalityCommandOptions& options = study.options;
  const int threads = thread_count(options.engine.threads);
  const auto count = static_cast<std::int64_t>(found.size());
  WorkerEvaluators evaluators(evaluator_factory(options.engine, study.engine, study.model,
                                                memory_limit(options.model), count),
                              threads);
  const ImageSource images = fitted_images(study.dataset, study.model);
  std::vector<LocalityResult> results(found.size());
  ProgressLine progress("locality");
  progress.show(0, count);
  std::atomic<std::int64_t> done{0};
  parallel_for(count, threads, &study.session.cancel, [&](std::int64_t i, int worker) {
    const AttackCase& attack = *found[static_cast<std::size_t>(i)];
    const LocalityCase moved{attack.index, images(attack.index).image, attack.edits, attack.label,
                             attack.target};
    check_answer(study.cases.path, attack, moved.clean, evaluators.of(worker));
    results[static_cast<std::size_t>(i)] = locality(moved, options.locality, evaluators.of(worker));
    ++done;
    if (worker == 0) progress.show(done, count);
  });
  if (study.session.cancel) {
    throw Error(ErrorCode::kCancelled, "locality", "stopped before the end; nothing was written");
  }
  LocalityTotals totals(graph.width(), graph.height());
  for (std::size_t i = 0; i < found.size(); ++i) {
    const LocalityResult& r = results[i];
    totals.add(r);
    if (lines == nullptr) continue;
    nlohmann::ordered_json line;
    line["index"] = found[i]->index;
    line["target"] = or_null(found[i]->target);
    line["original"] = r.original;
    line["random"] = or_null(r.random);
    line["nearby"] = or_null(r.nearby);
    line["engine"] = study.engine.text;
    line["neighbours"] = r.neighbours;
    line["neighbour_successes"] = r.neighbour_successes;
    if (options.locality.every_pixel) {
      line["places"] = r.moved.size();
      line["place_successes"] = std::count_if(r.moved.begin(), r.moved.end(),
                                              [](const MovedOutcome& m) { return m.success; });
    }
    *lines += json_line(line) + '\n';
  }
  return totals;
}

std::vector<Row> table_rows(const Study& study, const LocalityTotals& totals) {
  ClusteredRate attack;
  for (const AttackCase& c : study.cases.cases) attack.add(1, c.success);
  std::vector<Row> rows{{"attack", attack, "attacked images"},
                        {"original", totals.original, "successes, moved by nothing"},
                        {"random", totals.random, "successes, one other pixel of the image each"},
                        {"nearby", totals.nearby, "successes, one of the eight neighbours each"},
                        {"all-neighbours", totals.neighbours, "all neighbours of all successes"}};
  if (!study.options.locality.every_pixel) return rows;
  rows.push_back({"every-pixel", totals.every_pixel, "all other pixels of all successes"});
  for (const Field& field : first_fields(study.model.graph)) {
    rows.push_back({fmt::format("within-{}", field.size - 1), totals.within(field.size - 1),
                    "pixels no further away, the field of " + field.text});
  }
  return rows;
}

void print_rows(const std::vector<Row>& rows, const Study& study, const LocalityTotals& totals) {
  using enum Table::Align;
  fmt::print("{}: {} on {}, {}; the moved pixel gets the same {}\n", study.cases.path.string(),
             study.cases.header.model, study.cases.header.data,
             counted(study.cases.successes(), "success", "successes"),
             study.options.locality.perturbation == SamePerturbation::kColour
                 ? "colour"
                 : "difference of colour");
  Table table({{"kind"},
               {"rate", kRight},
               {"95 % interval", kRight},
               {"successes", kRight},
               {"trials", kRight},
               {"trials are"}});
  const auto add = [&](const Row& row) {
    const Interval interval = row.rate.interval();
    table.add({row.kind, percent(row.rate.rate()),
               fmt::format("{} to {}", percent(interval.low), percent(interval.high)),
               grouped(row.rate.successes()), grouped(row.rate.trials()), row.of});
  };
  for (const Row& row : rows) add(row);
  fmt::print("{}", table.text());
  if (!study.options.locality.every_pixel) return;
  fmt::print("\nsuccess by distance (columns or rows, whichever is more)\n");
  Table by_distance({{"distance", kRight},
                     {"rate", kRight},
                     {"95 % interval", kRight},
                     {"trials", kRight},
                     {"of attacks", kRight}});
  for (std::size_t d = 1; d < totals.by_distance().size(); ++d) {
    const ClusteredRate& rate = totals.by_distance()[d];
    // The far ones in steps: the curve is flat there, and the figure has all of them.
    if (rate.trials() == 0 || (d > 10 && d % 5 != 0)) continue;
    const Interval interval = rate.interval();
    by_distance.add({std::to_string(d), percent(rate.rate()),
                     fmt::format("{} to {}", percent(interval.low), percent(interval.high)),
                     grouped(rate.trials()), grouped(rate.clusters())});
  }
  fmt::print("{}", by_distance.text());
}

nlohmann::ordered_json rate_json(const std::string& kind, const ClusteredRate& rate,
                                 const LocalityOptions& options) {
  const Interval interval = rate.interval();
  nlohmann::ordered_json line;
  line["kind"] = kind;
  line["perturbation"] = to_string(options.perturbation);
  line["trials"] = rate.trials();
  line["successes"] = rate.successes();
  line["rate"] =
      rate.trials() > 0 ? nlohmann::ordered_json(rate.rate()) : nlohmann::ordered_json(nullptr);
  line["low"] = interval.low;
  line["high"] = interval.high;
  line["attacks"] = rate.clusters();
  return line;
}

/// Writes what can be drawn again elsewhere, then draws it.
void write_out(const std::filesystem::path& folder, const LocalityTotals& totals,
               const Study& study) {
  if (!study.options.locality.every_pixel) return;
  const std::vector<float> rates = totals.rate_by_offset();
  Array<float> map{{totals.offset_rows(), totals.offset_columns()}, rates};
  write_npy(folder / "rate_by_offset.npy", map);
  for (std::size_t i = 0; i < map.data.size(); ++i) {
    map.data[i] = static_cast<float>(totals.trials_by_offset()[i]);
  }
  write_npy(folder / "trials_by_offset.npy", map);
  if (study.options.no_figures) return;

  const std::string what =
      fmt::format("{} on {}", counted(study.cases.successes(), "success", "successes"),
                  study.cases.header.model);
  const int no_move_x = study.model.graph.width() - 1;
  const int no_move_y = study.model.graph.height() - 1;
  HeatMap heat{.title = "share of successes by offset",
               .rows = totals.offset_rows(),
               .columns = totals.offset_columns(),
               .values = rates,
               .marks = {{no_move_x, no_move_y}},
               .axes = CellAxes{"columns to the right", "rows down", no_move_x, no_move_y}};
  PanelGrid grid;
  grid.title = what + "; framed: no move";
  grid.panels = {heat};
  grid.columns = 1;
  grid.scale_label = "share of moved edits that succeed";
  grid.panel_pixels = 520;

  Curve curve{.title = "all pixels at that distance, 95 % interval"};
  for (std::size_t d = 0; d < totals.by_distance().size(); ++d) {
    const ClusteredRate& rate = totals.by_distance()[d];
    if (rate.trials() == 0) continue;
    const Interval interval = rate.interval();
    curve.x.push_back(static_cast<double>(d));
    curve.y.push_back(rate.rate());
    curve.low.push_back(interval.low);
    curve.high.push_back(interval.high);
  }
  LinePlot plot;
  plot.title = what + ", moved";
  plot.x_label = "distance from the found pixel (larger of columns and rows)";
  plot.y_label = "share that succeeds";
  plot.curves = {curve};
  for (const Field& field : first_fields(study.model.graph)) {
    const auto reach = static_cast<double>(field.size - 1);
    plot.curves.push_back(
        {.title = "field of " + field.text, .x = {reach, reach}, .y = {0.0, 1.0}});
  }
  draw_each({[&] { draw_panel_grid(folder / "offsets", grid); },
             [&] { draw_line_plot(folder / "distance", plot); }});
}

void run_locality(const LocalityCommandOptions& given, const Session& session) {
  LocalityCommandOptions options = given;
  options.locality.perturbation = parse_same_perturbation(options.perturbation);
  const Model model = load_classifier(options.model);
  const std::unique_ptr<Dataset> dataset = open_images(options.data, model);
  const AttackCases cases = read_attack_cases(options.from, model, *dataset);
  if (!has_success(cases, session)) return;
  const ChosenEngine engine = choose_engine(options.engine, model.graph);
  report_fallback(engine);
  const Study study{options, engine, model, *dataset, cases, session};
  std::string lines;
  const std::filesystem::path folder = options.out;
  if (!options.out.empty()) {
    make_folder(folder);
    check_writable(folder / "locality.jsonl");
  }
  const LocalityTotals totals = run_cases(study, options.out.empty() ? nullptr : &lines);
  const std::vector<Row> rows = table_rows(study, totals);
  if (options.json) {
    for (const Row& row : rows) {
      fmt::print("{}\n", json_line(rate_json(row.kind, row.rate, options.locality)));
    }
    for (std::size_t d = 1; options.locality.every_pixel && d < totals.by_distance().size(); ++d) {
      nlohmann::ordered_json line =
          rate_json("distance", totals.by_distance()[d], options.locality);
      line["distance"] = d;
      fmt::print("{}\n", json_line(line));
    }
  } else {
    print_rows(rows, study, totals);
  }
  if (options.out.empty()) return;
  write_file(folder / "locality.jsonl", lines);
  write_out(folder, totals, study);
  if (!options.json) fmt::print("\nwritten: {}\n", folder.string());
}

}  // namespace

void declare_locality(CLI::App& app, const Session& session) {
  const auto options = std::make_shared<LocalityCommandOptions>();
  CLI::App* command = app.add_subcommand(
      "locality", "whether edits that succeed also succeed at random and at nearby pixels");
  add_model_options(*command, options->model);
  command
      ->add_option("-d,--data", options->data,
                   "the images that were attacked, as `attack` names them")
      ->required()
      ->type_name("DATA");
  command
      ->add_option("--from", options->from,
                   "what `attack --out` wrote: the folder or results.jsonl")
      ->required()
      ->type_name("PATH");
  command
      ->add_option(
          "--perturbation", options->perturbation,
          "what stays the same when the pixel moves: its colour, or the difference it made")
      ->capture_default_str()
      ->type_name("colour|difference");
  command->add_flag("--every-pixel", options->locality.every_pixel,
                    "try every pixel of the image: success by offset and by distance");
  add_seed_option(*command, options->locality.seed, "of the random and the nearby pixel");
  add_engine_options(*command, options->engine);
  add_tolerance_option(*command, options->engine);
  command->add_option("-o,--out", options->out, "folder for a line an attack, maps and figures")
      ->type_name("DIR");
  command->add_flag("--no-figures", options->no_figures,
                    "numbers and arrays only; needs no gnuplot");
  command->add_flag("--json", options->json, "one object a rate");
  command->footer(
      "Several edits of an attack move together. Rates of several trials an attack have intervals\n"
      "that count attacks, not trials.\n"
      "Example: ripple locality --model models/shapes/lenet.onnx --data shapes:2000:2 \\\n"
      "           --from out/shapes --every-pixel --out out/locality");
  command->callback([options, &session] { run_locality(*options, session); });
}

}  // namespace ripple
