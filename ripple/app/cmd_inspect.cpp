#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "ripple/app/commands.h"
#include "ripple/app/options.h"
#include "ripple/app/terminal.h"
#include "ripple/base/json_line.h"
#include "ripple/eval/delta/delta.h"

namespace ripple {
namespace {

struct InspectOptions {
  ModelOptions model;
  bool json = false;
};

std::string field_text(const ReceptiveField& field) {
  return fmt::format("{}x{}{}", field.size[0], field.size[1], field.global ? " (all)" : "");
}

void print_json(const Model& model, const std::string& engine) {
  const std::vector<ReceptiveField> fields = receptive_fields(model.graph);
  for (const Node& node : model.graph.nodes) {
    const ReceptiveField& field = fields[static_cast<std::size_t>(node.output)];
    nlohmann::ordered_json line;
    line["name"] = node.name;
    line["op"] = op_name(node.op);
    line["shape"] = model.graph.shape(node.output);
    line["parameters"] = parameter_count(node.op);
    line["macs"] = multiply_adds(model.graph, node);
    line["receptive_field"] = field.size;
    line["receptive_field_jump"] = field.jump;
    line["receptive_field_global"] = field.global;
    line["engine"] = engine;
    fmt::print("{}\n", json_line(line));
  }
}

std::string output_text(const Graph& graph) {
  if (graph.ends_in_softmax) return "probabilities (a Softmax follows the logits)";
  return score_caution(graph) ? "scores that are no logits (see the note)" : "logits";
}

/// What the engine needs and, where it is not delta, why.
std::string engine_text(const Model& model, const ChosenEngine& chosen) {
  if (chosen.engine != Engine::kDelta)
    return fmt::format("{} (delta cannot: {})", chosen.text, chosen.fallback);
  Model fed = model;  // memory does not depend on the preprocessing, which the file may lack
  if (!fed.preprocessing) fed.preprocessing = Preprocessing{{0, 0, 0}, {1, 1, 1}};
  const std::unique_ptr<DeltaEvaluator> evaluator = make_delta_evaluator(fed);
  evaluator->refresh(make_image(fed.graph.width(), fed.graph.height()));
  const auto bytes = [](std::size_t count) { return grouped(static_cast<std::int64_t>(count)); };
  return fmt::format("delta ({}): {} bytes a thread; shared {} of weights, {} an image",
                     evaluator->target(), bytes(evaluator->thread_bytes()),
                     bytes(evaluator->plan_bytes()), bytes(evaluator->base_bytes()));
}

void print_header(const Model& model, const ChosenEngine& chosen) {
  const Graph& graph = model.graph;
  std::int64_t parameters = 0;
  std::int64_t macs = 0;
  for (const Node& node : graph.nodes) {
    parameters += parameter_count(node.op);
    macs += multiply_adds(graph, node);
  }
  fmt::print("{}\n", model.path);
  fmt::print("  sha256         {}\n", model.sha256);
  fmt::print("  input          {} (channels x rows x columns)\n",
             to_string(graph.shape(graph.input)));
  if (model.preprocessing) {
    fmt::print("  preprocessing  (value - mean) / std, mean {:.6g}, std {:.6g}, in 0..255 units\n",
               fmt::join(model.preprocessing->mean, " "), fmt::join(model.preprocessing->std, " "));
  } else {
    fmt::print(
        "  preprocessing  none stored: give --mean and --std, or store them with `ripple "
        "annotate`\n");
  }
  fmt::print("  output         {} classes, {}\n", graph.classes(), output_text(graph));
  fmt::print("  labels         {}\n",
             model.labels.empty() ? "none stored" : class_list(model.labels));
  fmt::print("  parameters     {}\n", grouped(parameters));
  fmt::print("  multiply-adds  {} an image\n", grouped(macs));
  fmt::print("  engine         {}\n\n", engine_text(model, chosen));
}

void print_layers(const Model& model, const std::string& engine) {
  using enum Table::Align;
  Table table({{"layer"},
               {"operator"},
               {"output", kRight},
               {"parameters", kRight},
               {"multiply-adds", kRight},
               {"receptive field", kRight},
               {"engine"}});
  const std::vector<ReceptiveField> fields = receptive_fields(model.graph);
  for (const Node& node : model.graph.nodes) {
    const std::int64_t macs = multiply_adds(model.graph, node);
    const std::int64_t parameters = parameter_count(node.op);
    table.add({node.name, std::string(op_name(node.op)), to_string(model.graph.shape(node.output)),
               parameters == 0 ? "" : grouped(parameters), macs == 0 ? "" : grouped(macs),
               field_text(fields[static_cast<std::size_t>(node.output)]), engine});
  }
  fmt::print("{}", table.text());
}

}  // namespace

void declare_inspect(CLI::App& app, const Session&) {
  const auto options = std::make_shared<InspectOptions>();
  CLI::App* command =
      app.add_subcommand("inspect", "layers, shapes, multiply-adds, receptive fields");
  add_model_options(*command, options->model);
  command->add_flag("--json", options->json, "one object a layer");
  command->footer("Example: ripple inspect --model models/shapes/lenet.onnx");
  command->callback([options] {
    const Model model = load_model(options->model);
    const ChosenEngine chosen = choose_engine({}, model.graph);
    const std::string engine(to_string(chosen.engine));
    if (const auto caution = score_caution(model.graph)) {
      note(fmt::format("{}: {}", model.path, *caution));
    }
    if (options->json) {
      print_json(model, engine);
      return;
    }
    print_header(model, chosen);
    print_layers(model, engine);
  });
}

}  // namespace ripple
