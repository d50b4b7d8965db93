#include "ripple/app/options.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <numeric>
#include <string_view>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "ripple/app/terminal.h"
#include "ripple/base/error.h"
#include "ripple/base/file.h"
#include "ripple/base/names.h"
#include "ripple/eval/delta/delta.h"
#include "ripple/eval/delta/pool.h"
#include "ripple/eval/dense/dense.h"
#include "ripple/eval/reference/reference.h"
#include "ripple/image/resize.h"
#include "ripple/image/text.h"
#include "ripple/model/metadata.h"
#include "ripple/report/figure_text.h"

namespace ripple {
namespace {

constexpr Named<Engine> kEngines[] = {
    {"delta", Engine::kDelta}, {"dense", Engine::kDense}, {"reference", Engine::kReference}};

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

std::string cannot_run(const ChosenEngine& chosen) {
  return "the delta engine cannot run this network: " + chosen.fallback;
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
      .add_option(
          "--max-memory", options.max_memory,
          "that the weights and the activations of an image may take each: bytes, or with a "
          "unit as 512MB, 4GiB")
      ->transform(CLI::AsSizeValue(false).description(""))
      ->default_str("4GiB")
      ->type_name("SIZE");
}

std::optional<Preprocessing> parse_preprocessing(const ModelOptions& options) {
  if (options.mean.empty() && options.std.empty()) return std::nullopt;
  Preprocessing given{options.mean, options.std};
  check_preprocessing_options(given);
  return given;
}

std::vector<std::string> parse_labels(const std::string& text) {
  if (text.empty()) return {};
  if (text[0] != '@') return split(text, ',');
  const std::vector<std::uint8_t> bytes = read_file(text.substr(1), 1 << 20);
  std::string lines(bytes.begin(), bytes.end());
  if (lines.starts_with("\xEF\xBB\xBF")) lines.erase(0, 3);  // a byte order mark
  std::vector<std::string> labels = split(lines, '\n');
  for (std::string& label : labels) {
    while (!label.empty() && (label.back() == '\r' || label.back() == ' ')) label.pop_back();
  }
  while (!labels.empty() && labels.back().empty()) labels.pop_back();
  return labels;
}

std::int64_t memory_limit(const ModelOptions& options) {
  if (options.max_memory == 0 || options.max_memory > std::uint64_t{1} << 50) {
    throw Error(ErrorCode::kBadArgument, "--max-memory",
                "give a size from 1 byte to 1 PiB, for example 4GiB");
  }
  return static_cast<std::int64_t>(options.max_memory);
}

Model load_model(const ModelOptions& options) {
  Model model = read_onnx(options.path, {.max_memory = memory_limit(options)});
  check_colour_input(model.graph, model.path);  // before any advice on --mean that would be in vain
  if (std::optional<Preprocessing> given = parse_preprocessing(options)) {
    model.preprocessing = std::move(given);
  }
  if (!options.labels.empty()) {
    model.labels = parse_labels(options.labels);
    check_labels(model.labels, model.graph.classes(), "--labels");
  }
  return model;
}

Model load_classifier(const ModelOptions& options) {
  Model model = load_model(options);
  require_preprocessing(model);
  if (const auto caution = score_caution(model.graph)) {
    note(fmt::format("{}: {}", model.path, *caution));
  }
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

std::string ClassNames::title(int label) const {
  const std::string name = (*this)[label];
  return figure_text(name) == name ? name : fmt::format("class {}", label);
}

std::string ClassNames::picture_name(int label) const {
  const std::string name = (*this)[label];
  const std::string ascii = in_ascii(name);
  const bool is_lost = std::ranges::count(ascii, '?') > std::ranges::count(name, '?');
  return is_lost ? fmt::format("class {}", label) : name;
}

int ClassNames::find(const std::string& text, std::string_view option) const {
  const auto named = std::find(names_.begin(), names_.end(), text);
  if (std::count(names_.begin(), names_.end(), text) > 1) {
    throw Error(ErrorCode::kBadArgument, option,
                fmt::format("several classes are called '{}'; give its number", text));
  }
  if (named != names_.end()) return static_cast<int>(named - names_.begin());
  const std::optional<std::int64_t> number = parse_integer(text);
  if (number && *number >= 0 && *number < classes_) return static_cast<int>(*number);
  throw Error(ErrorCode::kBadArgument, option,
              names_.empty()
                  ? fmt::format("'{}' is no class; give a number from 0 to {}", text, classes_ - 1)
                  : fmt::format("'{}' is no class; give one of {}", text, class_list(names_)));
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
                fmt::format("{} does not lie within the {}; give 0 <= A < B <= {}", text,
                            counted(size, "image"), size));
  }
  return {*begin, *end};
}

bool is_folder(const Dataset& dataset) {
  return parts_of(dataset.description()).kind == "folder";
}

void note_left_out(const Dataset& dataset) {
  if (const std::string left_out = dataset.left_out(); !left_out.empty()) note(left_out);
}

std::unique_ptr<Dataset> open_images(const std::string& specification, const Model& model) {
  std::unique_ptr<Dataset> dataset = open_dataset(specification);
  note_left_out(*dataset);
  const std::vector<std::string>& names = dataset->class_names();
  // CIFAR-10 and the built-in scenes have an order of their own, in which networks learn them.
  if (is_folder(*dataset) && model.labels.empty() && std::ssize(names) == model.graph.classes()) {
    note(
        fmt::format("the network names no classes; folder k of the sorted names is taken as class "
                    "k: {}; give --labels to match by name",
                    class_list(names)));
  }
  return dataset;
}

std::vector<int> label_map(const Model& model, const Dataset& dataset) {
  const std::vector<std::string>& names = dataset.class_names();
  std::vector<int> map(names.size());
  std::iota(map.begin(), map.end(), 0);
  if (names.empty() || names == model.labels) return map;
  if (model.labels.empty()) {
    if (static_cast<int>(names.size()) == model.graph.classes()) return map;
    throw Error(
        ErrorCode::kBadArgument, dataset.description(),
        fmt::format("it names {}, the network has {} without names, so that nobody can say which "
                    "is which; name them with --labels or `ripple annotate`",
                    counted(std::ssize(names), "class", "classes"), model.graph.classes()));
  }
  std::vector<std::string> unknown;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const auto same = std::find(model.labels.begin(), model.labels.end(), names[i]);
    if (same == model.labels.end()) unknown.push_back(names[i]);
    if (std::count(model.labels.begin(), model.labels.end(), names[i]) > 1) {
      throw Error(ErrorCode::kBadArgument, dataset.description(),
                  fmt::format("its class {} could be any of several classes of the network that "
                              "are called so; give --labels with names that differ",
                              names[i]));
    }
    map[i] = static_cast<int>(same - model.labels.begin());
  }
  if (!unknown.empty()) {
    throw Error(ErrorCode::kBadArgument, dataset.description(),
                fmt::format("the network has no class called {}; it has {}. {} --labels with the "
                            "data's names in the network's order",
                            class_list(unknown), class_list(model.labels),
                            is_folder(dataset) ? "Rename the folders, or give" : "Give"));
  }
  return map;
}

