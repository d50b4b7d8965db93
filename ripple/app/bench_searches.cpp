#include "ripple/app/bench_searches.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>
#include <memory>
#include <optional>
#include <set>
#include <span>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "ripple/app/attack_command.h"
#include "ripple/app/attack_run.h"
#include "ripple/app/terminal.h"
#include "ripple/attack/attack_many.h"
#include "ripple/attack/budget_curve.h"
#include "ripple/base/error.h"
#include "ripple/base/json_line.h"
#include "ripple/report/line_plot.h"

namespace ripple {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::int64_t kTableBudgets[] = {100, 1000, 10000};

/// A search and what it came to.
struct Contender {
  std::string name;
  AttackRun run;

  const AttackOptions& options() const { return run.header().options; }
  const std::vector<AttackResult>& results() const { return run.results(); }
};

std::vector<SearchMethod> methods_of(const SearchBenchOptions& given) {
  using enum SearchMethod;
  if (!given.methods.empty()) {
    std::vector<SearchMethod> methods;
    for (const std::string& name : given.methods) {
      const SearchMethod method = in_option("--methods", [&] { return parse_search_method(name); });
      if (std::find(methods.begin(), methods.end(), method) != methods.end())
        throw Error(ErrorCode::kBadArgument, "--methods", fmt::format("{} is there twice", name));
      methods.push_back(method);
    }
    return methods;
  }
  return {kPaper,
          kScipyBest1Bin,
          kRandom,
          kRandomCorners,
          given.pixels == 1 ? kExhaustive : kGreedy,
          kSparseRs,
          kPaperFromCorners};
}

std::vector<AttackOptions> options_of(const SearchBenchOptions& given, int classes) {
  std::vector<AttackOptions> all;
  for (const SearchMethod method : methods_of(given)) {
    AttackOptions options = attack_preset(method, given.pixels);
    options.stop = StopRule::kSuccess;
    options.generations = kMaxGenerations;
    options.max_evaluations = given.evaluations;
    options.seed = given.seed;
    if (given.population) options.population = *given.population;
    check_attack_options(options, classes);
    all.push_back(options);
  }
  return all;
}

double median_to_success(const std::vector<AttackResult>& results) {
  std::vector<double> evaluations;
  for (const AttackResult& result : results) {
    if (!result.evaluations_to_success) continue;
    evaluations.push_back(static_cast<double>(*result.evaluations_to_success));
  }
  return median(evaluations);
}

/// Evaluations after which a search gives up before its budget, where one of its failures did.
std::optional<std::int64_t> ends_after(const Contender& contender) {
  std::optional<std::int64_t> most;
  for (const AttackResult& result : contender.results()) {
    if (result.success || result.skipped != SkipReason::kNone) continue;
    most = std::max(most.value_or(0), result.evaluations);
  }
  return most && *most < contender.options().max_evaluations ? most : std::nullopt;
}

void print_json(const Contender& contender) {
  const std::string denominator = summarise(contender.results()).denominator;
  const double middle = median_to_success(contender.results());
  const std::optional<std::int64_t> end = ends_after(contender);
  for (const std::int64_t budget : budget_series(contender.options().max_evaluations)) {
    const Rate rate = success_within(contender.results(), budget);
    fmt::print("{}\n", json_line({{"search", contender.name},
                                  {"pixels", contender.options().pixels},
                                  {"population", contender.options().population},
                                  {"evaluations", budget},
                                  {"successes", rate.successes},
                                  {"trials", rate.trials},
                                  {"denominator", denominator},
                                  {"rate", rate.value()},
                                  {"low", rate.interval.low},
                                  {"high", rate.interval.high},
                                  {"median_to_success", middle},
                                  {"ends_after", end ? Json(*end) : Json(nullptr)}}));
  }
  flush_output();
}

/// "exhaustive ends after 8,192 evaluations" of those that leave some of their budget; with line
/// ends.
std::string early_ends(const std::vector<Contender>& contenders) {
  std::string out;
  for (const Contender& contender : contenders) {
    if (const std::optional<std::int64_t> end = ends_after(contender))
      out += fmt::format("{} ends after {} evaluations\n", contender.name, grouped(*end));
  }
  return out;
}

void print_table(const SearchBenchOptions& given, const std::vector<Contender>& contenders) {
  using enum Table::Align;
  std::vector<std::int64_t> budgets;
  for (const std::int64_t budget : kTableBudgets) {
    if (budget < given.evaluations) budgets.push_back(budget);
  }
  budgets.push_back(given.evaluations);
  std::vector<Table::Column> columns{{"search"}, {"batch", kRight}};
  for (const std::int64_t budget : budgets)
    columns.push_back({"within " + grouped(budget), kRight});
  columns.push_back({"median to success", kRight});
  Table table(columns);
  for (const Contender& contender : contenders) {
    std::vector<std::string> cells{contender.name, grouped(contender.options().population)};
    for (const std::int64_t budget : budgets) {
      const Rate rate = success_within(contender.results(), budget);
      cells.push_back(fmt::format("{} ({:.1f} to {:.1f})", percent(rate.value()),
                                  100.0 * rate.interval.low, 100.0 * rate.interval.high));
    }
    const double middle = median_to_success(contender.results());
    cells.push_back(middle > 0.0 ? fmt::format("{:.0f}", middle) : "-");
    table.add(std::move(cells));
  }
  fmt::print("success within a number of evaluations, {} pixel{}, {}\n", given.pixels,
             given.pixels == 1 ? "" : "s", summarise(contenders.front().results()).denominator);
  fmt::print("{}in brackets: 95 % intervals; median: evaluations of the successes\n{}",
             table.text(), early_ends(contenders));
}

/// Every step of success_within() up to `most`: the evaluations at which another attack succeeded.
std::vector<std::int64_t> steps_of(std::span<const AttackResult> results, std::int64_t most) {
  std::set<std::int64_t> steps{1, most};
  for (const AttackResult& result : results) {
    if (result.evaluations_to_success && *result.evaluations_to_success < most)
      steps.insert(std::max(*result.evaluations_to_success, std::int64_t{1}));
  }
  return {steps.begin(), steps.end()};
}

/// Steps of each search, with an interval at every power of ten from 100 on and at the end; those
/// of several searches stand beside each other, up to a fifth of a decade before that place.
void draw(const SearchBenchOptions& given, const std::vector<Contender>& contenders) {
  LinePlot plot;
  plot.title = fmt::format("{}, {} pixel{}, {}", contenders.front().run.header().model,
                           given.pixels, given.pixels == 1 ? "" : "s",
                           summarise(contenders.front().results()).denominator);
  plot.x_label = fmt::format("evaluations, up to {}", grouped(given.evaluations));
  plot.y_label = "attacks that have succeeded, % (95 % intervals)";
  plot.log_x = true;
  plot.steps = true;
  std::vector<std::int64_t> places{given.evaluations};
  for (std::int64_t decade = 100; decade < given.evaluations; decade *= 10)
    if (2 * decade < given.evaluations) places.push_back(decade);
  for (std::size_t c = 0; c < contenders.size(); ++c) {
    const std::vector<AttackResult>& results = contenders[c].results();
    Curve curve{.title = contenders[c].name};
    for (const std::int64_t budget : steps_of(results, given.evaluations)) {
      curve.x.push_back(static_cast<double>(budget));
      curve.y.push_back(100.0 * success_within(results, budget).value());
    }
    const double shift = -0.2 * static_cast<double>(contenders.size() - 1 - c) /
                         static_cast<double>(contenders.size());
    for (const std::int64_t place : places) {
      const auto budget = static_cast<std::int64_t>(
          std::lround(static_cast<double>(place) * std::pow(10.0, shift)));
      const Rate rate = success_within(results, budget);
      curve.bars.push_back({static_cast<double>(budget), 100.0 * rate.value(),
                            100.0 * rate.interval.low, 100.0 * rate.interval.high});
    }
    plot.curves.push_back(std::move(curve));
  }
  plot.width = 1000;
  plot.height = 560;
  draw_line_plot(std::filesystem::path(given.out) / "searches", plot);
}

}  // namespace

