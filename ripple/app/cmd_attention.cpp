#include <atomic>
#include <cmath>
#include <filesystem>
#include <map>
#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "ripple/analysis/attention_study.h"
#include "ripple/analysis/grad_cam.h"
#include "ripple/app/attack_cases.h"
#include "ripple/app/attention_figures.h"
#include "ripple/app/commands.h"
#include "ripple/app/options.h"
#include "ripple/app/terminal.h"
#include "ripple/attack/pgd.h"
#include "ripple/base/error.h"
#include "ripple/base/file.h"
#include "ripple/base/json_line.h"
#include "ripple/base/rng.h"
#include "ripple/eval/dense/dense.h"
#include "ripple/report/gnuplot.h"

namespace ripple {
namespace {

struct AttentionCommandOptions {
  ModelOptions model;
  DataOptions data;
  std::string from;
  std::int64_t most = 0;
  PgdOptions pgd;
  std::string norm = "linf";
  std::uint64_t seed = 1;
  std::string out;
  int threads = 0;
  int grid_images = 5;
  bool no_figures = false;
  bool json = false;
};

/// What every step of the study needs.
struct Study {
  const AttentionCommandOptions& given;
  const Model& model;
  ImageSource images;
  DenseOptions dense;
  int threads;
  const CancelFlag& cancel;
  std::filesystem::path results;  ///< of the pixel attacks
};

void stop_if_cancelled(const CancelFlag& cancel) {
  if (cancel) throw Error(ErrorCode::kCancelled, "attention", "stopped before the end");
}

/// The pixel successes of the file.
std::vector<AttackCase> successes_of(const AttentionCommandOptions& given, const AttackCases& all,
                                     const IndexRange& range) {
  std::vector<AttackCase> out;
  for (const AttackCase& attack : all.cases) {
    if (!attack.success || attack.index < range.begin || attack.index >= range.end) continue;
    if (given.most != 0 && static_cast<std::int64_t>(out.size()) == given.most) break;
    out.push_back(attack);
  }
  return out;
}

/// PGD on the same images, by image index.
std::map<std::int64_t, PgdResult> run_pgd(const Study& study,
                                          const std::vector<AttackCase>& attacks) {
  std::vector<std::int64_t> indices;
  for (const AttackCase& attack : attacks) indices.push_back(attack.index);
  std::map<std::int64_t, PgdResult> results;
  const auto total = static_cast<std::int64_t>(indices.size());
  ProgressLine progress("attention: PGD");
  progress.show(0, total);
  pgd_attack_many(
      indices, study.images,
      [&] {
        return PgdNetwork{
            make_dense_gradients(study.model.graph, {}, study.dense, Summation::kFast),
            make_dense_evaluator(study.model, study.dense)};
      },
      *study.model.preprocessing, study.given.pgd, study.threads, &study.cancel,
      [&](const PgdResult& result) {
        results[result.index] = result;
        progress.show(static_cast<std::int64_t>(results.size()), total);
      });
  stop_if_cancelled(study.cancel);
  return results;
}

AttentionCase case_of(const Study& study, Evaluator& evaluator, const AttackCase& attack,
                      const PgdResult& pgd) {
  AttentionCase out;
  out.index = attack.index;
  out.label = attack.label;
  out.clean = study.images(attack.index).image;
  AlteredImage pixel{Alteration::kPixel, out.clean, attack.edits, attack.predicted,
                     attack.predicted};
  apply_edits(pixel.image, attack.edits);
  out.altered.push_back(std::move(pixel));
  for (const Alteration kind : {Alteration::kSamePixel, Alteration::kRandomPixel}) {
    const Rng rng{study.given.seed, static_cast<std::uint64_t>(attack.index),
                  static_cast<std::uint64_t>(kind)};
    if (auto control = draw_control(evaluator, out.clean, attack.label, attack.edits,
                                    attack.predicted, kind, rng)) {
      out.altered.push_back(std::move(*control));
    }
  }
  if (pgd.success) {
    out.altered.push_back(
        {Alteration::kPgd, pgd.adversarial, attack.edits, pgd.predicted, pgd.predicted});
  }
  return out;
}

struct StudyResult {
  std::vector<AttentionCase> attacks;
  std::vector<CaseAttention> cases;
};

StudyResult run_study(const Study& study, const std::vector<AttackCase>& attacks,
                      const std::map<std::int64_t, PgdResult>& pgd) {
  const Node& layer = find_convolution(study.model.graph, "");
  const PixelNormalizer normalizer = make_normalizer(study.model);
  struct Worker {
    std::unique_ptr<Evaluator> evaluator;
    std::unique_ptr<GradientEvaluator> network;
  };
  std::vector<Worker> workers(static_cast<std::size_t>(study.threads));
  StudyResult out;
  out.attacks.resize(attacks.size());
  out.cases.resize(attacks.size());
  ProgressLine progress("attention: maps");
  std::atomic<std::int64_t> done{0};
  const auto count = static_cast<std::int64_t>(attacks.size());
  progress.show(0, count);
  parallel_for(count, study.threads, &study.cancel, [&](std::int64_t i, int number) {
    Worker& worker = workers[static_cast<std::size_t>(number)];
    if (!worker.network) {
      worker.evaluator = make_dense_evaluator(study.model, study.dense);
      worker.network = make_dense_gradients(study.model.graph, {layer.output}, study.dense);
    }
    const auto place = static_cast<std::size_t>(i);
    const AttackCase& attack = attacks[place];
    check_answer(study.results, attack, study.images(attack.index).image, *worker.evaluator);
    AttentionCase made = case_of(study, *worker.evaluator, attack, pgd.at(attack.index));
    out.cases[place] = study_attention(*worker.network, normalizer, made);
    const bool is_drawn = !study.given.no_figures && i < study.given.grid_images;
    if (is_drawn) {
      out.attacks[place] = std::move(made);
    } else {
      out.cases[place].maps.clear();  // only the figure needs them
    }
    if (++done, number == 0) progress.show(done, count);
  });
  stop_if_cancelled(study.cancel);
  return out;
}

nlohmann::ordered_json line_of(const AttentionFigure& figure) {
  const auto number = [](double value) {
    return std::isnan(value) ? nlohmann::ordered_json(nullptr) : nlohmann::ordered_json(value);
  };
  return {{"metric", figure.metric},      {"attack", to_string(figure.alteration)},
          {"map", to_string(figure.map)}, {"class", to_string(figure.of)},
          {"mean", number(figure.mean)},  {"low", number(figure.low)},
          {"high", number(figure.high)},  {"n", figure.n},
          {"p", number(figure.p)},        {"p_against", number(figure.p_against)}};
}

void write_figures_file(const std::filesystem::path& path,
                        const std::vector<AttentionFigure>& figures) {
  std::string text;
  for (const AttentionFigure& figure : figures) text += json_line(line_of(figure)) + "\n";
  write_file(path, text);
}

void print_figures(const std::vector<AttentionFigure>& figures) {
  using enum Table::Align;
  Table table({{"attack"},
               {"map"},
               {"class"},
               {"metric"},
               {"mean", kRight},
               {"low", kRight},
               {"high", kRight},
               {"n", kRight},
               {"p", kRight},
               {"p against", kRight}});
  const auto cell = [](double value) {
    return std::isnan(value) ? std::string("-") : fmt::format("{:.4f}", value);
  };
  for (const AttentionFigure& figure : figures) {
    table.add({std::string(to_string(figure.alteration)), std::string(to_string(figure.map)),
               std::string(to_string(figure.of)), figure.metric, cell(figure.mean),
               cell(figure.low), cell(figure.high), grouped(figure.n), p_text(figure.p),
               p_text(figure.p_against)});
  }
  fmt::print("{}", table.text());
  fmt::print(
      "\np: Wilcoxon signed-rank, a change against none; p against: pixel against same-pixel, "
      "pgd against pixel, in the same images;\nblank where fewer than ten images differ\n");
}

void run_attention(AttentionCommandOptions& given, const Session& session) {
  given.pgd.norm = parse_norm(given.norm);
  given.pgd.seed = given.seed;
  const Model model = load_classifier(given.model);
  find_convolution(model.graph, "");
  check_pgd_options(given.pgd, model.graph.classes());
  const std::unique_ptr<Dataset> dataset = open_images(given.data.specification, model);
  const AttackCases all = read_attack_cases(given.from, model, *dataset);
  if (!has_success(all, session)) return;
  const std::vector<AttackCase> attacks =
      successes_of(given, all, parse_range(given.data.range, dataset->size()));
  if (attacks.empty()) {
    throw Error(ErrorCode::kBadArgument, "--range", "no success of the file lies in it");
  }
  make_folder(given.out);
  const std::filesystem::path lines = std::filesystem::path(given.out) / "attention.jsonl";
  check_writable(lines);

  const int threads = thread_count(given.threads);
  const Study study{given,
                    model,
                    fitted_images(*dataset, model),
                    {.max_memory = memory_limit(given.model)},
                    threads,
                    session.cancel,
                    all.path};
  const auto pgd = run_pgd(study, attacks);
  const StudyResult result = run_study(study, attacks, pgd);
  const std::vector<AttentionFigure> figures = summarise_attention(result.cases, given.seed);
  write_figures_file(lines, figures);
  if (given.json) {
    for (const AttentionFigure& figure : figures) fmt::print("{}\n", json_line(line_of(figure)));
  } else {
    std::int64_t fooled = 0;
    for (const auto& [index, one] : pgd) fooled += one.success;
    fmt::print("{}, {} of them PGD successes too\n\n",
               counted(std::ssize(attacks), "pixel success", "pixel successes"), grouped(fooled));
    print_figures(figures);
  }
  if (!given.no_figures) {
    const ClassNames names(model, dataset.get());
    draw_each({[&] {
                 draw_attention_grids(given.out, result.attacks, result.cases, given.grid_images,
                                      names);
               },
               [&] { draw_attention_charts(given.out, figures); }});
  }
  if (!given.json) fmt::print("\nwritten: {}\n", given.out);
}

}  // namespace

void declare_attention(CLI::App& app, const Session& session) {
  const auto options = std::make_shared<AttentionCommandOptions>();
  CLI::App* command = app.add_subcommand(
      "attention", "clean against adversarial attention over many attacks, in numbers");
  add_model_options(*command, options->model);
  add_data_options(*command, options->data);
  command
      ->add_option(
          "--from", options->from,
          "folder or results.jsonl of pixel attacks; PGD attacks the images of its successes")
      ->required()
      ->type_name("PATH");
  command->add_option("--most", options->most, "only the first N successes")
      ->check(CLI::Range(std::int64_t{1}, std::int64_t{1} << 40))
      ->type_name("N");
  command->add_option("--norm", options->norm, "of PGD: linf or l2")->capture_default_str();
  command->add_option("--eps", options->pgd.eps, "of PGD, in 0..255 units")->capture_default_str();
  command->add_option("--step", options->pgd.step, "of PGD")->capture_default_str();
  command->add_option("--iterations", options->pgd.iterations, "of PGD")->capture_default_str();
  add_seed_option(*command, options->seed, "of the controls and the bootstrap");
  command->add_option("--grid-images", options->grid_images, "images in the grids of maps")
      ->check(CLI::Range(0, 50))
      ->capture_default_str();
  command->add_option("-o,--out", options->out, "folder for attention.jsonl and figures")
      ->required()
      ->type_name("DIR");
  add_threads_option(*command, options->threads);
  command->add_flag("--no-figures", options->no_figures, "numbers only; needs no gnuplot");
  command->add_flag("--json", options->json, "one object a number");
  command->footer(
      "Source: Kotyan & Vargas, Deep neural network loses attention to adversarial images; "
      "docs/attention_study.md (\"What is compared\") says what each number is.\n"
      "Example: ripple attack --model models/shapes/lenet.onnx --data shapes:200:2 --correct 40 "
      "--out out/pixel\n"
      "         ripple attention --model models/shapes/lenet.onnx --data shapes:200:2 \\\n"
      "           --from out/pixel/results.jsonl --out out/attention");
  command->callback([options, &session] { run_attention(*options, session); });
}

}  // namespace ripple
