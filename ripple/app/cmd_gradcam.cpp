#include <memory>

#include <CLI/CLI.hpp>

#include "ripple/analysis/grad_cam.h"
#include "ripple/app/attention_views.h"
#include "ripple/app/commands.h"
#include "ripple/image/dataset.h"

namespace ripple {
namespace {

struct GradCamOptions {
  ViewOptions view;
  std::string layer;
  std::string formula = "selvaraju";
  std::string score = "logit";
  bool positive = false;
};

void run_grad_cam(const GradCamOptions& given, const Session& session) {
  const GradCamFormula formula = parse_grad_cam_formula(given.formula);
  const Score score = parse_score(given.score);
  const Model model = load_classifier(given.view.model);
  const Node& node = find_convolution(model.graph, given.layer);
  const std::unique_ptr<Dataset> dataset = open_images(given.view.data.specification, model);
  const std::vector<View> views = make_views(given.view, model, *dataset, session);
  if (views.empty()) return;
  const MapMaker make = [&](GradientEvaluator& network, const Tensor& inputs,
                            std::span<const int> classes, std::span<const std::int64_t>) {
    const Gradients gradients = network.run(inputs, classes, {.score = score, .by_input = false});
    std::vector<DrawnMap> drawn;
    for (std::size_t i = 0; i < classes.size(); ++i) {
      const Tensor map = grad_cam(gradients, 0, i, formula);
      const Tensor shown = given.positive ? positive_part(map) : map;
      drawn.push_back(
          {upsample(shown, model.graph.height(), model.graph.width()), {{"path", map}}});
    }
    return drawn;
  };
  run_views(given.view, "gradcam", node.name, model, *dataset, views, {node.output},
            !given.positive, make, session.cancel);
}

}  // namespace

void declare_gradcam(CLI::App& app, const Session& session) {
  const auto options = std::make_shared<GradCamOptions>();
  CLI::App* command = app.add_subcommand(
      "gradcam", "where a convolution finds a class, in an image clean or with pixels changed");
  add_view_options(*command, options->view);
  command->add_option("--layer", options->layer, "the convolution; the last one by default")
      ->type_name("NAME");
  command
      ->add_option("--formula", options->formula,
                   "selvaraju (channels weighted by the mean of their gradient) or kotyan-vargas "
                   "(positions weighted by the mean over channels)")
      ->capture_default_str()
      ->type_name("NAME");
  command->add_option("--score", options->score, "logit or probability")
      ->capture_default_str()
      ->check(CLI::IsMember({"logit", "probability"}))
      ->type_name("NAME");
  command->add_flag("--positive", options->positive,
                    "the figure shows the positive part only, as is usual; files keep all signs");
  command->footer(
      "Writes INDEX_clean_CLASS.npy [h, w], the signed map on the layer's own grid; edited images\n"
      "likewise. The figure enlarges it by bilinear interpolation.\n"
      "Example: ripple gradcam --model models/shapes/lenet.onnx --data shapes:100:2 --range 0:4 "
      "\\\n"
      "           --edit 16,16,255,255,0 --class true --out out/gradcam");
  command->callback([options, &session] { run_grad_cam(*options, session); });
}

}  // namespace ripple
