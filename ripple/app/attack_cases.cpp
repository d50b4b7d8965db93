#include "ripple/app/attack_cases.h"

#include <algorithm>
#include <string_view>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "ripple/app/options.h"
#include "ripple/base/error.h"

namespace ripple {
namespace {

[[noreturn]] void refuse(const std::filesystem::path& path, const std::string& problem) {
  throw Error(ErrorCode::kBadArgument, path.string(), problem);
}

/// A data description taken apart: "cifar10:DIR:train" -> cifar10, DIR, train.
struct DataParts {
  std::string kind, place, split;
};

DataParts parts_of(const std::string& description) {
  const std::size_t colon = description.find(':');
  if (colon == std::string::npos) return {description, "", ""};
  DataParts parts{description.substr(0, colon), description.substr(colon + 1), ""};
  if (parts.kind == "cifar10" && parts.place.ends_with(":train")) {
    parts.split = "train";
    parts.place.resize(parts.place.size() - 6);
  }
  return parts;
}

/// Whether both name the same place, however they spell it.
bool same_place(const std::string& a, const std::string& b) {
  std::error_code error;
  return a == b || std::filesystem::equivalent(a, b, error);
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

/// What the analyses count on.
void check_attack(const ModelResults& results, const AttackResult& result, const Graph& graph) {
  const int classes = graph.classes();
  if (result.label >= classes || result.predicted >= classes ||
      result.target.value_or(0) >= classes) {
    refuse(results.path,
           fmt::format("image {} has a class that the network lacks; the file is damaged",
                       result.index));
  }
  const bool targeted = results.file.header.options.goal != Goal::kUntargeted;
  const bool reached =
      targeted ? result.predicted == result.target : result.predicted != result.label;
  if (targeted != result.target.has_value() || result.target == result.label ||
      (result.success && !reached)) {
    refuse(results.path,
           fmt::format("image {} contradicts the goal '{}' or itself; the file is damaged",
                       result.index, to_string(results.file.header.options.goal)));
  }
  check_edits(result.edits, graph.width(), graph.height());
}

void check_data(const ModelResults& results, const Model& model, const Dataset& dataset) {
  const std::string& data = results.file.header.data;
  const auto differs = [&](const std::string& how) {
    refuse(results.path, fmt::format("its attacks are on {}, --data opened {}{}; give the data "
                                     "that was attacked",
                                     data, dataset.description(), how));
  };
  for (const AttackResult& result : results.file.results) {
    if (result.index >= dataset.size())
      differs(fmt::format(", which has no image {}", result.index));
  }
  if (data == dataset.description()) return;
  const DataParts then = parts_of(data);
  const DataParts now = parts_of(dataset.description());
  if (then.kind != now.kind || then.split != now.split || then.kind == "shapes") differs("");
  if (same_place(then.place, now.place)) return;
  const ImageSource images = fitted_images(dataset, model);
  for (const AttackResult& result : results.file.results) {
    const Sample sample = images(result.index);
    if (sample.name != result.name || (!result.label_assumed && sample.label != result.label))
      differs(fmt::format(", whose image {} is another", result.index));
  }
}

}  // namespace

std::int64_t AttackCases::successes() const {
  return std::count_if(cases.begin(), cases.end(), [](const AttackCase& c) { return c.success; });
}

const AttackCase& AttackCases::at(std::int64_t index) const {
  const AttackCase* found = nullptr;
  for (const AttackCase& candidate : cases) {
    if (candidate.index != index) continue;
    if (candidate.success) return candidate;
    if (found == nullptr) found = &candidate;
  }
  if (found != nullptr) return *found;
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
    if (result.skipped == SkipReason::kNone) check_attack(results, result, model.graph);
  }
  return results;
}

AttackCases read_attack_cases(const std::filesystem::path& from, const Model& model,
                              const Dataset& dataset) {
  require_preprocessing(model);
  ModelResults results = read_model_results(from, model);
  check_data(results, model, dataset);
  AttackCases cases;
  cases.path = std::move(results.path);
  cases.header = std::move(results.file.header);
  cases.cut = results.file.cut;
  for (AttackResult& result : results.file.results) {
    if (result.skipped != SkipReason::kNone) {
      cases.skipped.push_back(std::move(result));
      continue;
    }
    cases.cases.push_back({result.index, result.label, result.target, std::move(result.edits),
                           result.success, result.predicted, result.confidence_before,
                           result.confidence_predicted});
  }
  return cases;
}

bool has_success(const AttackCases& cases, const Session& session) {
  if (cases.successes() > 0) return true;
  fmt::print(stderr,
             "ripple: {} holds no successful attack ({} failed, {} skipped): nothing to show\n",
             cases.path.string(), cases.cases.size(), cases.skipped.size());
  session.failed = true;
  return false;
}

}  // namespace ripple
