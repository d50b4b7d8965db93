#include <algorithm>
#include <limits>
#include <memory>
#include <optional>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "ripple/app/bench_output.h"
#include "ripple/app/bench_run.h"
#include "ripple/app/bench_searches.h"
#include "ripple/app/commands.h"
#include "ripple/app/options.h"
#include "ripple/app/terminal.h"
#include "ripple/base/error.h"
#include "ripple/eval/delta/delta.h"
#include "ripple/eval/dense/dense.h"
#include "ripple/eval/reference/reference.h"
#include "ripple/image/resize.h"
#include "ripple/model/architectures.h"

namespace ripple {
namespace {

constexpr std::int64_t kImages = 3;  // where neither --index nor --range is given
constexpr int kLeastCandidates = 40;
constexpr int kMostCandidates = 2000;
/// Multiply-adds of one dense pass over all candidates of an image, where --candidates is not
/// given: one to three seconds.
constexpr std::int64_t kPassWork = 100'000'000'000;
/// What the reference executor does in a few seconds.
constexpr std::int64_t kReferenceWork = 3'000'000'000;
constexpr int kMostReference = 8;
/// Images a pass of the dense engine; 0 is its own choice.
constexpr int kDensePasses[] = {0, 1, 100, 400, 1000};

struct BenchOptions {
  ModelOptions model;
  std::string random_weights;
  DataOptions data;
  std::optional<std::int64_t> index;
  std::optional<int> candidates;
  int pixels = 1;
  int threads = 0;
  double tolerance = 0.0;  // a double, so that --json repeats what was written
  std::string target;
  double seconds = 6.0;
  bool check_only = false;
  bool searches = false;
  bool json = false;
};

/// One run. The parts of the network are shared by all evaluators.
struct Bench {
  Model model;
  BenchOptions options;
  const CancelFlag* cancel = nullptr;
  std::shared_ptr<const delta::DeltaPlan> plan;  ///< null where the delta engine cannot
  std::vector<BenchImage> images;
  int dense_pass = 0;
  BenchReport report;
};

std::int64_t dense_work(const Graph& graph) {
  std::int64_t macs = 0;
  for (const Node& node : graph.nodes) macs += multiply_adds(graph, node);
  return std::max<std::int64_t>(macs, 1);
}

Model make_model(const BenchOptions& options) {
  if (options.random_weights.empty()) {
    if (options.model.path.empty()) {
      throw Error(ErrorCode::kBadArgument, "--model",
                  "which network? give --model FILE, or --random-weights NAME");
    }
    return load_classifier(options.model);
  }
  const Architecture& architecture = in_option("--random-weights", [&]() -> const Architecture& {
    return find_architecture(options.random_weights);
  });
  Model model;
  model.path = fmt::format("{} with random weights", architecture.name);
  model.graph = make_architecture(options.random_weights,
                                  {3, architecture.image_side, architecture.image_side},
                                  architecture.classes);
  model.preprocessing = parse_preprocessing(options.model);
  // Of ImageNet, as most networks of these sizes have it: inputs of about unit variance.
  if (!model.preprocessing) {
    model.preprocessing = Preprocessing{{123.675f, 116.28f, 103.53f}, {58.395f, 57.12f, 57.375f}};
  }
  return model;
}

std::unique_ptr<DeltaEvaluator> make_delta(const Bench& bench, double tolerance,
                                           bool measure_time = false) {
  return make_delta_evaluator(
      bench.plan, {.tolerance = static_cast<float>(tolerance), .measure_time = measure_time});
}

DenseOptions dense_options(const Bench& bench, int pass = 0) {
  return {.batch = pass, .max_memory = memory_limit(bench.options.model)};
}

std::vector<BenchImage> record_images(const Bench& bench) {
  const BenchOptions& options = bench.options;
  const std::unique_ptr<Dataset> dataset = open_dataset(options.data.specification);
  note_left_out(*dataset);
  IndexRange range{0, std::min(kImages, dataset->size())};
  if (options.index) {
    check_index(*dataset, *options.index);
    range = {*options.index, *options.index + 1};
  } else if (!options.data.range.empty()) {
    range = parse_range(options.data.range, dataset->size());
  }
  const int count = options.candidates.value_or(static_cast<int>(std::clamp<std::int64_t>(
      kPassWork / dense_work(bench.model.graph), kLeastCandidates, kMostCandidates)));
  std::unique_ptr<Evaluator> scorer;
  if (bench.plan) {
    scorer = make_delta(bench, 0.0);
  } else {
    scorer = make_dense_evaluator(bench.model, dense_options(bench));
  }
  std::vector<BenchImage> images;
  for (std::int64_t i = range.begin; i < range.end; ++i) {
    if (*bench.cancel) throw Error(ErrorCode::kCancelled, "bench", "stopped before the end");
    // Labels play no part: the network's classes need not be the data's.
    Image image =
        fit_image(dataset->sample(i).image, bench.model.graph.width(), bench.model.graph.height());
    images.push_back(record_candidates(*scorer, std::move(image), i, count, options.pixels));
  }
  return images;
}

/// Where the engines disagree; nothing is timed before they agree.
std::optional<std::string> check_engines(Bench& bench) {
  constexpr int kAll = std::numeric_limits<int>::max();
  const auto few = static_cast<int>(
      std::clamp<std::int64_t>(kReferenceWork / dense_work(bench.model.graph), 1, kMostReference));
  const auto compare = [&](NamedEvaluator a, NamedEvaluator b, int most, double limit) {
    const std::size_t images = most == kAll ? bench.images.size() : 1;
    return check_agreement(a, b, std::span(bench.images).first(images), most, limit, bench.cancel);
  };
  const auto dense = make_dense_evaluator(bench.model, dense_options(bench));
  const auto reference = make_reference_evaluator(bench.model);
  bench.report.with_reference =
      compare({"dense", *dense}, {"reference", *reference}, few, Agreement::kProbability);
  if (bench.report.with_reference.problem || !bench.plan)
    return bench.report.with_reference.problem;

  const auto exact = make_delta(bench, 0.0);
  const Agreement other =
      compare({"delta", *exact}, {"reference", *reference}, few, Agreement::kProbability);
  if (other.problem) return other.problem;
  bench.report.with_reference.largest =
      std::max(bench.report.with_reference.largest, other.largest);
  bench.report.work.push_back(
      {.agreement = compare({"delta", *exact}, {"dense", *dense}, kAll, Agreement::kProbability)});
  const double tolerance = bench.options.tolerance;
  if (bench.report.work[0].agreement.problem || tolerance == 0.0)
    return bench.report.work[0].agreement.problem;

  const auto tolerant = make_delta(bench, tolerance);
  bench.report.work.push_back(
      {.tolerance = tolerance,
       .agreement = compare({"delta", *exact}, {"tolerant delta", *tolerant}, kAll,
                            std::numeric_limits<double>::infinity())});
  return bench.report.work[1].agreement.problem;
}

/// Scores all candidates of all images once; what it took.
DeltaStatistics pass_statistics(DeltaEvaluator& delta, std::span<const BenchImage> images) {
  std::vector<float> logits;
  delta.reset_statistics();
  for (const BenchImage& image : images) {
    delta.refresh(image.image);
    for (int first = 0; first < image.candidates.size(); first += kBenchGeneration) {
      const CandidateBatch part = part_of(image.candidates, first, kBenchGeneration);
      logits.resize(static_cast<std::size_t>(part.size() * delta.classes()));
      delta.score(part, logits);
    }
  }
  return delta.statistics();
}

/// What the delta engine does for one pass over all candidates, and where its time goes: the
/// quickest of several, apart from the timing proper, which the clock readings would disturb.
void measure_work(Bench& bench) {
  constexpr double kEnough = 0.3;  // seconds
  constexpr int kLeastPasses = 3;
  for (DeltaWork& work : bench.report.work) {
    const auto delta = make_delta(bench, work.tolerance, true);
    double spent = 0.0;
    for (int pass = 0; pass < kLeastPasses || spent < kEnough; ++pass) {
      if (*bench.cancel) throw Error(ErrorCode::kCancelled, "bench", "stopped before the end");
      DeltaStatistics statistics = pass_statistics(*delta, bench.images);
      const double seconds = total_seconds(statistics);
      spent += std::max(seconds, 1e-3);
      if (pass == 0 || seconds < total_seconds(work.statistics)) {
        work.statistics = std::move(statistics);
      }
    }
    std::stable_sort(work.statistics.seconds.begin(), work.statistics.seconds.end(),
                     [](const auto& a, const auto& b) { return a.second > b.second; });
  }
}

/// Tries the passes one after the other, so that only one engine is in memory; returns the ones
/// within 15 % of the best, which one quick round does not tell apart.
std::vector<int> good_passes(const Bench& bench) {
  std::vector<std::pair<double, int>> rates;
  for (const int pass : kDensePasses) {
    if (pass > bench.report.candidates) continue;
    TimedEngine engine = dense_engine(bench.model, dense_options(bench, pass), 1);
    TimedEngine* const only[] = {&engine};
    const auto rate = time_engines(only, std::span(bench.images.data(), 1),
                                   {.seconds = 0.0, .rounds = 1, .cancel = bench.cancel});
    rates.emplace_back(rate.front().rate, pass);
  }
  const double best = std::max_element(rates.begin(), rates.end())->first;
  std::vector<int> passes;
  for (const auto& [rate, pass] : rates) {
    if (rate >= 0.85 * best) passes.push_back(pass);
  }
  return passes;
}

/// Times dense engines with these passes and delta, alternating; adds a row for the best dense one
/// and one for each tolerance.
void time_together(Bench& bench, const std::vector<int>& passes, int threads) {
  std::vector<TimedEngine> engines;
  for (const int pass : passes) {
    engines.push_back(dense_engine(bench.model, dense_options(bench, pass), threads));
  }
  for (const DeltaWork& work : bench.report.work) {
    engines.push_back(delta_engine(bench.plan, static_cast<float>(work.tolerance), threads));
  }
  std::vector<TimedEngine*> pointers;
  for (TimedEngine& engine : engines) pointers.push_back(&engine);
  const std::vector<EngineSpeed> speeds =
      time_engines(pointers, bench.images,
                   {.threads = threads, .seconds = bench.options.seconds, .cancel = bench.cancel});

  std::size_t best = 0;
  for (std::size_t i = 1; i < passes.size(); ++i) {
    if (speeds[i].rate > speeds[best].rate) best = i;
  }
  const std::size_t before = bench.report.rows.size();
  bench.dense_pass = passes[best];
  bench.report.rows.push_back(
      {"dense", fmt::format("images a pass: {}", engines[best].name), threads, speeds[best]});
  for (std::size_t i = 0; i < bench.report.work.size(); ++i) {
    const EngineSpeed& speed = speeds[passes.size() + i];
    bench.report.rows.push_back(
        {"delta", fmt::format("{}, {}", bench.report.target, engines[passes.size() + i].name),
         threads, speed, speed.rate / speeds[best].rate});
    if (threads > 1) continue;
    const DeltaStatistics& did = bench.report.work[i].statistics;
    bench.report.work[i].gflops = 2e-9 * speed.rate * static_cast<double>(did.multiply_adds_done) /
                                  static_cast<double>(did.candidates);
  }
  for (std::size_t i = before; threads > 1 && i < bench.report.rows.size(); ++i) {
    bench.report.rows[i].scaling =
        bench.report.rows[i].speed.rate / bench.report.rows[i - before].speed.rate;
  }
}

void run_bench(const BenchOptions& options, const Session& session) {
  Bench bench;
  bench.options = options;
  bench.cancel = &session.cancel;
  bench.model = make_model(options);
  bench.report.unsupported = delta_unsupported(bench.model.graph);
  if (!bench.report.unsupported) {
    bench.plan = make_delta_plan(bench.model, {.target = options.target});
    bench.report.target = make_delta(bench, options.tolerance)->target();
  }
  bench.images = record_images(bench);
  bench.report.network = bench.model.path;
  bench.report.images = std::ssize(bench.images);
  bench.report.candidates = bench.images.front().candidates.size();
  bench.report.pixels = options.pixels;
  if (const std::optional<std::string> problem = check_engines(bench)) {
    note(fmt::format("bench: {}; nothing was timed", *problem));
    session.failed = true;
    return;
  }
  if (options.check_only) {
    print_agreement(bench.report, options.json);
    return;
  }
  measure_work(bench);
  const std::vector<int> passes = good_passes(bench);
  time_together(bench, passes, 1);
  const int threads = thread_count(options.threads);
  if (threads > 1) time_together(bench, {bench.dense_pass}, threads);
  print_speeds(bench.report, options.json);
}

}  // namespace

void declare_bench(CLI::App& app, const Session& session) {
  const auto options = std::make_shared<BenchOptions>();
  const auto searches = std::make_shared<SearchBenchOptions>();
  CLI::App* command = app.add_subcommand(
      "bench",
      "checks that the engines agree on a network and times them; or compares the searches");
  add_model_options(*command, options->model);
  CLI::Option* model = command->get_option("--model")->required(false);
  command
      ->add_option("--random-weights", options->random_weights,
                   "instead of --model: an architecture of `ripple train` in its published size, "
                   "e.g. resnet18")
      ->excludes(model)
      ->excludes(command->get_option("--labels"))
      ->type_name("NAME");
  add_data_options(*command, options->data);
  command->add_option("--index", options->index, "only this image; else the first 3, or --range")
      ->excludes(command->get_option("--range"))
      ->type_name("I");
  command
      ->add_option("--candidates", options->candidates,
                   "of each image, from a search in the paper's setting; by default 40 to 2000, "
                   "by the size of the network")
      ->check(CLI::Range(4, 1000000))
      ->type_name("N");
  command->add_option("--pixels", options->pixels, "that a candidate changes, 1 to 5")
      ->capture_default_str();
  add_threads_option(*command, options->threads, "beside one thread; 0 = one per core");
  command
      ->add_option("--tolerance", options->tolerance,
                   "also times delta dropping differences below this part of a layer's largest "
                   "clean activation")
      ->check(within(0.0, 1.0))
      ->capture_default_str();
  command
      ->add_option("--simd", options->target,
                   "instruction set of delta, e.g. AVX2; by default the best of this CPU")
      ->type_name("NAME");
  command
      ->add_option("--seconds", options->seconds,
                   "that a comparison measures at least; more on a busy machine")
      ->check(within(0.0, 3600.0))
      ->capture_default_str();
  command->add_flag("--check-only", options->check_only,
                    "checks that the engines agree, and times nothing");
  command->add_flag("--json", options->json,
                    "one object an engine and number of threads, or a search and budget");
  CLI::Option* of_searches =
      command
          ->add_flag("--searches", options->searches,
                     "compares the searches at equal evaluations instead: how many "
                     "images each has broken after 1, 2, 5, 10, ... of them")
          ->excludes("--random-weights")
          ->excludes("--index")
          ->excludes("--candidates")
          ->excludes("--seconds")
          ->excludes("--check-only");
  add_search_bench_options(*command, of_searches, *searches);
  command->footer(
      "Engines take turns on the same candidates; ratio is to the dense engine at its best.\n"
      "Example: ripple bench --model models/shapes/lenet.onnx --data shapes:100:2\n"
      "         ripple bench --searches --model models/shapes/lenet.onnx --data shapes:1000:2 "
      "--correct 50");
  command->callback([options, searches, &session] {
    if (!options->searches) {
      run_bench(*options, session);
      return;
    }
    searches->model = options->model;
    searches->data = options->data;
    searches->engine.tolerance = static_cast<float>(options->tolerance);
    searches->engine.simd = options->target;
    searches->engine.threads = options->threads;
    searches->pixels = options->pixels;
    searches->json = options->json;
    run_search_bench(*searches, session.cancel);
  });
}

}  // namespace ripple