ImageSource fitted_images(const Dataset& dataset, const Model& model) {
  return [&dataset, &graph = model.graph, map = label_map(model, dataset)](std::int64_t index) {
    Sample sample = dataset.sample(index);
    if (sample.label && static_cast<std::size_t>(*sample.label) < map.size()) {
      sample.label = map[static_cast<std::size_t>(*sample.label)];
    }
    if (sample.label && *sample.label >= graph.classes()) {
      throw Error(
          ErrorCode::kBadData, dataset.description(),
          fmt::format("image {} has class {}, the network has {} (0 to {}); is this the data it "
                      "was made for?",
                      index, *sample.label, counted(graph.classes(), "class", "classes"),
                      graph.classes() - 1));
    }
    sample.image = fit_image(sample.image, graph.width(), graph.height());
    return sample;
  };
}

void add_engine_options(CLI::App& command, EngineOptions& options, std::string_view by_default) {
  command
      .add_option_function<std::string>(
          "--engine",
          [&options](const std::string& name) {
            options.engine = value_of<Engine>(kEngines, "--engine", name);
          },
          fmt::format("what runs the network: delta (recomputes only what a pixel changes), dense "
                      "(LibTorch) or reference (slow, double precision); {}",
                      by_default))
      ->type_name("NAME");
  command
      .add_option("--simd", options.simd,
                  "instruction set of delta; the best of this CPU by default")
      ->type_name("NAME");
  command
      .add_option(
          "--device", options.device,
          "where dense runs: cpu, or cuda or cuda:N where LibTorch has it (then dense is the "
          "engine)")
      ->type_name("NAME")
      ->capture_default_str();
  add_threads_option(command, options.threads);
}

void add_tolerance_option(CLI::App& command, EngineOptions& options) {
  command
      .add_option("--tolerance", options.tolerance,
                  "delta drops differences under this share of a layer's largest activation; 0 is "
                  "exact, 1e-4 is faster")
      ->check(within(0.0, 1.0))
      ->capture_default_str();
}

