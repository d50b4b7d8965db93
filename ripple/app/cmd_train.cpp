#include <algorithm>
#include <charconv>
#include <filesystem>
#include <memory>
#include <optional>
#include <set>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "ripple/app/commands.h"
#include "ripple/app/options.h"
#include "ripple/app/terminal.h"
#include "ripple/base/error.h"
#include "ripple/base/file.h"
#include "ripple/base/json_line.h"
#include "ripple/eval/dense/trainer.h"
#include "ripple/image/joined.h"
#include "ripple/image/subset.h"
#include "ripple/model/architectures.h"

namespace ripple {
namespace {

struct TrainCommandOptions {
  std::string architecture;
  std::vector<std::string> data;
  std::string validation;
  std::string out;
  std::string size;
  TrainOptions train;
  std::optional<double> learning_rate;
  bool no_flips = false;
  bool no_dropout = false;
  bool json = false;
};

nlohmann::ordered_json to_json(const TrainProgress& progress) {
  nlohmann::ordered_json line;
  line["epoch"] = progress.epoch;
  line["loss"] = progress.loss;
  line["accuracy"] = progress.validation_accuracy;
  line["training_accuracy"] = progress.accuracy;
  line["validation_loss"] = progress.validation_loss;
  line["learning_rate"] = progress.learning_rate;
  line["best_epoch"] = progress.best_epoch;
  line["best_accuracy"] = progress.best_accuracy;
  line["seconds"] = progress.seconds;
  return line;
}

void print_epoch(const TrainProgress& progress) {
  fmt::print(
      "epoch {:>3} of {}  loss {:.4f}  training accuracy {}  validation loss {:.4f}  accuracy "
      "{}{}\n",
      progress.epoch, progress.epochs, progress.loss, percent(progress.accuracy),
      progress.validation_loss, percent(progress.validation_accuracy),
      progress.best_epoch == progress.epoch ? "  best" : "");
  flush_output();
}

std::string architecture_help() {
  std::string text = "one of";
  for (const Architecture& architecture : architectures()) {
    text += fmt::format("\n{}: {}", architecture.name, architecture.summary);
  }
  return text;
}

std::string checkpoint_of(const TrainCommandOptions& options) {
  return options.out + ".checkpoint";
}

std::string what_diverged(const TrainResult& result) {
  switch (result.divergence) {
    case Divergence::kLoss:
      return fmt::format("the loss is no finite number at step {}", result.step);
    case Divergence::kWeights:
      return fmt::format("the weights are no finite numbers after step {}", result.step);
    case Divergence::kValidationLoss:
      return fmt::format("the validation loss is no finite number after step {}", result.step);
  }
  return {};
}

/// Says what became of the run; the file is written in every case where an epoch was done. A
/// checkpoint stays where there is something to resume.
void finish(const TrainCommandOptions& options, const TrainResult& result, const Model& model,
            const Session& session) {
  if (result.best_epoch > 0) {
    write_onnx(options.out, model);
    if (!options.json) {
      fmt::print("{}: written, accuracy {}, loss {:.4f} (epoch {})\n", options.out,
                 percent(result.best_accuracy), result.best_loss, result.best_epoch);
    }
  }
  const std::string kept = result.best_epoch > 0
                               ? fmt::format("the best network so far is in {}", options.out)
                               : "no epoch was done, nothing was written";
  switch (result.end) {
    case TrainEnd::kFinished: {
      std::error_code ignored;
      std::filesystem::remove(checkpoint_of(options), ignored);
      return;
    }
    case TrainEnd::kCancelled:
      throw Error(
          ErrorCode::kCancelled, "train",
          fmt::format("stopped; {}{}", kept, result.best_epoch > 0 ? ", --resume continues" : ""));
    case TrainEnd::kDiverged: {
      const std::string checkpoint = checkpoint_of(options);
      std::error_code ignored;
      note(fmt::format("train: {}; {}; try a lower --learning-rate{}", what_diverged(result), kept,
                       std::filesystem::exists(checkpoint, ignored)
                           ? fmt::format(" with another --out, or remove {}", checkpoint)
                           : ""));
      session.failed = true;
      return;
    }
  }
}

constexpr int kLargestSide = 4096;

/// "32" or "48x32" (width x height) as [3, height, width].
Shape parse_size(const std::string& text) {
  const std::size_t cross = text.find('x');
  const auto number = [&](const std::string& part) {
    int value = 0;
    const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), value);
    if (error != std::errc{} || end != part.data() + part.size() || value < 1 ||
        value > kLargestSide) {
      throw Error(ErrorCode::kBadArgument, "--size",
                  fmt::format("'{}' is no size; give one as 32 or, width by height, 48x32", text));
    }
    return value;
  };
  if (cross == text.npos) return {3, number(text), number(text)};
  return {3, number(text.substr(cross + 1)), number(text.substr(0, cross))};
}

