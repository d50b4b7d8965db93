#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "ripple/app/commands.h"
#include "ripple/app/options.h"
#include "ripple/app/terminal.h"
#include "ripple/base/error.h"
#include "ripple/base/json_line.h"
#include "ripple/base/statistics.h"
#include "ripple/eval/scores.h"

namespace ripple {
namespace {

struct PredictOptions {
  ModelOptions model;
  DataOptions data;
  EngineOptions engine;
  std::vector<std::string> edits;
  bool all = false;
  bool json = false;
};

/// Rows that are printed without --all: what fits a screen.
constexpr std::size_t kScreenRows = 40;

struct Prediction {
  std::int64_t index = 0;
  std::string name;
  std::optional<int> label;
  std::vector<double> probabilities;
  int predicted = 0;
};

std::vector<Prediction> predict_range(const PredictOptions& options, const Model& model,
                                      const Dataset& dataset, const CancelFlag& cancel) {
  std::vector<PixelEdit> edits;
  for (const std::string& text : options.edits) edits.push_back(parse_edit(text));
  check_edits(edits, model.graph.width(), model.graph.height());
  const IndexRange range = parse_range(options.data.range, dataset.size());

  std::vector<Prediction> predictions(static_cast<std::size_t>(range.end - range.begin));
  const int threads = thread_count(options.engine.threads);
  const ImageSource images = fitted_images(dataset, model);
  const auto count = static_cast<std::int64_t>(predictions.size());
  const ChosenEngine engine = choose_engine(options.engine, model.graph);
  WorkerEvaluators evaluators(
      evaluator_factory(options.engine, engine, model, memory_limit(options.model), count),
      threads);
  ProgressLine progress("predict");
  progress.show(0, count);
  std::atomic<std::int64_t> done{0};
  parallel_for(count, threads, &cancel, [&](std::int64_t i, int worker) {
    Sample sample = images(range.begin + i);
    apply_edits(sample.image, edits);
    std::vector<float> logits(static_cast<std::size_t>(model.graph.classes()));
    evaluators.of(worker).logits_of(sample.image, logits);
    check_finite(logits, range.begin + i);
    predictions[static_cast<std::size_t>(i)] = {range.begin + i, std::move(sample.name),
                                                sample.label, softmax(logits), argmax(logits)};
    ++done;
    if (worker == 0) progress.show(done, count);
  });
  if (cancel)
    throw Error(ErrorCode::kCancelled, "predict", "stopped before the end; nothing was printed");
  return predictions;
}

void print_json(const std::vector<Prediction>& predictions) {
  for (const Prediction& p : predictions) {
    nlohmann::ordered_json line;
    line["index"] = p.index;
    line["name"] = p.name;
    line["label"] = or_null(p.label);
    line["predicted"] = p.predicted;
    line["probabilities"] = p.probabilities;
    fmt::print("{}\n", json_line(line));
  }
}

void print_text(const std::vector<Prediction>& predictions, const ClassNames& names,
                const PredictOptions& options, bool with_files) {
  using enum Table::Align;
  if (options.all || predictions.size() <= kScreenRows) {
    std::vector<Table::Column> columns{{"image", kRight},
                                       {"class"},
                                       {"predicted"},
                                       {"probability", kRight},
                                       {"of its class", kRight}};
    if (with_files) columns.push_back({"file"});
    Table table(columns);
    for (const Prediction& p : predictions) {
      const auto probability = [&](int c) {
        return fmt::format("{:.4f}", p.probabilities[static_cast<std::size_t>(c)]);
      };
      std::vector<std::string> cells{std::to_string(p.index), p.label ? names[*p.label] : "?",
                                     names[p.predicted], probability(p.predicted),
                                     p.label ? probability(*p.label) : ""};
      if (with_files) cells.push_back(p.name);
      table.add(std::move(cells));
    }
    fmt::print("{}", table.text());
  } else {
    fmt::print("{} images; --all prints a line for each.\n",
               grouped(static_cast<std::int64_t>(predictions.size())));
  }
  std::int64_t labelled = 0;
  std::int64_t correct = 0;
  for (const Prediction& p : predictions) {
    labelled += p.label.has_value();
    correct += p.label == p.predicted;
  }
  if (labelled == 0) return;
  const Interval interval = wilson_interval(correct, labelled);
  fmt::print("accuracy {} ({} of {}; 95 % interval {} to {})\n",
             percent(static_cast<double>(correct) / static_cast<double>(labelled)),
             grouped(correct), counted(labelled, "image"), percent(interval.low),
             percent(interval.high));
}

void run_predict(const PredictOptions& options, const CancelFlag& cancel) {
  const Model model = load_classifier(options.model);
  const std::unique_ptr<Dataset> dataset = open_images(options.data.specification, model);
  const std::vector<Prediction> predictions = predict_range(options, model, *dataset, cancel);
  if (options.json) {
    print_json(predictions);
  } else {
    print_text(predictions, ClassNames(model, dataset.get()), options, is_folder(*dataset));
  }
}

}  // namespace

void declare_predict(CLI::App& app, const Session& session) {
  const auto options = std::make_shared<PredictOptions>();
  CLI::App* command = app.add_subcommand("predict", "classes of images, also with pixels changed");
  add_model_options(*command, options->model);
  add_data_options(*command, options->data);
  add_engine_options(*command, options->engine);
  command
      ->add_option(
          "--edit", options->edits,
          "first change pixel x,y (column,row) to colour r,g,b; may be given several times")
      ->type_name("x,y,r,g,b");
  command->add_flag("--all", options->all, "a line for every image, however many");
  command->add_flag("--json", options->json, "one object an image");
  command->footer(
      "Example: ripple predict --model models/shapes/lenet.onnx --data shapes:100:2 --range 0:5 "
      "\\\n"
      "           --edit 16,16,255,255,0");
  command->callback([options, &session] { run_predict(*options, session.cancel); });
}

}  // namespace ripple
