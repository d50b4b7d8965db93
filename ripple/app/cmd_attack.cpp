#include <algorithm>
#include <chrono>
#include <memory>
#include <tuple>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "ripple/app/attack_command.h"
#include "ripple/app/attack_output.h"
#include "ripple/app/attack_run.h"
#include "ripple/app/commands.h"
#include "ripple/app/terminal.h"
#include "ripple/attack/attack_many.h"
#include "ripple/attack/selection.h"
#include "ripple/base/error.h"
#include "ripple/base/json_line.h"

namespace ripple {
namespace {

/// The methods by gradients were looked for before.
SearchMethod parse_pixel_method(const std::string& name) {
  return in_option(
      "--method", [&] { return parse_search_method(name); }, ", pgd, pgd-toolbox, fgsm");
}

/// The library's options; contradictions of what the person wrote are refused here.
AttackOptions attack_options(const AttackCommandOptions& given, const ClassNames& names,
                             int classes) {
  AttackOptions options = attack_preset(parse_pixel_method(given.method), given.pixels.value_or(1));
  if (given.population) options.population = *given.population;
  if (given.generations) options.generations = *given.generations;
  if (given.evaluations) options.max_evaluations = *given.evaluations;
  options.seed = given.seed;
  options.answer_repeats = !given.no_repeat_table;
  if (given.objective) options.objective = parse_objective(*given.objective);
  if (given.stop) options.stop = parse_stop_rule(*given.stop);
  std::tie(options.goal, options.target) = parse_target(given.target, names);
  const bool targeted = options.goal != Goal::kUntargeted;
  const bool by_confidence = options.stop == StopRule::kConfidence;
  if (given.stop_below && (targeted || !by_confidence)) {
    throw Error(ErrorCode::kBadArgument, "--stop-below",
                "goes only with --stop confidence and --target none");
  }
  if (given.stop_above && (!targeted || !by_confidence)) {
    throw Error(ErrorCode::kBadArgument, "--stop-above",
                "goes only with --stop confidence and a --target");
  }
  if (given.stop_below) options.stop_below = *given.stop_below;
  if (given.stop_above) options.stop_above = *given.stop_above;
  check_attack_options(options, classes);
  return options;
}

void run_attack(const AttackCommandOptions& given, const CancelFlag& cancel) {
  if (given.resume && given.out.empty()) {
    throw Error(ErrorCode::kBadArgument, "--resume", "needs --out, the folder to continue");
  }
  const Model model = load_classifier(given.model);
  const std::unique_ptr<Dataset> dataset = open_images(given.data.specification, model);
  const ClassNames names(model, dataset.get());
  const AttackOptions options = attack_options(given, names, model.graph.classes());
  report_corners_only(options, model.graph);
  const ImageSource images = fitted_images(*dataset, model);
  const ChosenEngine engine = choose_engine(given.engine, model.graph);
  report_fallback(engine);
  const auto factory_for = [&](std::int64_t jobs) {
    return evaluator_factory(given.engine, engine, model, memory_limit(given.model), jobs);
  };
  const int threads = thread_count(given.engine.threads);
  const EvaluatorFactory scorers = factory_for(threads);
  const SelectedImages selected =
      select_images(given.data, given.correct, *dataset, images, scorers, threads, cancel);

  AttackRun run({model, *dataset, images, names, selected, engine, scorers, cancel}, options,
                given.out, given.resume);

  ProgressLine progress("attack");
  const std::int64_t total = result_count(run.jobs(), options.goal);
  std::int64_t successes = 0;
  std::int64_t done = 0;
  const auto start = std::chrono::steady_clock::now();
  const auto print_result = [](const AttackResult& result) {
    fmt::print("{}\n", json_line(to_json(result)));
    flush_output();
  };
  if (given.json) std::for_each(run.results().begin(), run.results().end(), print_result);
  progress.show(0, total);
  const bool complete =
      attack_many(run.jobs(), images, factory_for(std::ssize(run.jobs())), options, threads,
                  &cancel, [&](const AttackResult& result) {
                    run.add(result);
                    if (given.json) {
                      progress.clear();
                      print_result(result);
                    }
                    successes += result.success;
                    progress.show(++done, total, fmt::format("{} found", successes));
                  });
  progress.clear();
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  if (!given.json) {
    print_summary(run.header(), run.results(), names, seconds, run.evaluations_before());
  }
  run.finish(complete);
  if (run.is_kept() && !given.json) fmt::print("\nwritten: {}\n", given.out);
  if (!complete) {
    const std::int64_t count = std::ssize(run.results());
    const std::string results = counted(count, "result");
    throw Error(ErrorCode::kCancelled, "attack",
                run.is_kept() ? fmt::format("stopped; {} {} in {}, --resume continues", results,
                                            count == 1 ? "is" : "are", given.out)
                              : fmt::format("stopped after {}", results));
  }
}

void add_search_options(CLI::App& command, AttackCommandOptions& options) {
  command
      .add_option("--method", options.method,
                  "the search: paper (DE as published), scipy-best1bin (what the Python tools "
                  "run), random, random-corners, exhaustive (every pixel at the 8 corners of the "
                  "colour cube), greedy (the same for more pixels), sparse-rs, paper-from-corners "
                  "(DE started from "
                  "the best corners); or by gradients over all pixels: pgd, "
                  "pgd-toolbox (eps 76.5, step 25.5, 100 iterations), fgsm (one step)")
      ->capture_default_str()
      ->type_name("NAME");
  command.add_option("--pixels", options.pixels, "pixels to change, 1 to 5; 1");
  command
      .add_option("--target", options.target,
                  "none, a class (name or number), all (one attack for each other class; not of "
                  "pgd and fgsm), least-likely")
      ->capture_default_str()
      ->type_name("CLASS");
  command
      .add_option("--objective", options.objective,
                  "what is minimised: probability (default) or margin")
      ->type_name("NAME");
  command
      .add_option("--stop", options.stop,
                  "when an attack ends early: confidence (the papers' rule), success (a verified "
                  "flip), budget (never); by default the method's own: of paper confidence, of "
                  "exhaustive budget, else success")
      ->type_name("RULE");
  command.add_option("--stop-below", options.stop_below,
                     "true-class probability of --stop confidence; 0.05");
  command.add_option("--stop-above", options.stop_above,
                     "target-class probability of --stop confidence; 0.9");
  command.add_option("--population", options.population,
                     "candidates a generation; by default the method's own, of paper 400");
  command.add_option(
      "--generations", options.generations,
      "batches after the first population; by default the method's own, of paper 100");
  command
      .add_option("--evaluations", options.evaluations,
                  "candidates an attack may score; 0 = all generations; by default 0, of sparse-rs "
                  "and paper-from-corners 40400")
      ->check(CLI::Range(std::int64_t{0}, std::int64_t{1} << 50));
  command.add_flag("--no-repeat-table", options.no_repeat_table,
                   "evaluate candidates again that repeat an earlier one of the same image");
  add_seed_option(command, options.seed,
                  "the same seed gives the same results, with any number of threads");
}

void add_gradient_options(CLI::App& command, AttackCommandOptions& options) {
  command.add_option("--norm", options.norm, "distance of pgd and fgsm: linf (default) or l2")
      ->type_name("NAME");
  command.add_option("--eps", options.eps,
                     "largest distance from the clean image, in 0..255 units; 8");
  command.add_option("--step", options.step, "length of one step of pgd; 2");
  command.add_option("--iterations", options.iterations, "steps of pgd; 20");
  command.add_flag("--random-start", options.random_start,
                   "pgd starts at a random point within --eps");
  command.add_option("--restarts", options.restarts,
                     "runs of pgd, each from its own --random-start; 1");
}

void refuse_gradient_options(const AttackCommandOptions& given) {
  const std::pair<const char*, bool> options[] = {
      {"--norm", given.norm.has_value()},     {"--eps", given.eps.has_value()},
      {"--step", given.step.has_value()},     {"--iterations", given.iterations.has_value()},
      {"--random-start", given.random_start}, {"--restarts", given.restarts.has_value()},
  };
  for (const auto& [name, is_given] : options) {
    if (!is_given) continue;
    throw Error(
        ErrorCode::kBadArgument, name,
        fmt::format("goes only with --method pgd, pgd-toolbox or fgsm, not {}", given.method));
  }
}

}  // namespace

std::pair<Goal, int> parse_target(const std::string& text, const ClassNames& names) {
  if (text == "none") return {Goal::kUntargeted, -1};
  if (text == "all") return {Goal::kAllTargets, -1};
  if (text == "least-likely") return {Goal::kLeastLikely, -1};
  return {Goal::kTarget, names.find(text, "--target")};
}

SelectedImages select_images(const DataOptions& data, std::int64_t correct, const Dataset& dataset,
                             const ImageSource& images, const EvaluatorFactory& factory,
                             int threads, const CancelFlag& cancel) {
  const IndexRange range = parse_range(data.range, dataset.size());
  const std::string text = selection_text(range, correct);
  if (correct == 0) return {indices_of(range), text};
  ProgressLine progress("choosing images");
  std::vector<std::int64_t> chosen =
      select_correct(range, correct, images, factory, threads, &cancel,
                     [&](std::int64_t found) { progress.show(found, correct); });
  progress.clear();
  if (chosen.empty()) {
    throw Error(
        ErrorCode::kBadData, data.specification,
        fmt::format(
            "the network classifies none of the images {} to {} correctly; are --mean, --std and "
            "the labels those it was trained with? `ripple predict` shows what it sees",
            range.begin, range.end - 1));
  }
  if (static_cast<std::int64_t>(chosen.size()) < correct) {
    note(fmt::format("only {} of the images {} to {} are correctly classified, {} were asked for",
                     chosen.size(), range.begin, range.end - 1, correct));
  }
  return {std::move(chosen), text};
}

void declare_attack(CLI::App& app, const Session& session) {
  const auto options = std::make_shared<AttackCommandOptions>();
  CLI::App* command = app.add_subcommand(
      "attack", "change one to five pixels, or all a little, so that the network errs");
  add_model_options(*command, options->model);
  add_data_options(*command, options->data);
  command
      ->add_option("--correct", options->correct,
                   "only the first N images that the network classifies correctly")
      ->check(CLI::Range(std::int64_t{1}, std::int64_t{1} << 40))
      ->type_name("N");
  add_search_options(*command, *options);
  add_gradient_options(*command, *options);
  add_engine_options(*command, options->engine);
  add_tolerance_option(*command, options->engine);
  command->add_flag(
      "--tf32", options->engine.tf32,
      "on cuda score candidates in TF32, which is faster and less exact; what is found "
      "is judged in float32, on the CPU");
  command
      ->add_option("-o,--out", options->out,
                   "folder for results.jsonl, adversarial images and pictures")
      ->type_name("DIR");
  command->add_flag("--resume", options->resume,
                    "continue the attacks of --out where they stopped");
  command->add_flag("--json", options->json,
                    "one object an attack, those of a resumed run first; no summary");
  command->footer(
      "Images that the network gets wrong are skipped and are in no rate.\n"
      "Example: ripple attack --model models/shapes/lenet.onnx --data shapes:2000:2 --correct 20 "
      "--out out/shapes");
  command->callback([options, &session] {
    if (is_gradient_method(options->method)) {
      run_gradient_attack(*options, session.cancel);
    } else {
      refuse_gradient_options(*options);
      run_attack(*options, session.cancel);
    }
  });
}

}  // namespace ripple
