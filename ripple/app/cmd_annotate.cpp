#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "ripple/app/commands.h"
#include "ripple/app/options.h"
#include "ripple/app/terminal.h"
#include "ripple/base/error.h"
#include "ripple/base/json_line.h"

namespace ripple {
namespace {

struct AnnotateOptions {
  ModelOptions model;
  std::string out;
  bool json = false;
};

void annotate(const AnnotateOptions& options) {
  const std::optional<Preprocessing> preprocessing = parse_preprocessing(options.model);
  const std::vector<std::string> labels = parse_labels(options.model.labels);
  if (!options.model.labels.empty() && labels.empty()) {
    throw Error(ErrorCode::kBadArgument, "--labels", "the file holds no class name");
  }
  if (!preprocessing && labels.empty()) {
    throw Error(ErrorCode::kBadArgument, "annotate",
                "nothing to store; give --mean and --std, --labels, or both");
  }
  annotate_onnx(options.model.path, options.out, preprocessing, labels,
                {.max_memory = memory_limit(options.model)});
  if (options.json) {
    fmt::print("{}\n", json_line({{"path", options.out}}));
  } else {
    fmt::print("{}: written\n", options.out);
  }
}

}  // namespace

void declare_annotate(CLI::App& app, const Session&) {
  const auto options = std::make_shared<AnnotateOptions>();
  CLI::App* command =
      app.add_subcommand("annotate", "store preprocessing and class names in a copy of a model");
  add_model_options(*command, options->model);
  command->add_option("-o,--out", options->out, "the file to write; may be the model itself")
      ->required()
      ->type_name("FILE");
  command->add_flag("--json", options->json, "one object: the path that was written");
  command->footer(
      "PyTorch's usual mean and std are in 0..1 units: multiply them by 255.\n"
      "Example: ripple annotate --model net.onnx --out net_annotated.onnx \\\n"
      "           --mean 123.675,116.28,103.53 --std 58.395,57.12,57.375 --labels @labels.txt");
  command->callback([options] { annotate(*options); });
}

}  // namespace ripple