ChosenEngine choose_engine(const EngineOptions& options, const Graph& graph) {
  ChosenEngine chosen;
  const bool on_cpu = options.device == "cpu";
  chosen.engine = options.engine.value_or(on_cpu ? Engine::kDelta : Engine::kDense);
  if (chosen.engine == Engine::kDelta) {
    if (const std::optional<std::string> reason = delta_unsupported(graph)) {
      if (options.engine) {
        throw Error(ErrorCode::kUnsupportedOp, "--engine delta",
                    fmt::format("{}; use --engine dense", *reason));
      }
      chosen.engine = Engine::kDense;
      chosen.fallback = *reason;
    }
  }
  if (chosen.engine != Engine::kDelta && (options.tolerance != 0.0f || !options.simd.empty())) {
    throw Error(
        ErrorCode::kBadArgument, "--tolerance, --simd",
        fmt::format("go only with the delta engine, not with {}{}", to_string(chosen.engine),
                    chosen.fallback.empty() ? "" : "; " + cannot_run(chosen)));
  }
  if (chosen.engine != Engine::kDense && !on_cpu) {
    throw Error(ErrorCode::kBadArgument, "--device",
                fmt::format("goes only with the dense engine, {} runs on the CPU",
                            to_string(chosen.engine)));
  }
  chosen.text = to_string(chosen.engine);
  if (chosen.engine == Engine::kDelta) {
    chosen.simd = options.simd.empty() ? delta_targets().front() : options.simd;
    std::transform(chosen.simd.begin(), chosen.simd.end(), chosen.simd.begin(),
                   [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  }
  if (on_cpu && options.tf32) {
    throw Error(ErrorCode::kBadArgument, "--tf32", "goes only with --device cuda");
  }
  if (!on_cpu) chosen.text += ", " + options.device;
  if (options.tf32) chosen.text += ", TF32";
  if (options.tolerance != 0.0f) chosen.text += fmt::format(", tolerance {}", options.tolerance);
  return chosen;
}

void report_fallback(const ChosenEngine& chosen) {
  if (chosen.fallback.empty()) return;
  note(cannot_run(chosen) + "; using dense");
}

EvaluatorFactory evaluator_factory(const EngineOptions& options, const ChosenEngine& chosen,
                                   const Model& model, std::int64_t max_memory, std::int64_t jobs) {
  switch (chosen.engine) {
    case Engine::kDelta: {
      const DeltaOptions delta{.tolerance = options.tolerance, .target = options.simd};
      const int threads = thread_count(options.threads);
      const int each =
          static_cast<int>(std::max<std::int64_t>(1, threads / std::max<std::int64_t>(1, jobs)));
      return [plan = make_delta_plan(model, delta), delta, each]() -> std::unique_ptr<Evaluator> {
        if (each > 1) return make_delta_pool(plan, delta, each);
        return make_delta_evaluator(plan, delta);
      };
    }
    case Engine::kDense:
      return
          [&model, dense = DenseOptions{
                       .device = options.device, .tf32 = options.tf32, .max_memory = max_memory}] {
            return make_dense_evaluator(model, dense);
          };
    case Engine::kReference:
      return [&model] { return make_reference_evaluator(model); };
  }
  return {};
}

std::string_view to_string(Engine engine) {
  return name_of<Engine>(kEngines, engine);
}

CLI::Validator within(double low, double high) {
  return CLI::Validator(
      [low, high](const std::string& value) {
        double number = 0.0;
        if (CLI::detail::lexical_cast(value, number) && number >= low && number <= high) {
          return std::string();
        }
        return fmt::format("{} is no number from {:g} to {:g}", value, low, high);
      },
      fmt::format("{:g} to {:g}", low, high), "within");
}

CLI::Validator not_empty() {
  return CLI::Validator(
      [](const std::string& value) { return std::string(value.empty() ? "it is empty" : ""); }, "",
      "not empty");
}

CLI::Option* add_seed_option(CLI::App& command, std::uint64_t& seed, const std::string& of) {
  return command
      .add_option_function<std::string>(
          "--seed", [&seed](const std::string& text) { seed = parse_seed(text); }, of)
      ->default_str("1")
      ->type_name("N");
}

CLI::Option* add_threads_option(CLI::App& command, int& threads, const std::string& help) {
  return command.add_option("-j,--threads", threads, help)
      ->check(CLI::Range(0, 1024))
      ->capture_default_str();
}

std::uint64_t parse_seed(const std::string& text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) {
    throw Error(ErrorCode::kBadArgument, "--seed",
                fmt::format("'{}' is no number from 0 to 2^64 - 1", text));
  }
  return value;
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
