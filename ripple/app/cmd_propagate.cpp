#include <cmath>
#include <memory>
#include <set>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "ripple/analysis/propagation_statistics.h"
#include "ripple/app/attack_cases.h"
#include "ripple/app/attack_output.h"
#include "ripple/app/commands.h"
#include "ripple/app/options.h"
#include "ripple/app/propagation_output.h"
#include "ripple/app/terminal.h"
#include "ripple/base/error.h"
#include "ripple/base/json_line.h"
#include "ripple/eval/scores.h"

namespace ripple {
namespace {

struct PropagateOptions {
  ModelOptions model;
  DataOptions data;
  EngineOptions engine;
  std::optional<std::int64_t> index;
  std::vector<std::string> edits;
  std::string from;
  std::string move;
  std::string layers = "conv";
  std::string difference = "absolute";
  std::string out = "out/propagation";
  bool no_figures = false;
  bool json = false;
};

/// Everything that a run needs, made once.
struct Study {
  Model model;
  std::unique_ptr<Dataset> dataset;
  ImageSource images;
  std::vector<Layer> layers;
  Difference difference;
  PropagatorFactory factory;
};

PropagatorFactory propagator_factory(const PropagateOptions& given, const Study& study) {
  // For one edit of one image, dense is the faster one: delta's refresh costs a full pass too.
  EngineOptions wanted = given.engine;
  if (!wanted.engine && wanted.tolerance == 0.0f && wanted.simd.empty())
    wanted.engine = Engine::kDense;
  const ChosenEngine engine = choose_engine(wanted, study.model.graph);
  report_fallback(engine);
  switch (engine.engine) {
    case Engine::kDelta: {
      const auto shared = std::make_shared<DeltaPropagation>(
          study.model, study.layers, study.difference,
          DeltaOptions{.tolerance = given.engine.tolerance, .target = given.engine.simd});
      return [shared] { return shared->make(); };
    }
    case Engine::kDense:
      return [&study, dense = DenseOptions{.device = given.engine.device,
                                           .max_memory = memory_limit(given.model)}] {
        return make_dense_propagator(study.model, study.layers, study.difference, dense);
      };
    case Engine::kReference:
      return [&study] {
        return make_reference_propagator(study.model, study.layers, study.difference);
      };
  }
  return {};
}

/// "dx,dy" in pixels.
std::pair<int, int> parse_move(const std::string& text) {
  int dx = 0;
  int dy = 0;
  char rest = 0;
  if (std::sscanf(text.c_str(), "%5d,%5d%c", &dx, &dy, &rest) != 2) {
    throw Error(ErrorCode::kBadArgument, "--move",
                fmt::format("'{}' is not dx,dy: columns to the right, rows down, e.g. -3,0", text));
  }
  return {dx, dy};
}

std::vector<PixelEdit> moved(std::vector<PixelEdit> edits, const std::string& move,
                             const Graph& graph) {
  if (move.empty()) return edits;
  const auto [dx, dy] = parse_move(move);
  for (PixelEdit& edit : edits) {
    edit.x += dx;
    edit.y += dy;
    if (edit.x >= 0 && edit.y >= 0 && edit.x < graph.width() && edit.y < graph.height()) continue;
    throw Error(ErrorCode::kBadArgument, "--move",
                fmt::format("{} takes the edit at column {}, row {} out of the {}x{} image", move,
                            edit.x - dx, edit.y - dy, graph.width(), graph.height()));
  }
  return edits;
}

struct Caption {
  std::string text;
  std::string title;  ///< for figures
};

Caption caption(const ClassNames& names, const std::vector<double>& probabilities) {
  const auto most = std::max_element(probabilities.begin(), probabilities.end());
  const auto predicted = static_cast<int>(most - probabilities.begin());
  return {fmt::format("{} {:.2f}", names[predicted], *most),
          fmt::format("{} {:.2f}", names.title(predicted), *most)};
}

/// Errors: kBadModel where the network's answer to the image, clean or edited, is no numbers.
/// Not with a tolerance, by which probabilities change whatever the images are.
bool answers_as_kept(const PropagateOptions& given) {
  return given.engine.tolerance == 0.0f;
}

void check_answers(const Trace& trace, std::int64_t index) {
  check_finite(trace.clean_logits, index);
  check_finite(trace.edited_logits, fmt::format("image {} with its edits", index).c_str());
}

/// What there is to draw comes after what there is to read: without gnuplot, numbers are there.
void run_case(const PropagateOptions& given, const Study& study) {
  std::optional<AttackCases> cases;
  const AttackCase* attack = nullptr;
  std::vector<PixelEdit> edits;
  check_index(*study.dataset, *given.index);
  if (!given.from.empty()) {
    cases = read_attack_cases(given.from, study.model, *study.dataset);
    attack = &cases->at(*given.index);
    edits = attack->edits;
  }
  for (const std::string& text : given.edits) edits.push_back(parse_edit(text));
  check_edits(edits, study.model.graph.width(), study.model.graph.height());
  edits = moved(std::move(edits), given.move, study.model.graph);

  PropagationCase propagation;
  propagation.clean = study.images(*given.index).image;
  propagation.edits = edits;
  const Trace trace = trace_image(*study.factory(), *given.index, propagation.clean, edits);
  check_answers(trace, *given.index);
  const std::vector<double> before = softmax(trace.clean_logits);
  const std::vector<double> after = softmax(trace.edited_logits);
  if (attack != nullptr && given.move.empty() && answers_as_kept(given))
    check_answer(cases->path, *attack, after[static_cast<std::size_t>(attack->predicted)]);
  const ClassNames names(study.model, study.dataset.get());
  const Caption clean = caption(names, before);
  const Caption edited = caption(names, after);
  propagation.clean_caption = clean.title;
  propagation.edited_caption = edited.title;

  const auto lines = write_case(given.out, study.layers, trace, propagation);
  if (given.json) {
    for (const auto& line : lines) fmt::print("{}\n", json_line(line));
  } else {
    fmt::print("image {}: {}, with {}: {}\n\n", *given.index, clean.text, edits_text(edits),
               edited.text);
    fmt::print("{}", case_table(lines));
  }
  flush_output();
  if (!given.no_figures) {
    draw_case(given.out, study.layers, trace, propagation, study.difference);
  }
  if (!given.json) {
    fmt::print("\nwritten: {}the maps as .npy in {}\n",
               given.no_figures ? "" : fmt::format("{0}/max.png, {0}/avg.png and ", given.out),
               given.out);
  }
}

void run_statistics(const PropagateOptions& given, const Study& study, const Session& session) {
  const AttackCases cases = read_attack_cases(given.from, study.model, *study.dataset);
  if (cases.cases.empty()) {
    note(fmt::format("{} holds no attack ({})", cases.path.string(), cases.skipped_text()));
    session.failed = true;
    return;
  }
  const IndexRange range = parse_range(given.data.range, study.dataset->size());
  std::vector<TracedAttack> attacks;
  std::vector<const AttackCase*> traced;
  for (const AttackCase& attack : cases.cases) {
    if (attack.index < range.begin || attack.index >= range.end) continue;
    attacks.push_back({attack.index, attack.edits, attack.success});
    traced.push_back(&attack);
  }
  if (attacks.empty()) {
    throw Error(ErrorCode::kBadArgument, "--range",
                fmt::format("{} holds no attack on these images", cases.path.string()));
  }
  const auto total = static_cast<std::int64_t>(attacks.size());
  ProgressLine progress("propagate");
  progress.show(0, total);
  const PropagationStatistics statistics = trace_many(
      attacks, study.layers, study.images, study.factory, thread_count(given.engine.threads),
      session.cancel, [&](std::int64_t place, const Trace& trace) {
        const AttackCase& attack = *traced[static_cast<std::size_t>(place)];
        check_answers(trace, attack.index);
        if (answers_as_kept(given)) {
          check_answer(cases.path, attack,
                       softmax(trace.edited_logits)[static_cast<std::size_t>(attack.predicted)]);
        }
        progress.show(place + 1, total);
      });
  progress.clear();
  const auto lines = write_statistics(given.out, statistics);
  if (given.json) {
    for (const auto& line : lines) fmt::print("{}\n", json_line(line));
  } else {
    fmt::print("{} of {}: {}, {}; {} differences\n\n", counted(total, "attack"),
               cases.path.string(), counted(statistics.count(true), "success", "successes"),
               counted(statistics.count(false), "failure"), to_string(study.difference));
    fmt::print("{}", statistics_table(lines));
  }
  flush_output();
  if (!given.no_figures) draw_statistics(given.out, statistics, study.difference);
  if (!given.json) {
    fmt::print("\nwritten: {1}{0}/statistics.jsonl and the maps as .npy\n", given.out,
               given.no_figures ? "" : fmt::format("{0}/averages.png, {0}/curve.png, ", given.out));
  }
}

void check_usage(const PropagateOptions& given) {
  const auto refuse = [](const char* where, const char* problem) {
    throw Error(ErrorCode::kBadArgument, where, problem);
  };
  if (given.from.empty() && given.edits.empty())
    refuse("--edit", "say what changes: --edit x,y,r,g,b, or --from the results of an attack");
  if (!given.from.empty() && !given.edits.empty()) refuse("--edit, --from", "give one of them");
  if (!given.edits.empty() && !given.index) refuse("--index", "needed with --edit: which image?");
  if (!given.move.empty() && !given.index) refuse("--move", "goes only with --index");
  if (given.index && !given.data.range.empty()) refuse("--range", "goes only without --index");
}

void run_propagate(const PropagateOptions& given, const Session& session) {
  check_usage(given);
  Study study;
  study.difference = parse_difference(given.difference);
  study.model = load_classifier(given.model);
  study.dataset = open_images(given.data.specification, study.model);
  study.images = fitted_images(*study.dataset, study.model);
  study.layers = choose_layers(study.model.graph, given.layers);
  study.factory = propagator_factory(given, study);
  make_output_folder(given.out);
  if (given.index) {
    run_case(given, study);
  } else {
    run_statistics(given, study, session);
  }
}

}  // namespace

void declare_propagate(CLI::App& app, const Session& session) {
  const auto options = std::make_shared<PropagateOptions>();
  CLI::App* command = app.add_subcommand(
      "propagate", "how a changed pixel spreads through the layers: propagation maps");
  add_model_options(*command, options->model);
  add_data_options(*command, options->data);
  command->add_option("--index", options->index, "the image, counted from 0")->type_name("I");
  command
      ->add_option("--edit", options->edits,
                   "pixel x,y (column,row) becomes colour r,g,b; may be given several times")
      ->type_name("x,y,r,g,b");
  command
      ->add_option("--from", options->from,
                   "results of `ripple attack`: the file or its folder; with --index the attack on "
                   "that image, without it statistics over all attacks")
      ->type_name("PATH");
  command
      ->add_option("--move", options->move,
                   "first shift the edits: the same colour at another place often fails")
      ->type_name("dx,dy");
  command
      ->add_option("--layers", options->layers,
                   "conv (every convolution), activation, all, or names of nodes (see inspect)")
      ->capture_default_str()
      ->type_name("LAYERS");
  command
      ->add_option("--difference", options->difference,
                   "absolute, or signed: clean minus edited, as the paper's equations are printed")
      ->capture_default_str()
      ->type_name("NAME");
  add_engine_options(*command, options->engine, "dense, or delta with --tolerance or --simd");
  add_tolerance_option(*command, options->engine);
  command
      ->add_option(
          "-o,--out", options->out,
          "folder for maps (.npy) and figures, in place of all those of an earlier run there")
      ->capture_default_str()
      ->type_name("DIR");
  command->add_flag("--no-figures", options->no_figures,
                    "numbers and arrays only; needs no gnuplot");
  command->add_flag("--json", options->json, "one object a layer");
  command->footer(
      "With --index: max.png and avg.png, a strip of maps, and a .npy a map. Without: "
      "averages.png\n"
      "(successes above failures), curve.png and statistics.jsonl. Every figure has its .svg, "
      "data\n"
      "(.dat) and gnuplot script (.gp) beside it. dense is the faster engine here; delta leaves "
      "exact\nzeros where nothing changed and needs no LibTorch.\n"
      "Example: ripple propagate --model models/shapes/lenet.onnx --data shapes:100:2 --index 3 "
      "\\\n"
      "           --edit 16,16,255,255,0 --out out/one\n"
      "         ripple propagate --model models/shapes/lenet.onnx --data shapes:2000:2 \\\n"
      "           --from out/shapes --out out/all");
  command->callback([options, &session] { run_propagate(*options, session); });
}

}  // namespace ripple
