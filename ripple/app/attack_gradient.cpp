#include <chrono>
#include <filesystem>
#include <tuple>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "ripple/app/attack_command.h"
#include "ripple/app/attack_output.h"
#include "ripple/app/terminal.h"
#include "ripple/attack/pgd.h"
#include "ripple/attack/results_file.h"
#include "ripple/base/error.h"
#include "ripple/base/file.h"
#include "ripple/base/json_line.h"
#include "ripple/base/names.h"
#include "ripple/base/statistics.h"
#include "ripple/eval/dense/dense.h"
#include "ripple/image/picture.h"
#include "ripple/image/png.h"
#include "ripple/image/sheet.h"

namespace ripple {
namespace {

enum class GradientMethod { kPgd, kPgdToolbox, kFgsm };
constexpr Named<GradientMethod> kMethods[] = {{"pgd", GradientMethod::kPgd},
                                              {"pgd-toolbox", GradientMethod::kPgdToolbox},
                                              {"fgsm", GradientMethod::kFgsm}};
constexpr std::size_t kSheetPictures = 12;

void refuse_pixel_options(const AttackCommandOptions& given) {
  const std::pair<const char*, bool> options[] = {
      {"--pixels", given.pixels.has_value()},
      {"--population", given.population.has_value()},
      {"--generations", given.generations.has_value()},
      {"--evaluations", given.evaluations.has_value()},
      {"--objective", given.objective.has_value()},
      {"--stop", given.stop.has_value()},
      {"--stop-below", given.stop_below.has_value()},
      {"--stop-above", given.stop_above.has_value()},
      {"--no-repeat-table", given.no_repeat_table},
      {"--resume", given.resume},
      {"--engine", given.engine.engine.has_value() && *given.engine.engine != Engine::kDense},
      {"--tolerance", given.engine.tolerance != 0.0f},
      {"--simd", !given.engine.simd.empty()},
      {"--tf32", given.engine.tf32},
  };
  for (const auto& [name, is_given] : options) {
    if (!is_given) continue;
    throw Error(ErrorCode::kBadArgument, name,
                fmt::format("goes only with pixel attacks, not with --method {}", given.method));
  }
}

PgdOptions pgd_options(const AttackCommandOptions& given, const ClassNames& names, int classes) {
  refuse_pixel_options(given);
  const GradientMethod method = value_of<GradientMethod>(kMethods, "--method", given.method);
  PgdOptions options;
  if (method == GradientMethod::kPgdToolbox) options = pgd_toolbox_preset();
  if (given.eps) options.eps = *given.eps;
  if (method == GradientMethod::kFgsm) {
    if (given.step || given.iterations) {
      throw Error(ErrorCode::kBadArgument, given.step ? "--step" : "--iterations",
                  "fgsm is one step of length --eps; use --method pgd");
    }
    options = fgsm_preset(options.eps);
  }
  if (given.norm) options.norm = parse_norm(*given.norm);
  if (given.step) options.step = *given.step;
  if (given.iterations) options.iterations = *given.iterations;
  if (given.restarts) options.restarts = *given.restarts;
  options.random_start = given.random_start;
  options.seed = given.seed;
  std::tie(options.goal, options.target) = parse_target(given.target, names);
  check_pgd_options(options, classes);
  return options;
}

nlohmann::ordered_json header_of(const AttackCommandOptions& given, const Model& model,
                                 const Dataset& dataset, const std::string& selection,
                                 const PgdOptions& options) {
  EngineOptions engine = given.engine;
  engine.engine = Engine::kDense;
  return {{"format", kGradientResultsFormat},
          {"version", 1},
          {"ripple", RIPPLE_VERSION},
          {"model", std::filesystem::path(model.path).filename().string()},
          {"model_sha256", model.sha256},
          {"mean", model.preprocessing->mean},
          {"std", model.preprocessing->std},
          {"data", dataset.description()},
          {"selection", selection},
          {"engine", choose_engine(engine, model.graph).text},
          {"options",
           {{"method", given.method},
            {"norm", to_string(options.norm)},
            {"eps", options.eps},
            {"step", options.step},
            {"iterations", options.iterations},
            {"random_start", options.random_start},
            {"restarts", options.restarts},
            {"goal", to_string(options.goal)},
            {"target", options.target},
            {"seed", options.seed}}}};
}

/// The keys of a pixel attack's line where they mean the same; `edits` is null, for they are
/// thousands: the image is in images/INDEX.png.
nlohmann::ordered_json line_of(const PgdResult& result) {
  return {{"index", result.index},
          {"name", result.name},
          {"label", result.label},
          {"label_assumed", result.label_assumed},
          {"target", or_null(result.target)},
          {"skipped", to_string(result.skipped)},
          {"success", result.success},
          {"success_as_published", result.success},
          {"predicted", result.predicted},
          {"edits", nullptr},
          {"linf", result.linf},
          {"l2", result.l2},
          {"changed_pixels", result.pixels},
          {"confidence_before", result.confidence_before},
          {"confidence_after", result.confidence_after},
          {"confidence_predicted", result.confidence_predicted},
          {"evaluations", result.gradients}};
}

/// --out of a gradient attack.
class GradientFolder {
 public:
  GradientFolder(std::filesystem::path folder, const nlohmann::ordered_json& header)
      : folder_(made(std::move(folder))),
        writer_(ResultsWriter::create(folder_ / "results.jsonl", header)) {}