/// An accuracy over some of the classes says nothing about the others.
void warn_of_missing_classes(const Dataset& validation) {
  std::set<int> present;
  for (std::int64_t i = 0; i < validation.size(); ++i)
    present.insert(validation.label(i).value_or(-1));
  std::vector<std::string> missing;
  const std::vector<std::string>& names = validation.class_names();
  for (std::size_t c = 0; c < names.size(); ++c) {
    if (!present.contains(static_cast<int>(c))) missing.push_back(names[c]);
  }
  if (missing.empty()) return;
  note(
      fmt::format("{} has no image of {}; accuracies and the choice of the epoch say nothing "
                  "about {}",
                  validation.description(), class_list(missing),
                  missing.size() == 1 ? "that class" : "those classes"));
}

void print_task(const TrainCommandOptions& options, const Model& model, const Dataset& training,
                const Dataset& validation) {
  fmt::print("{} for {}x{} images of {} classes; training: {} images of {}; validation: {} of {}\n",
             options.architecture, model.graph.width(), model.graph.height(), model.graph.classes(),
             grouped(training.size()), training.description(), grouped(validation.size()),
             validation.description());
  flush_output();
}

/// What is known before the data is opened.
TrainOptions train_options_of(const TrainCommandOptions& options) {
  const Architecture& known = find_architecture(options.architecture);
  TrainOptions train = options.train;
  train.learning_rate = options.learning_rate.value_or(known.learning_rate);
  train.network = options.architecture;
  train.checkpoint = checkpoint_of(options);
  train.resize = !options.size.empty();
  train.note = note;
  if (!options.no_dropout) {
    for (const DropoutSpot& spot : known.dropout) {
      train.dropout.push_back({std::string(spot.value), spot.rate});
    }
  }
  return train;
}

/// Nothing that could be known before is found out after hours.
void check_output(const TrainCommandOptions& options, const TrainOptions& train) {
  check_writable(options.out);
  check_writable(train.checkpoint);  // in another folder where --out is a link into one
  if (!train.resume && std::filesystem::exists(train.checkpoint)) {
    throw Error(ErrorCode::kBadArgument, train.checkpoint.string(),
                "is the checkpoint of a training that did not finish; continue it with --resume, "
                "or remove it");
  }
  const bool is_there = std::filesystem::exists(options.out);
  if (train.resume && !std::filesystem::exists(train.checkpoint)) {
    throw Error(ErrorCode::kBadArgument, "--resume",
                fmt::format("{} is not there: that training {}; leave --resume out to begin one",
                            train.checkpoint.string(),
                            is_there ? "was finished" : "has done no epoch, or had another --out"));
  }
  if (!train.resume && is_there)
    note(fmt::format("{} is there already; this training replaces it", options.out));
}

void run_train_on(const TrainCommandOptions& options, const TrainOptions& train_options,
                  const Dataset& training, const Dataset& validation, const Session& session) {
  const int classes = static_cast<int>(training.class_names().size());
  if (classes < 2) {
    throw Error(ErrorCode::kBadArgument, "--data",
                fmt::format("{} has {} classes; training needs labelled images of two or more",
                            training.description(), classes));
  }
  if (validation.size() < 1) {
    throw Error(ErrorCode::kBadArgument, validation.description(),
                "has no images: no class of --data has two; give --validation");
  }
  const Image first = training.sample(0).image;
  const Shape input =
      options.size.empty() ? Shape{3, first.height, first.width} : parse_size(options.size);
  Model model;
  model.graph = make_architecture(options.architecture, input, classes, options.train.seed);
  check_output(options, train_options);
  warn_of_missing_classes(validation);
  if (!options.json) print_task(options, model, training, validation);

  ProgressLine line(fmt::format("train {}", options.architecture));
  const TrainResult result = train(
      model, training, validation, train_options,
      [&](const TrainProgress& progress) {
        if (!progress.epoch_done) {
          const std::string best =
              progress.best_epoch == 0 ? "" : ", best " + percent(progress.best_accuracy);
          line.show(progress.step, progress.steps,
                    fmt::format("epoch {}, loss {:.3f}{}", progress.epoch, progress.loss, best));
          return;
        }
        line.clear();
        if (options.json) {
          fmt::print("{}\n", json_line(to_json(progress)));
          flush_output();
        } else {
          print_epoch(progress);
        }
      },
      &session.cancel);
  line.clear();
  finish(options, result, model, session);
}

/// The images that tests measure accuracy on are not trained on by oversight.
void check_no_test_images(const TrainCommandOptions& options) {
  for (const std::string& data : options.data) {
    if (data.starts_with("cifar10:") && !data.ends_with(":train") && !data.ends_with(":test")) {
      throw Error(ErrorCode::kBadArgument, "--data",
                  fmt::format("'{}' are the test images; say {}:train, or {}:test to train on "
                              "those",
                              data, data, data));
    }
  }
}

/// Whether two descriptions name the same images, or some of them.
bool share_images(const Dataset& one, const Dataset& other) {
  const DataParts a = parts_of(one.description());
  const DataParts b = parts_of(other.description());
  if (a.kind != b.kind || a.split != b.split) return false;
  if (a.kind == "shapes") return true;  // scene i of a seed is one among any number of them
  return is_same_place(a, b);
}

