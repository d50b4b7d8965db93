#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "ripple/analysis/saliency.h"
#include "ripple/app/attention_views.h"
#include "ripple/app/commands.h"
#include "ripple/app/terminal.h"
#include "ripple/base/error.h"
#include "ripple/eval/preprocess.h"
#include "ripple/image/dataset.h"

namespace ripple {
namespace {

struct SaliencyCommandOptions {
  ViewOptions view;
  std::string method = "gradient";
  std::string rule = "plain";
  std::string score = "logit";
  SaliencyOptions saliency;
};

void run_saliency(const SaliencyCommandOptions& given, const Session& session) {
  SaliencyOptions options = given.saliency;
  options.method = parse_saliency_method(given.method);
  options.rule = parse_relu_rule(given.rule);
  options.score = parse_score(given.score);
  check_saliency_options(options);
  const Model model = load_classifier(given.view.model);
  const std::unique_ptr<Dataset> dataset = open_images(given.view.data.specification, model);
  if (options.rule != ReluRule::kPlain && count_rectifiers(model.graph) == 0) {
    note(fmt::format("the network has no Relu, so that {} gradients are the plain ones",
                     given.rule));
  }
  const Tensor black =
      preprocess(make_normalizer(model), make_image(model.graph.width(), model.graph.height()));
  const std::vector<View> views = make_views(given.view, model, *dataset, session);
  if (views.empty()) return;
  const MapMaker make = [&](GradientEvaluator& network, const Tensor& inputs,
                            std::span<const int> classes, std::span<const std::int64_t> indices) {
    std::vector<DrawnMap> drawn;
    for (SaliencyMap& map : saliency(network, inputs, classes, indices, black, options)) {
      drawn.push_back({map.map, {{"path", map.map}, {"signed_path", std::move(map.signed_map)}}});
    }
    return drawn;
  };
  run_views(given.view, "saliency", "input", model, *dataset, views, {}, false, make,
            session.cancel);
}

/// Options that the method would not look at.
void refuse_unused(const CLI::App& command, SaliencyMethod method) {
  const auto refuse = [&](const char* option, const char* methods) {
    if (command.count(option) == 0) return;
    throw Error(ErrorCode::kBadArgument, option,
                fmt::format("goes only with --method {}", methods));
  };
  if (method == SaliencyMethod::kGradient)
    refuse("--samples", "smoothgrad or integrated-gradients");
  if (method == SaliencyMethod::kSmoothGrad) return;
  refuse("--noise", "smoothgrad");
  refuse("--seed", "smoothgrad");
}

}  // namespace

void declare_saliency(CLI::App& app, const Session& session) {
  const auto options = std::make_shared<SaliencyCommandOptions>();
  CLI::App* command = app.add_subcommand(
      "saliency", "where a class's score reacts to the image, clean or with pixels changed");
  add_view_options(*command, options->view);
  command
      ->add_option("--rule", options->rule,
                   "backward pass through every Relu: plain, guided (the paper's) or deconvnet")
      ->capture_default_str()
      ->type_name("NAME");
  command->add_option("--score", options->score, "logit or probability")
      ->capture_default_str()
      ->check(CLI::IsMember({"logit", "probability"}))
      ->type_name("NAME");
  command->add_option("--method", options->method, "gradient, smoothgrad or integrated-gradients")
      ->capture_default_str()
      ->type_name("NAME");
  command
      ->add_option("--samples", options->saliency.samples,
                   "noisy copies of smoothgrad, steps of integrated-gradients")
      ->capture_default_str();
  command
      ->add_option("--noise", options->saliency.noise,
                   "of smoothgrad, as a share of the input's range")
      ->capture_default_str();
  add_seed_option(*command, options->saliency.seed, "of the noise");
  command->footer(
      "Writes INDEX_clean_CLASS.npy [H, W], the largest absolute derivative over the channels, "
      "and\n"
      "INDEX_clean_CLASS_signed.npy [3, H, W]; edited images likewise. Guided and deconvnet maps\n"
      "hardly depend on what the network has learned (Adebayo et al. 2018): look at plain ones "
      "too.\n"
      "Example: ripple saliency --model models/shapes/lenet.onnx --data shapes:100:2 --range 0:4 "
      "\\\n"
      "           --edit 16,16,255,255,0 --rule guided --out out/saliency");
  command->callback([options, command, &session] {
    refuse_unused(*command, parse_saliency_method(options->method));
    run_saliency(*options, session);
  });
}

}  // namespace ripple