  void add(const PgdResult& result, const Image& clean, const ClassNames& names) {
    with_advice(kAgain, [&] {
      if (result.success) draw(result, clean, names);
      writer_.append(line_of(result));
    });
  }

  void finish() const {
    if (pictures_.empty()) return;
    with_advice(kAgain, [&] { write_png(folder_ / "found.png", contact_sheet(pictures_, 2)); });
  }

 private:
  static constexpr char kAgain[] =
      "attacks by gradients begin anew: choose another folder, or delete this one";

  void draw(const PgdResult& result, const Image& clean, const ClassNames& names) {
    write_png(folder_ / "images" / fmt::format("{:06}.png", result.index), result.adversarial);
    if (pictures_.size() == kSheetPictures) return;
    pictures_.push_back(side_by_side(
        clean, result.adversarial, {},
        {.clean_caption =
             fmt::format("{} {:.2f}", names.picture_name(result.label), result.confidence_before),
         .adversarial_caption = fmt::format("{} {:.2f}", names.picture_name(result.predicted),
                                            result.confidence_predicted)}));
  }

  static std::filesystem::path made(std::filesystem::path folder) {
    make_folder(folder / "images");
    refuse_left_pictures(folder);
    return folder;
  }

  std::filesystem::path folder_;
  ResultsWriter writer_;
  std::vector<Image> pictures_;
};

struct Counts {
  std::int64_t attacked = 0;
  std::int64_t successes = 0;
  std::int64_t misclassified = 0;
  std::int64_t already_target = 0;
  bool labels_assumed = false;
  int largest_linf = 0;
  std::vector<double> l2, before, after;