/// Ways to measure accuracy on images that were trained on. `validation` is null where a tenth of
/// the parts is to be held out. Copies of images are found later, by train().
void check_apart(const TrainCommandOptions& options,
                 const std::vector<std::unique_ptr<Dataset>>& parts, const Dataset* validation) {
  for (auto part = parts.begin(); part != parts.end(); ++part) {
    if (validation != nullptr && share_images(**part, *validation)) {
      throw Error(ErrorCode::kBadArgument, "--validation",
                  fmt::format("'{}' is trained on too, in {}; name other images, or leave it out: "
                              "one in ten of every class is then held out",
                              options.validation, (*part)->description()));
    }
    const auto same = std::find_if(
        parts.begin(), part,
        [&](const std::unique_ptr<Dataset>& before) { return share_images(**part, *before); });
    if (validation == nullptr && same != part) {
      throw Error(
          ErrorCode::kBadArgument, "--data",
          fmt::format("{} and {} share images, which would be trained on and held out; name "
                      "them once, or give --validation",
                      (*same)->description(), (*part)->description()));
    }
  }
}

void run_train(const TrainCommandOptions& options, const Session& session) {
  // What needs neither data nor LibTorch to be refused is refused before both.
  const TrainOptions train_options = train_options_of(options);
  check_train_options(train_options);
  if (!options.size.empty()) parse_size(options.size);
  check_no_test_images(options);
  std::vector<std::unique_ptr<Dataset>> parts;
  for (const std::string& specification : options.data) {
    parts.push_back(open_dataset(specification));
  }
  std::unique_ptr<Dataset> validation;
  if (!options.validation.empty()) validation = open_dataset(options.validation);
  check_apart(options, parts, validation.get());
  const std::unique_ptr<Dataset> data = join_datasets(std::move(parts));
  note_left_out(*data);
  if (validation != nullptr) note_left_out(*validation);
  std::unique_ptr<Dataset> training;
  if (validation == nullptr) {
    HeldOut halves = hold_out_tenth(*data);
    training = subset_of(*data, std::move(halves.rest), data->description());
    validation = subset_of(*data, std::move(halves.held_out),
                           "the tenth held out of " + data->description());
  } else {
    check_same_classes(*validation, *data);
  }
  run_train_on(options, train_options, training ? *training : *data, *validation, session);
}

}  // namespace

void declare_train(CLI::App& app, const Session& session) {
  const auto options = std::make_shared<TrainCommandOptions>();
  TrainOptions& train = options->train;
  CLI::App* command = app.add_subcommand("train", "train a named architecture on labelled images");
  command->add_option("architecture", options->architecture, architecture_help())
      ->required()
      ->type_name("NAME");
  command
      ->add_option("-d,--data", options->data,
                   "training images, as for `predict` (of CIFAR-10 say :train); may be given "
                   "several times")
      ->allow_extra_args(false)
      ->required()
      ->type_name("DATA");
  command
      ->add_option(
          "--validation", options->validation,
          "images that choose the best epoch, never trained on; if not given, one in ten of every "
          "class of --data, which needs data without the same image twice")
      ->type_name("DATA");
  command
      ->add_option("--size", options->size,
                   "of the network's input: 32 or, width by height, 48x32; images of other sizes "
                   "are stretched to it. By default that of the images, which must be of one size")
      ->type_name("SIZE");
  command->add_option("-o,--out", options->out, "the ONNX file to write")
      ->required()
      ->type_name("FILE");
  command->add_option("--epochs", train.epochs, "passes over the data")->capture_default_str();
  command->add_option("--batch", train.batch, "images a step")->capture_default_str();
  command->add_option(
      "--learning-rate", options->learning_rate,
      "highest, reached after the warm-up; then a cosine to 0; by default the architecture's own");
  command->add_option("--warmup", train.warmup_epochs, "epochs until the highest learning rate")
      ->capture_default_str();
  command->add_option("--momentum", train.momentum, "of the gradient descent")
      ->capture_default_str();
  command
      ->add_option("--weight-decay", train.weight_decay,
                   "on weights of convolutions and fully connected layers")
      ->capture_default_str();
  command->add_option("--shift", train.shift, "move training images by up to this many pixels")
      ->capture_default_str();
  command->add_flag("--no-flips", options->no_flips, "do not mirror training images");
  command->add_flag("--no-dropout", options->no_dropout,
                    "do not drop activations where the architecture was published so");
  add_seed_option(*command, train.seed, "of weights, order and augmentation");
  add_threads_option(*command, train.threads);
  command->add_option("--device", train.device, "cpu, or cuda or cuda:N where LibTorch has it")
      ->capture_default_str();
  command->add_flag("--resume", train.resume,
                    "continue the training that was stopped, from FILE.checkpoint beside --out");
  command->add_flag("--json", options->json, "one object an epoch");
  command->footer(
      "Ctrl-C stops; the best network so far is written. After every epoch a checkpoint is written "
      "beside it, for --resume.\n"
      "Example: ripple train lenet --data shapes:20000:1 --validation shapes:2000:2 --out "
      "lenet.onnx");
  command->callback([options, &session] {
    options->train.flips = !options->no_flips;
    run_train(*options, session);
  });
}

}  // namespace ripple
