#include "ripple/app/attack_cases.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <string_view>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "ripple/app/options.h"
#include "ripple/app/same_data.h"
#include "ripple/app/terminal.h"
#include "ripple/attack/judge.h"
#include "ripple/attack/selection.h"
#include "ripple/base/error.h"
#include "ripple/eval/scores.h"

namespace ripple {
namespace {

[[noreturn]] void refuse(const std::filesystem::path& path, const std::string& problem) {
  throw Error(ErrorCode::kBadArgument, path.string(), problem);
}

void check_model(const ModelResults& results, const Model& model) {
  const ResultsHeader& header = results.file.header;
  if (header.model_sha256 != model.sha256) {
    refuse(results.path,
           fmt::format("its attacks are on another network ({}, sha256 {}...), --model {} has "
                       "sha256 {}...; give the network that was attacked",
                       header.model, header.model_sha256.substr(0, 12), model.path,
                       model.sha256.substr(0, 12)));
  }
  if (!model.preprocessing) return;
  const Preprocessing& now = *model.preprocessing;
  if (header.preprocessing.mean == now.mean && header.preprocessing.std == now.std) return;
  refuse(results.path,
         fmt::format("its attacks ran with --mean {:.6g} --std {:.6g}, now it is --mean "
                     "{:.6g} --std {:.6g}; give the same",
                     fmt::join(header.preprocessing.mean, ","),
                     fmt::join(header.preprocessing.std, ","), fmt::join(now.mean, ","),
                     fmt::join(now.std, ",")));
}

/// What is wrong with a line, by its header's options and by itself; empty: nothing.
std::string contradiction(const AttackResult& result, const AttackOptions& options) {
  const bool targeted = options.goal != Goal::kUntargeted;
  const bool reached = Aim{result.label, result.target}.reached_by(result.predicted);
  if (targeted != result.target.has_value() || result.target == result.label ||
      (options.goal == Goal::kTarget && result.target != options.target) ||
      (result.success && !reached)) {
    return fmt::format("contradicts the goal '{}' or itself", to_string(options.goal));
  }
  if (result.success != result.evaluations_to_success.has_value() ||
      (result.success && result.edits.empty()) || (result.success_as_published && !result.success))
    return "is a success and is none";
  const std::size_t most = std::max(result.edits.size(), result.best_edits.size());
  if (most > static_cast<std::size_t>(options.pixels))
    return fmt::format("changes {} pixels, the header says {}", most, options.pixels);
  if (result.generations > options.generations || result.evaluations > evaluation_budget(options)) {
    return fmt::format("took {} generations and {} evaluations, the header allows {} and {}",
                       result.generations, result.evaluations, options.generations,
                       evaluation_budget(options));
  }
  return "";
}

}  // namespace

void check_attack(const std::filesystem::path& path, const AttackOptions& options,
                  const AttackResult& result, const Graph& graph) {
  if (result.skipped != SkipReason::kNone) return;
  const int classes = graph.classes();
  if (result.label >= classes || result.predicted >= classes ||
      result.target.value_or(0) >= classes) {
    refuse(path, fmt::format("image {} has a class that the network lacks; the file is damaged",
                             result.index));
  }
  const std::string wrong = contradiction(result, options);
  if (!wrong.empty()) {
    refuse(path,
           fmt::format("image {} {}; the file is damaged or of two runs", result.index, wrong));
  }
  std::vector<PixelEdit> edits = result.edits;
  edits.insert(edits.end(), result.best_edits.begin(), result.best_edits.end());
  for (const PixelEdit& edit : edits) {
    if (edit.x >= 0 && edit.y >= 0 && edit.x < graph.width() && edit.y < graph.height()) continue;
    refuse(path, fmt::format("image {} has an edit at column {}, row {}, outside the {}x{} image; "
                             "the file is damaged",
                             result.index, edit.x, edit.y, graph.width(), graph.height()));
  }
}

std::string shortfall(const ResultsFile& file, int classes) {
  const std::optional<SelectedCount> wanted = parse_selection(file.header.selection);
  std::map<std::int64_t, int> attacked;  // image, its attacks
  std::set<std::int64_t> seen;           // of those that the selection counts
  for (const AttackResult& result : file.results) {
    if (result.skipped == SkipReason::kNone) ++attacked[result.index];
    const bool is_wrong = result.skipped == SkipReason::kMisclassified;
    if (!is_wrong || !wanted || !wanted->correct) seen.insert(result.index);
  }
  std::vector<std::string> lacks;
  const auto there = static_cast<std::int64_t>(seen.size());
  if (wanted && there < wanted->images)
    lacks.push_back(fmt::format("holds {} of {}", there, counted(wanted->images, "image")));
  if (file.header.options.goal == Goal::kAllTargets) {
    const auto partly = std::count_if(attacked.begin(), attacked.end(), [&](const auto& image) {
      return image.second < classes - 1;
    });
    if (partly > 0) lacks.push_back(fmt::format("lacks targets of {} of its images", partly));
  }
  if (file.cut) lacks.emplace_back("ends in the middle of a line");
  if (lacks.empty()) return "";
  return fmt::format("{}: its run goes on or was stopped{}", fmt::join(lacks, " and "),
                     wanted && wanted->correct ? ", or the data has no more of them" : "");
}

std::int64_t AttackCases::successes() const {
  return std::count_if(cases.begin(), cases.end(), [](const AttackCase& c) { return c.success; });
}

std::string AttackCases::skipped_text() const {
  // At several targets an image that the network gets wrong has a line for each.
  std::set<std::int64_t> misclassified, already_target;
  for (const AttackResult& result : skipped) {
    (result.skipped == SkipReason::kMisclassified ? misclassified : already_target)
        .insert(result.index);
  }
  if (skipped.empty()) return "no image was skipped";
  std::string text = counted(std::ssize(misclassified), "image") + " misclassified";
  if (!already_target.empty()) {
    text += fmt::format(", {} of the target class already", already_target.size());
  }
  return text;
}

const AttackCase& AttackCases::at(std::int64_t index) const {
  const auto found = std::find_if(cases.begin(), cases.end(),
                                  [&](const AttackCase& c) { return c.index == index; });
  if (found != cases.end()) return *found;
  for (const AttackResult& result : skipped) {
    if (result.index != index) continue;
    throw Error(ErrorCode::kBadArgument, "--index",
                fmt::format("image {} was not attacked ({}), so that there is nothing to follow; "
                            "give an attacked one, or --edit instead of --from",
                            index, to_string(result.skipped)));
  }
  throw Error(ErrorCode::kBadArgument, "--index",
              fmt::format("image {} is not in {}", index, path.string()));
}

ModelResults read_model_results(const std::filesystem::path& from, const Model& model) {
  std::error_code error;
  ModelResults results;
  results.path = std::filesystem::is_directory(from, error) ? from / "results.jsonl" : from;
  results.file = read_results(results.path);
  check_model(results, model);
  for (const AttackResult& result : results.file.results) {
    check_attack(results.path, results.file.header.options, result, model.graph);
  }
  const std::string lacks = shortfall(results.file, model.graph.classes());
  results.complete = lacks.empty();
  if (!results.complete) note(fmt::format("{} {}", results.path.string(), lacks));
  return results;
}

AttackCases read_attack_cases(const std::filesystem::path& from, const Model& model,
                              const Dataset& dataset) {
  require_preprocessing(model);
  ModelResults results = read_model_results(from, model);
  check_same_data(results.path, results.file, dataset, fitted_images(dataset, model));
  AttackCases cases;
  cases.path = std::move(results.path);
  cases.header = std::move(results.file.header);
  std::map<std::int64_t, std::size_t> places;  // of an image in cases.cases
  std::size_t attacks = 0;
  for (AttackResult& result : results.file.results) {
    if (result.skipped != SkipReason::kNone) {
      cases.skipped.push_back(std::move(result));
      continue;
    }
    ++attacks;
    AttackCase attack{result.index,
                      result.label,
                      result.target,
                      std::move(result.edits),
                      result.success,
                      result.predicted,
                      result.confidence_predicted};
    const auto [place, is_new] = places.try_emplace(attack.index, cases.cases.size());
    if (is_new) {
      cases.cases.push_back(std::move(attack));
    } else if (AttackCase& kept = cases.cases[place->second]; attack.success && !kept.success) {
      kept = std::move(attack);
    }
  }
  if (attacks > cases.cases.size()) {
    note(fmt::format(
        "{}: of {} attacks on {}, at several targets, one an image is followed: the first success, "
        "else the first",
        cases.path.string(), grouped(std::int64_t(attacks)),
        counted(std::ssize(cases.cases), "image")));
  }
  return cases;
}

void check_answer(const std::filesystem::path& results, const AttackCase& attack,
                  double probability) {
  if (std::abs(probability - attack.confidence_predicted) <= 0.01) return;
  throw Error(
      ErrorCode::kBadData, results.string(),
      fmt::format("image {} with its edits gives class {} a probability of {:.3f}, in the "
                  "file it is {:.3f}; are these the images that were attacked?",
                  attack.index, attack.predicted, probability, attack.confidence_predicted));
}

void check_answer(const std::filesystem::path& results, const AttackCase& attack,
                  const Image& clean, Evaluator& evaluator) {
  Image edited = clean;
  apply_edits(edited, attack.edits);
  std::vector<float> logits(static_cast<std::size_t>(evaluator.classes()));
  evaluator.logits_of(edited, logits);
  check_answer(results, attack, softmax(logits)[static_cast<std::size_t>(attack.predicted)]);
}

bool has_success(const AttackCases& cases, const Session& session) {
  if (cases.successes() > 0) return true;
  note(fmt::format("{} holds no successful attack ({} failed; {}): nothing to show",
                   cases.path.string(), cases.cases.size(), cases.skipped_text()));
  session.failed = true;
  return false;
}

}  // namespace ripple