  void add(const PgdResult& result) {
    misclassified += result.skipped == SkipReason::kMisclassified;
    already_target += result.skipped == SkipReason::kAlreadyTarget;
    if (result.skipped != SkipReason::kNone) return;
    ++attacked;
    labels_assumed = labels_assumed || result.label_assumed;
    successes += result.success;
    largest_linf = std::max(largest_linf, result.linf);
    l2.push_back(result.l2);
    before.push_back(result.confidence_before);
    after.push_back(result.confidence_after);
  }
};

/// Assumes that an image was attacked.
void print_rates(const AttackCommandOptions& given, const PgdOptions& options,
                 const Counts& counts) {
  const Interval interval = wilson_interval(counts.successes, counts.attacked);
  const auto share = [](std::int64_t part, std::int64_t all) {
    return percent(static_cast<double>(part) / static_cast<double>(all));
  };
  fmt::print("success           {}   {} of {}, 95 % interval {} to {}\n",
             share(counts.successes, counts.attacked), grouped(counts.successes),
             counted(counts.attacked,
                     counts.labels_assumed ? "unlabelled image" : "correctly classified image"),
             percent(interval.low), percent(interval.high));
  const std::int64_t all = counts.attacked + counts.misclassified + counts.already_target;
  // Of images without labels nobody knows it; of those chosen for being right it says nothing.
  if (options.goal == Goal::kUntargeted && !counts.labels_assumed && given.correct == 0) {
    fmt::print("accuracy          {} before, {} after, of {}\n", share(counts.attacked, all),
               share(counts.attacked - counts.successes, all), counted(all, "image"));
  }
  fmt::print("true class        {} before, {} after (mean probability)\n",
             percent(mean(counts.before)), percent(mean(counts.after)));
  fmt::print("distance          L-infinity {} at most, L2 {:.1f} in the mean (0..255 units)\n",
             counts.largest_linf, mean(counts.l2));
}

void print_counts(const AttackCommandOptions& given, const PgdOptions& options,
                  const ClassNames& names, const Counts& counts, double seconds) {
  fmt::print("{}, {}, eps {:g}, step {:g}, {}, {}, goal {}, seed {}\n\n", given.method,
             to_string(options.norm), options.eps, options.step,
             counted(options.iterations, "iteration"),
             options.random_start ? counted(options.restarts, "random start") : "no random start",
             goal_text(options.goal, options.target, names), options.seed);
  if (counts.attacked == 0) {
    fmt::print("no image was attacked\n");
  } else {
    print_rates(given, options, counts);
  }
  if (counts.misclassified + counts.already_target > 0) {
    fmt::print("skipped           {} misclassified without an attack, {} of the target class\n",
               grouped(counts.misclassified), grouped(counts.already_target));
  }
  fmt::print("time              {}\n", duration(seconds));
}

}  // namespace

bool is_gradient_method(const std::string& name) {
  for (const auto& method : kMethods) {
    if (method.name == name) return true;
  }
  return false;
}

void run_gradient_attack(const AttackCommandOptions& given, const CancelFlag& cancel) {
  const Model model = load_classifier(given.model);
  const std::unique_ptr<Dataset> dataset = open_images(given.data.specification, model);
  const ClassNames names(model, dataset.get());
  const PgdOptions options = pgd_options(given, names, model.graph.classes());
  const ImageSource images = fitted_images(*dataset, model);
  const int threads = thread_count(given.engine.threads);
  const DenseOptions dense{.device = given.engine.device, .max_memory = memory_limit(given.model)};
  const EvaluatorFactory verifier = [&] { return make_dense_evaluator(model, dense); };
  const SelectedImages selected =
      select_images(given.data, given.correct, *dataset, images, verifier, threads, cancel);

  std::optional<GradientFolder> folder;
  if (!given.out.empty()) {
    folder.emplace(given.out, header_of(given, model, *dataset, selected.text, options));
  }
  ProgressLine progress("attack");
  Counts counts;
  const auto total = static_cast<std::int64_t>(selected.indices.size());
  std::int64_t done = 0;
  const auto start = std::chrono::steady_clock::now();
  progress.show(0, total);
  const bool complete = pgd_attack_many(
      selected.indices, images,
      [&] {
        return PgdNetwork{make_dense_gradients(model.graph, {}, dense, Summation::kFast),
                          verifier()};
      },
      *model.preprocessing, options, threads, &cancel,
      [&](const PgdResult& result) {
        if (folder) folder->add(result, images(result.index).image, names);
        if (given.json) {
          progress.clear();
          fmt::print("{}\n", json_line(line_of(result)));
          flush_output();
        }
        counts.add(result);
        progress.show(++done, total, fmt::format("{} found", counts.successes));
      });
  progress.clear();
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  if (!given.json) print_counts(given, options, names, counts, seconds);
  if (folder) folder->finish();
  if (folder && !given.json) fmt::print("\nwritten: {}\n", given.out);
  if (!complete) {
    throw Error(ErrorCode::kCancelled, "attack",
                fmt::format("stopped after {}", counted(done, "result")));
  }
}

}  // namespace ripple
