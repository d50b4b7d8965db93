#include "ripple/app/options.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "ripple/base/error.h"
#include "ripple/base/file.h"
#include "ripple/base/names.h"
#include "ripple/eval/dense/dense.h"
#include "ripple/eval/reference/reference.h"
#include "ripple/image/resize.h"

namespace ripple {
namespace {

constexpr Named<Engine> kEngines[] = {{"dense", Engine::kDense}, {"reference", Engine::kReference}};

/// The parts of `text` between separators; "a,,b" has an empty one.
std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t next = std::min(text.find(separator, at), text.size());
    parts.emplace_back(text.substr(at, next - at));
    at = next + 1;
  }
  return parts;
}

std::optional<std::int64_t> parse_integer(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

void add_preprocessing_options(CLI::App& command, ModelOptions& options) {
  command
      .add_option(
          "--mean", options.mean,
          "mean subtracted from each channel R,G,B, in 0..255 units, e.g. 125.3,123.0,113.9")
      ->delimiter(',')
      ->type_name("R,G,B");
  command.add_option("--std", options.std, "what the difference is divided by, in 0..255 units")
      ->delimiter(',')
      ->type_name("R,G,B");
  command.add_option("--labels", options.labels, "class names: A,B,C or @FILE with one a line")
      ->type_name("NAMES");
}

void add_model_options(CLI::App& command, ModelOptions& options) {
  command.add_option("-m,--model", options.path, "the network, an ONNX file")
      ->required()
      ->type_name("FILE");
  add_preprocessing_options(command, options);
  command
      .add_option("--max-memory", options.max_memory,
                  "bytes that the weights and the activations of an image may take each")
      ->transform(CLI::AsSizeValue(false))
      ->default_str("4GiB")
      ->type_name("SIZE");
}

std::optional<Preprocessing> parse_preprocessing(const ModelOptions& options) {
  if (options.mean.empty() && options.std.empty()) return std::nullopt;
  if (options.mean.size() != 3 || options.std.size() != 3) {
    throw Error(ErrorCode::kBadArgument, "--mean, --std",
                fmt::format("give both, each with three numbers (R,G,B); got {} and {}",
                            options.mean.size(), options.std.size()));
  }
  if (!std::all_of(options.std.begin(), options.std.end(), [](float s) { return s > 0.0f; })) {
    throw Error(ErrorCode::kBadArgument, "--std", "each of its numbers must be above 0");
  }
  if (std::any_of(options.std.begin(), options.std.end(), [](float s) { return s < 1.0f; })) {
    std::array<double, 3> mean{};
    std::array<double, 3> std{};
    for (std::size_t c = 0; c < 3; ++c) {
      mean[c] = 255.0 * options.mean[c];
      std[c] = 255.0 * options.std[c];
    }
    throw Error(ErrorCode::kBadArgument, "--std",
                fmt::format("below 1: these look like 0..1 units, Ripple takes 0..255; give --mean "
                            "{:.6g} --std {:.6g}",
                            fmt::join(mean, ","), fmt::join(std, ",")));
  }
  return Preprocessing{options.mean, options.std};
}

std::vector<std::string> parse_labels(const std::string& text) {
  if (text.empty()) return {};
  if (text[0] != '@') return split(text, ',');
  const std::vector<std::uint8_t> bytes = read_file(text.substr(1), 1 << 20);
  std::vector<std::string> labels = split(std::string(bytes.begin(), bytes.end()), '\n');
  for (std::string& label : labels) {
    while (!label.empty() && (label.back() == '\r' || label.back() == ' ')) label.pop_back();
  }
  while (!labels.empty() && labels.back().empty()) labels.pop_back();
  return labels;
}

Model load_model(const ModelOptions& options) {
  Model model = read_onnx(options.path,
                          ModelLimits{.max_memory = static_cast<std::int64_t>(options.max_memory)});
  if (std::optional<Preprocessing> given = parse_preprocessing(options)) {
    model.preprocessing = std::move(given);
  }
  if (!options.labels.empty()) {
    model.labels = parse_labels(options.labels);
    if (static_cast<int>(model.labels.size()) != model.graph.classes()) {
      throw Error(ErrorCode::kBadArgument, "--labels",
                  fmt::format("{} names for a network of {} classes", model.labels.size(),
                              model.graph.classes()));
    }
  }
  return model;
}

Model load_classifier(const ModelOptions& options) {
  Model model = load_model(options);
  require_preprocessing(model);
  return model;
}

ClassNames::ClassNames(const Model& model, const Dataset* dataset)
    : names_(model.labels), classes_(model.graph.classes()) {
  if (names_.empty() && dataset != nullptr &&
      static_cast<int>(dataset->class_names().size()) == classes_) {
    names_ = dataset->class_names();
  }
}

std::string ClassNames::operator[](int label) const {
  const auto index = static_cast<std::size_t>(label);
  return index < names_.size() ? names_[index] : std::to_string(label);
}

int ClassNames::find(const std::string& text) const {
  const auto named = std::find(names_.begin(), names_.end(), text);
  if (named != names_.end()) return static_cast<int>(named - names_.begin());
  const std::optional<std::int64_t> number = parse_integer(text);
  if (number && *number >= 0 && *number < classes_) return static_cast<int>(*number);
  throw Error(ErrorCode::kBadArgument, "class",
              names_.empty()
                  ? fmt::format("'{}' is no class; give a number from 0 to {}", text, classes_ - 1)
                  : fmt::format("'{}' is no class; give one of {}", text, fmt::join(names_, ", ")));
}

void add_data_options(CLI::App& command, DataOptions& options) {
  command
      .add_option("-d,--data", options.specification,
                  "the images: cifar10:DIR[:train], folder:DIR, image:FILE or shapes:N[:SEED]")
      ->required()
      ->type_name("DATA");
  command.add_option("--range", options.range, "only images A to B-1, counted from 0")
      ->type_name("A:B");
}

IndexRange parse_range(const std::string& text, std::int64_t size) {
  if (text.empty()) return {0, size};
  const std::size_t colon = text.find(':');
  const auto side = [&](std::string_view part, std::int64_t otherwise) {
    return part.empty() ? std::optional(otherwise) : parse_integer(part);
  };
  const std::optional<std::int64_t> begin = side(std::string_view(text).substr(0, colon), 0);
  const std::optional<std::int64_t> end =
      colon == std::string::npos ? std::nullopt
                                 : side(std::string_view(text).substr(colon + 1), size);
  if (!begin || !end) {
    throw Error(ErrorCode::kBadArgument, "--range",
                fmt::format("'{}' is not A:B, for example 0:100", text));
  }
  if (*begin < 0 || *end > size || *begin >= *end) {
    throw Error(ErrorCode::kBadArgument, "--range",
                fmt::format("{} does not lie within the {} images; give 0 <= A < B <= {}", text,
                            size, size));
  }
  return {*begin, *end};
}

ImageSource fitted_images(const Dataset& dataset, const Graph& graph) {
  return [&dataset, &graph](std::int64_t index) {
    Sample sample = dataset.sample(index);
    if (sample.label && *sample.label >= graph.classes()) {
      throw Error(
          ErrorCode::kBadData, dataset.description(),
          fmt::format("image {} has class {}, the network has {} classes (0 to {}); is this "
                      "the data it was made for?",
                      index, *sample.label, graph.classes(), graph.classes() - 1));
    }
    sample.image = fit_image(sample.image, graph.width(), graph.height());
    return sample;
  };
}

void add_engine_options(CLI::App& command, EngineOptions& options) {
  command
      .add_option_function<std::string>(
          "--engine",
          [&options](const std::string& name) {
            options.engine = value_of<Engine>(kEngines, "--engine", name);
          },
          "what runs the network: dense (LibTorch) or reference (slow, double precision)")
      ->default_str("dense")
      ->type_name("NAME");
  command.add_option("-j,--threads", options.threads, "images worked on at once; 0 = one per core")
      ->check(CLI::Range(0, 1024))
      ->capture_default_str();
}

EvaluatorFactory evaluator_factory(const EngineOptions& options, const Model& model) {
  switch (options.engine) {
    case Engine::kDense:
      return [&model] { return make_dense_evaluator(model); };
    case Engine::kReference:
      return [&model] { return make_reference_evaluator(model); };
  }
  return {};
}

std::string_view to_string(Engine engine) {
  return name_of<Engine>(kEngines, engine);
}

PixelEdit parse_edit(const std::string& text) {
  const std::vector<std::string> parts = split(text, ',');
  std::array<std::int64_t, 5> numbers{};
  bool good = parts.size() == numbers.size();
  for (std::size_t i = 0; good && i < numbers.size(); ++i) {
    const std::optional<std::int64_t> number = parse_integer(parts[i]);
    good = number.has_value() && *number >= 0 && *number <= (i < 2 ? 1 << 20 : 255);
    if (good) numbers[i] = *number;
  }
  if (!good) {
    throw Error(
        ErrorCode::kBadArgument, "--edit",
        fmt::format("'{}' is not x,y,r,g,b: column, row, then a colour of three numbers from "
                    "0 to 255",
                    text));
  }
  return {static_cast<int>(numbers[0]), static_cast<int>(numbers[1]),
          static_cast<std::uint8_t>(numbers[2]), static_cast<std::uint8_t>(numbers[3]),
          static_cast<std::uint8_t>(numbers[4])};
}

}  // namespace ripple