void add_search_bench_options(CLI::App& command, CLI::Option* searches,
                              SearchBenchOptions& options) {
  command
      .add_option("--correct", options.correct,
                  "of --searches: only the first N images classified correctly")
      ->check(CLI::Range(std::int64_t{1}, std::int64_t{1} << 40))
      ->needs(searches)
      ->type_name("N");
  command
      .add_option("--methods", options.methods,
                  "of --searches: names of `ripple attack --method` with commas between; all that "
                  "search for pixels")
      ->delimiter(',')
      ->needs(searches)
      ->type_name("NAMES");
  command
      .add_option("--evaluations", options.evaluations,
                  "of --searches: candidates an attack may score; 40400")
      ->check(CLI::Range(std::int64_t{1}, std::int64_t{kMaxGenerations}))
      ->needs(searches);
  command
      .add_option("--population", options.population,
                  "of --searches: candidates a batch; by default each search's own")
      ->needs(searches);
  add_seed_option(command, options.seed, "of --searches")->needs(searches);
  CLI::Option* out =
      command
          .add_option("-o,--out", options.out,
                      "of --searches: folder for the figure searches.png and for the results of "
                      "each search, as `ripple attack --out` has them")
          ->needs(searches)
          ->type_name("DIR");
  command.add_flag("--resume", options.resume, "of --searches: continues the results in --out")
      ->needs(searches)
      ->needs(out);
}

