#include <filesystem>
#include <map>
#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "ripple/app/attack_cases.h"
#include "ripple/app/commands.h"
#include "ripple/app/options.h"
#include "ripple/app/pairs_figures.h"
#include "ripple/app/pairs_json.h"
#include "ripple/app/pairs_output.h"
#include "ripple/app/terminal.h"
#include "ripple/base/error.h"
#include "ripple/base/file.h"
#include "ripple/base/json_line.h"

namespace ripple {
namespace {

struct PairsOptions {
  ModelOptions model;
  std::vector<std::string> from;
  std::string out;
  bool no_figures = false;
  bool json = false;
};

PairSource analysed(ModelResults results, const Graph& graph) {
  PairSource source;
  source.name = source_name(results.file.header.options);
  source.complete = results.complete;
  source.path = std::move(results.path);
  source.header = std::move(results.file.header);
  source.setting = {source.header.options.goal, source.header.options.objective, graph.classes(),
                    graph.width(), graph.height()};
  source.pairs = class_pairs(results.file.results, source.setting);
  return source;
}

/// All that hold attacks; says on stderr what is not whole. `model` gets the preprocessing of the
/// first where it has none: the others must have the same.
std::vector<PairSource> read_sources(const PairsOptions& given, Model& model) {
  std::vector<PairSource> sources;
  std::map<std::string, std::filesystem::path> named;
  for (const std::string& from : given.from) {
    PairSource source = analysed(read_model_results(from, model), model.graph);
    if (!model.preprocessing) model.preprocessing = source.header.preprocessing;
    const auto [other, is_new] = named.emplace(source.name, source.path);
    if (!is_new) {
      throw Error(ErrorCode::kBadArgument, "--from",
                  fmt::format("{} and {} are both {}; look at one of them at a time",
                              other->second.string(), source.path.string(), source.name));
    }
    if (!sources.empty() && sources.front().header.data != source.header.data) {
      note(fmt::format("{} is on {}, {} on {}: are these the same images?", source.path.string(),
                       source.header.data, sources.front().path.string(),
                       sources.front().header.data));
    }
    if (source.pairs.summary.attempted > 0) {
      sources.push_back(std::move(source));
      continue;
    }
    note(
        fmt::format("{} holds no attack ({} images misclassified, {} of the target class "
                    "already): left out",
                    source.path.string(), source.pairs.summary.skipped_misclassified,
                    source.pairs.summary.skipped_already_target));
  }
  return sources;
}

/// pairs.json: the network, its class names, and of each source the lines of pair_lines by kind.
std::string pairs_file(const std::vector<PairSource>& sources, const Model& model,
                       const ClassNames& names) {
  nlohmann::ordered_json out{{"model", std::filesystem::path(model.path).filename().string()},
                             {"model_sha256", model.sha256},
                             {"width", model.graph.width()},
                             {"height", model.graph.height()}};
  for (int c = 0; c < model.graph.classes(); ++c) out["classes"].push_back(names[c]);
  for (const PairSource& source : sources) {
    nlohmann::ordered_json kinds{{"source", source.name}, {"from", source.path.string()}};
    for (nlohmann::ordered_json line : pair_lines(source, names)) {
      const std::string kind = line["kind"];
      for (const char* key : {"source", "from", "kind"}) line.erase(key);
      kinds[kind] = std::move(line);
    }
    out["sources"].push_back(std::move(kinds));
  }
  return json_line(out) + "\n";
}

void run_pairs(const PairsOptions& given, const Session& session) {
  Model model = load_model(given.model);
  const ClassNames names(model, nullptr);
  const std::vector<PairSource> sources = read_sources(given, model);
  if (sources.empty()) {
    session.failed = true;
    return;
  }
  const std::filesystem::path folder = given.out;
  if (!given.out.empty()) {
    make_folder(folder);
    check_writable(folder / "pairs.json");
  }
  if (given.json) {
    for (const PairSource& source : sources) {
      for (const auto& line : pair_lines(source, names)) fmt::print("{}\n", json_line(line));
    }
  } else {
    fmt::print("{}", pair_tables(sources, names));
  }
  if (given.out.empty()) return;
  flush_output();
  write_file(folder / "pairs.json", pairs_file(sources, model, names));
  std::vector<std::string> written{"pairs.json"};
  if (!given.no_figures) {
    for (const std::string& stem : draw_pairs(folder, sources, names, session.cancel))
      written.push_back(stem + ".png");
  }
  if (given.json) return;
  fmt::print("\nwritten to {}:\n  {}\n", folder.string(), fmt::join(written, "\n  "));
}

}  // namespace

void declare_pairs(CLI::App& app, const Session& session) {
  const auto options = std::make_shared<PairsOptions>();
  CLI::App* command = app.add_subcommand(
      "pairs", "which class becomes which: success by pair of classes, reach, fitness, places");
  add_model_options(*command, options->model);
  command
      ->add_option("--from", options->from,
                   "what `attack --out` wrote on this network, folders or files: one for each "
                   "number of pixels and goal")
      ->required()
      ->type_name("PATH...");
  command->add_option("-o,--out", options->out, "folder for pairs.json and the figures")
      ->type_name("DIR");
  command->add_flag("--no-figures", options->no_figures, "numbers only; needs no gnuplot");
  command->add_flag("--json", options->json, "one object a kind and source");
  command->footer(
      "Source: Su, Vargas & Sakurai, One pixel attack for fooling deep neural networks. No image "
      "is\n"
      "opened. Intervals count images: the nine targets of one image are not nine images.\n"
      "Example: ripple attack --model models/shapes/lenet.onnx --data shapes:2000:2 --correct 50 "
      "\\\n"
      "           --target all --out out/targeted\n"
      "         ripple pairs --model models/shapes/lenet.onnx --from out/targeted --out out/pairs");
  command->callback([options, &session] { run_pairs(*options, session); });
}

}  // namespace ripple
