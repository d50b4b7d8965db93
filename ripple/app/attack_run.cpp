#include "ripple/app/attack_run.h"

#include <algorithm>
#include <filesystem>

#include <fmt/format.h>

#include "ripple/app/attack_cases.h"
#include "ripple/app/same_data.h"
#include "ripple/app/terminal.h"
#include "ripple/base/error.h"
#include "ripple/search/exhaustive.h"

namespace ripple {
namespace {

constexpr char kGoOn[] = "what is done stays, --resume goes on from there";

ResultsHeader header_of(const AttackSetting& setting, const AttackOptions& options) {
  ResultsHeader header;
  header.model = std::filesystem::path(setting.model.path).filename().string();
  header.model_sha256 = setting.model.sha256;
  header.preprocessing = *setting.model.preprocessing;
  header.data = setting.dataset.description();
  header.selection = setting.selected.text;
  header.engine = setting.engine.text;
  header.simd = setting.engine.simd;
  header.options = options;
  return header;
}

}  // namespace

AttackRun::AttackRun(const AttackSetting& setting, const AttackOptions& options,
                     const std::string& out, bool resume)
    : setting_(setting), header_(header_of(setting, options)) {
  ResultsFile existing;
  if (!out.empty()) folder_.emplace(out, header_, resume, existing);
  if (existing.whole_bytes > 0) {
    check_same_data(out, existing, setting.dataset, setting.images);
    const std::string& begun = existing.header.simd;
    if (!begun.empty() && begun != header_.simd) {
      note(
          fmt::format("{} was begun with {}; {} rounds sums in another way, so that attacks may "
                      "differ from what {} would find",
                      out, begun, header_.simd, begun));
    }
  }
  jobs_ =
      make_jobs(setting.selected.indices, options, setting.model.graph.classes(), existing.done());
  std::vector<const AttackResult*> without_pictures;
  for (const AttackResult& result : existing.results) {
    check_attack(out, options, result, setting.model.graph);
    if (folder_->lacks_pictures(result)) without_pictures.push_back(&result);
  }
  if (!existing.results.empty() && (!jobs_.empty() || !without_pictures.empty())) {
    check_same_answers(out, existing, setting.images, *setting.evaluators());
  }
  ProgressLine progress("pictures");
  for (std::size_t i = 0; i < without_pictures.size(); ++i) {
    if (setting.cancel) {
      throw Error(ErrorCode::kCancelled, "pictures", "stopped; --resume draws those that are left");
    }
    const AttackResult& result = *without_pictures[i];
    folder_->draw(result, setting.images(result.index).image, setting.names);
    progress.show(std::int64_t(i) + 1, std::ssize(without_pictures));
  }
  results_ = std::move(existing.results);
  // What a stopped run finished out of order stands before what was resumed.
  std::sort(results_.begin(), results_.end(), stands_before);
  for (const AttackResult& result : results_) evaluations_before_ += result.evaluations;
}

void AttackRun::add(const AttackResult& result) {
  if (folder_) {
    const Image clean = setting_.images(result.index).image;
    with_advice(kGoOn, [&] { folder_->add(result, clean, setting_.names); });
  }
  results_.insert(std::upper_bound(results_.begin(), results_.end(), result, stands_before),
                  result);
}

void AttackRun::finish(bool complete) const {
  if (folder_) with_advice(kGoOn, [&] { folder_->finish(results_, complete); });
}

void report_corners_only(const AttackOptions& options, const Graph& network) {
  if (options.method != SearchMethod::kPaperFromCorners) return;
  const std::int64_t pixels = std::int64_t{network.width()} * network.height();
  const std::int64_t corners = kColourCorners * pixels;
  // A pixel's corners stay in one batch.
  const std::int64_t pixels_a_batch = options.population / kColourCorners;
  const std::int64_t batches = (pixels + pixels_a_batch - 1) / pixels_a_batch;
  const bool evaluations_end = options.max_evaluations != 0 && options.max_evaluations <= corners;
  if (!evaluations_end && options.generations >= batches) return;
  note(
      fmt::format("paper-from-corners first tries {} corners in {}; {} leave no generation after "
                  "them, give more --generations or --evaluations",
                  grouped(corners), counted(batches, "batch", "batches"), budget_text(options)));
}

}  // namespace ripple