void run_search_bench(const SearchBenchOptions& given, const CancelFlag& cancel) {
  if (given.model.path.empty()) {
    throw Error(ErrorCode::kBadArgument, "--model", "which network? give --model FILE");
  }
  const Model model = load_classifier(given.model);
  const std::unique_ptr<Dataset> dataset = open_images(given.data.specification, model);
  const ImageSource images = fitted_images(*dataset, model);
  const ClassNames names(model, dataset.get());
  const std::vector<AttackOptions> all_options = options_of(given, model.graph.classes());
  const ChosenEngine engine = choose_engine(given.engine, model.graph);
  report_fallback(engine);
  const int threads = thread_count(given.engine.threads);
  const auto factory_for = [&](std::int64_t jobs) {
    return evaluator_factory(given.engine, engine, model, memory_limit(given.model), jobs);
  };
  const EvaluatorFactory scorers = factory_for(threads);
  const SelectedImages selected =
      select_images(given.data, given.correct, *dataset, images, scorers, threads, cancel);
  std::vector<Contender> contenders;
  for (const AttackOptions& options : all_options) {
    report_corners_only(options, model.graph);
    const std::string name{to_string(options.method)};
    const std::string folder =
        given.out.empty() ? "" : (std::filesystem::path(given.out) / name).string();
    contenders.push_back({name,
                          {{model, *dataset, images, names, selected, engine, scorers, cancel},
                           options,
                           folder,
                           given.resume}});
  }

  ProgressLine progress("bench");
  std::int64_t total = 0;
  for (const Contender& contender : contenders)
    total += static_cast<std::int64_t>(contender.run.jobs().size());
  std::int64_t done = 0;
  for (Contender& contender : contenders) {
    progress.show(done, total, contender.name);
    const std::vector<AttackJob>& jobs = contender.run.jobs();
    const bool complete =
        attack_many(jobs, images, factory_for(static_cast<std::int64_t>(jobs.size())),
                    contender.options(), threads, &cancel, [&](const AttackResult& result) {
                      contender.run.add(result);
                      progress.show(++done, total, contender.name);
                    });
    progress.clear();
    contender.run.finish(complete);
    if (!complete) {
      throw Error(
          ErrorCode::kCancelled, "bench",
          given.out.empty()
              ? "stopped before the end"
              : fmt::format("stopped before the end; --out {} --resume continues", given.out));
    }
    if (given.json) print_json(contender);
  }
  if (!given.json) print_table(given, contenders);
  if (!given.out.empty()) draw(given, contenders);
  if (!given.json && !given.out.empty())
    fmt::print("\nwritten: {0}, {0}/searches.png\n", given.out);
}

}  // namespace ripple
