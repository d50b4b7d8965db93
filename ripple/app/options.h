#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ripple/attack/selection.h"
#include "ripple/attack/workers.h"
#include "ripple/base/error.h"
#include "ripple/eval/evaluator.h"
#include "ripple/image/dataset.h"
#include "ripple/model/model.h"

// Only what declares options includes CLI11 itself: its header takes longer to compile than most
// files.
namespace CLI {
class App;
class Option;
class Validator;
}  // namespace CLI

namespace ripple {

// Options that several subcommands share, each with the function that declares it and the one that
// turns what the person wrote into what the library takes.

/// --model, --mean, --std, --labels, --max-memory
struct ModelOptions {
  std::string path;
  std::vector<float> mean;  ///< overrides the file's, in 0..255 units
  std::vector<float> std;
  std::string labels;                                 ///< comma-separated, or @FILE with one a line
  std::uint64_t max_memory = std::uint64_t{4} << 30;  ///< see memory_limit()
};
void add_model_options(CLI::App& command, ModelOptions& options);

/// --mean, --std and --labels, which `annotate` shares.
void add_preprocessing_options(CLI::App& command, ModelOptions& options);

/// The preprocessing that --mean and --std give; nothing where neither was given.
/// Errors: those of check_preprocessing_options().
std::optional<Preprocessing> parse_preprocessing(const ModelOptions& options);

/// The labels that --labels gives. Errors: kBadArgument, kIo.
std::vector<std::string> parse_labels(const std::string& text);

/// --max-memory as a number of bytes. Errors: kBadArgument for none or more than a pebibyte.
std::int64_t memory_limit(const ModelOptions& options);

/// Reads the model and puts the person's preprocessing and labels over the file's. Errors: those of
/// read_onnx(), check_colour_input() and the options.
Model load_model(const ModelOptions& options);

/// The same, and it is known how the network is fed with 8-bit images. Says on stderr what
/// score_caution() says. Errors: kBadModel saying what is missing and how to give it.
Model load_classifier(const ModelOptions& options);

/// The name of a class: the model's label, else the dataset's where it has as many, else its
/// number.
class ClassNames {
 public:
  ClassNames(const Model& model, const Dataset* dataset);
  std::string operator[](int label) const;
  /// For figures: the name, or "class 5" where no font may have its letters.
  std::string title(int label) const;
  /// For captions of pictures, whose font is ASCII: the name, or "class 5" where a letter of it has
  /// no ASCII beside it (see in_ascii).
  std::string picture_name(int label) const;
  /// Index of a class that `option` gives by name or number. Errors: kBadArgument listing names; a
  /// name that several classes have.
  int find(const std::string& text, std::string_view option) const;

 private:
  std::vector<std::string> names_;
  int classes_;
};

/// --data and --range
struct DataOptions {
  std::string specification;
  std::string range;  ///< "A:B", half open; either side may be left out
};
void add_data_options(CLI::App& command, DataOptions& options);

/// Errors: kBadArgument where it is malformed, empty, or reaches outside [0, size).
IndexRange parse_range(const std::string& text, std::int64_t size);

/// What `work` gives; an error in it names the option that asked for it, and ends with `more`.
template <typename Work>
decltype(auto) in_option(std::string_view option, const Work& work, std::string_view more = "") {
  try {
    return work();
  } catch (const Error& error) {
    throw Error(error.code(), option, error.problem() + std::string(more));
  }
}

/// Says on stderr what the data leaves out.
void note_left_out(const Dataset& dataset);

/// Opens what --data names. Says on stderr what the data leaves out, and where a folder's classes
/// are taken for the network's in the order of their names, because the network names none.
/// Errors: those of open_dataset().
std::unique_ptr<Dataset> open_images(const std::string& specification, const Model& model);

/// Whether the images are files of a class folder each, whose names say more than their numbers.
bool is_folder(const Dataset& dataset);

/// The network's class of each class of the data, matched by name where both have names (a folder's
/// classes are in byte order, the network's in its own). Errors: kBadArgument for names that the
/// network lacks, or where only the data has names and another number of them.
std::vector<int> label_map(const Model& model, const Dataset& dataset);

/// The images of `dataset` in the network's size, labels as the network counts them (see
/// label_map). Keeps references to both, which must outlive it. Its errors: those of the dataset;
/// kBadData where a label is none of the network's classes.
ImageSource fitted_images(const Dataset& dataset, const Model& model);

/// --engine, --tolerance, --simd, --device, --threads
enum class Engine { kDelta, kDense, kReference };
struct EngineOptions {
  std::optional<Engine> engine;  ///< absent: delta where the network allows, else dense
  float tolerance = 0.0f;        ///< of delta
  std::string simd;              ///< instruction set of delta; empty: the best of this CPU
  std::string device = "cpu";    ///< of dense; another one chooses dense where `engine` is absent
  bool tf32 = false;             ///< of dense on another device, see DenseOptions
  int threads = 0;               ///< 0 = one per core
};
/// All but --tolerance. `by_default` says in --help what runs without --engine.
void add_engine_options(CLI::App& command, EngineOptions& options,
                        std::string_view by_default = "delta where the network allows, else dense");
/// --tolerance, where pixels are changed.
void add_tolerance_option(CLI::App& command, EngineOptions& options);
std::string_view to_string(Engine engine);

/// The engine that will run, and why it is not delta where a person did not choose.
struct ChosenEngine {
  Engine engine = Engine::kDelta;
  std::string fallback;  ///< node, operator and reason; empty where there is nothing to say
  std::string text;      ///< for result headers: "delta, tolerance 0.0001", "dense, cuda, TF32"
  std::string simd;      ///< delta's instruction set, else empty
};
/// Errors: kUnsupportedOp where delta was asked for by name and cannot run the network;
/// kBadArgument for options of one engine beside another.
ChosenEngine choose_engine(const EngineOptions& options, const Graph& graph);

/// Says on stderr which operator made an attack fall back on dense, if one did.
void report_fallback(const ChosenEngine& chosen);

/// Makes an evaluator for each worker that asks, `jobs` images being left to work on; delta's share
/// one plan. Where there are fewer jobs than threads, each evaluator works with several. Keeps a
/// reference to `model`, which must outlive it.
EvaluatorFactory evaluator_factory(const EngineOptions& options, const ChosenEngine& chosen,
                                   const Model& model, std::int64_t max_memory, std::int64_t jobs);

/// Refuses numbers outside [low, high], and what is none (NaN, which CLI::Range takes).
CLI::Validator within(double low, double high);

/// Refuses an empty value, e.g. of an unset shell variable.
CLI::Validator not_empty();

/// --seed, 0 .. 2^64 - 1; `of` says what it is the seed of. Keeps a reference to `seed`.
CLI::Option* add_seed_option(CLI::App& command, std::uint64_t& seed, const std::string& of);

/// -j, --threads. Keeps a reference to `threads`.
CLI::Option* add_threads_option(CLI::App& command, int& threads,
                                const std::string& help = "threads; 0 = one per core");

/// 0 .. 2^64 - 1. Errors: kBadArgument.
std::uint64_t parse_seed(const std::string& text);

/// "x,y,r,g,b". Errors: kBadArgument for what is no five integers or no 8-bit colour.
PixelEdit parse_edit(const std::string& text);

}  // namespace ripple
