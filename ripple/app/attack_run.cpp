#include "ripple/app/attack_run.h"

#include <algorithm>
#include <filesystem>
#include <set>

#include <fmt/format.h>

#include "ripple/base/error.h"

namespace ripple {
namespace {

ResultsHeader header_of(const AttackSetting& setting, const AttackOptions& options) {
  ResultsHeader header;
  header.model = std::filesystem::path(setting.model.path).filename().string();
  header.model_sha256 = setting.model.sha256;
  header.preprocessing = *setting.model.preprocessing;
  header.data = setting.dataset.description();
  header.selection = setting.selected.text;
  header.engine = setting.engine.text;
  header.options = options;
  return header;
}

void check_same_images(const std::string& out, const std::vector<AttackResult>& done,
                       const AttackSetting& setting) {
  std::set<std::int64_t> seen;
  for (const AttackResult& result : done) {
    if (!seen.insert(result.index).second) continue;
    const bool is_there = result.index < setting.dataset.size();
    const std::string now = is_there ? setting.images(result.index).name
                                     : fmt::format("none of {}", setting.dataset.size());
    if (is_there && now == result.name) continue;
    throw Error(ErrorCode::kBadArgument, out,
                fmt::format("its image {} was {}, now that is {}; bring the data back as it was, "
                            "or choose another folder",
                            result.index, result.name, now));
  }
}

}  // namespace

AttackRun::AttackRun(const AttackSetting& setting, const AttackOptions& options,
                     const std::string& out, bool resume)
    : setting_(setting), header_(header_of(setting, options)) {
  ResultsFile existing;
  if (!out.empty()) folder_.emplace(out, header_, resume, existing);
  check_same_images(out, existing.results, setting);
  jobs_ =
      make_jobs(setting.selected.indices, options, setting.model.graph.classes(), existing.done());
  results_ = std::move(existing.results);
  // What a stopped run finished out of order stands before what was resumed.
  std::sort(results_.begin(), results_.end(), stands_before);
  for (const AttackResult& result : results_) evaluations_before_ += result.evaluations;
}

void AttackRun::add(const AttackResult& result) {
  if (folder_) folder_->add(result, setting_.images(result.index).image, setting_.names);
  results_.insert(std::upper_bound(results_.begin(), results_.end(), result, stands_before),
                  result);
}

void AttackRun::finish(bool complete) const {
  if (folder_) folder_->finish(results_, complete);
}

}  // namespace ripple
