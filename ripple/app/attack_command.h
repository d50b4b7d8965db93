#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ripple/app/options.h"
#include "ripple/attack/options.h"
#include "ripple/base/parallel.h"

namespace ripple {

/// What a person wrote after `ripple attack`. What is absent has a default of its method.
struct AttackCommandOptions {
  ModelOptions model;
  DataOptions data;
  EngineOptions engine;
  std::int64_t correct = 0;
  std::string method = "paper";
  // Pixel attacks.
  std::optional<int> pixels;
  std::optional<int> population;
  std::optional<int> generations;
  std::optional<std::int64_t> evaluations;
  std::optional<std::string> objective;
  std::optional<std::string> stop;
  std::optional<double> stop_below;
  std::optional<double> stop_above;
  bool no_repeat_table = false;
  bool resume = false;
  // Gradient attacks.
  std::optional<std::string> norm;
  std::optional<double> eps;
  std::optional<double> step;
  std::optional<int> iterations;
  std::optional<int> restarts;
  bool random_start = false;
  // All.
  std::string target = "none";
  std::uint64_t seed = 1;
  std::string out;
  bool json = false;
};

/// The goal that --target asks for, and the class of Goal::kTarget, else -1. Errors: those of
/// ClassNames::find().
std::pair<Goal, int> parse_target(const std::string& text, const ClassNames& names);

/// The images that are attacked, and the words for them in result headers.
struct SelectedImages {
  std::vector<std::int64_t> indices;
  std::string text;
};

/// --range and --correct (0: all). Says on stderr where there are fewer than --correct asks for.
/// Errors: those of parse_range() and select_correct(); kBadData where none is classified
/// correctly.
SelectedImages select_images(const DataOptions& data, std::int64_t correct, const Dataset& dataset,
                             const ImageSource& images, const EvaluatorFactory& factory,
                             int threads, const CancelFlag& cancel);

/// Whether --method names an attack by gradients: pgd, pgd-toolbox, fgsm.
bool is_gradient_method(const std::string& name);

/// `ripple attack` with such a method. Its --out holds results.jsonl, a header line and a line an
/// attack of "ripple gradient attack results", images/INDEX.png, the adversarial image of each
/// success, and found.png. Errors: kBadArgument for options that belong to pixel attacks.
void run_gradient_attack(const AttackCommandOptions& given, const CancelFlag& cancel);

}  // namespace ripple
