#include "ripple/app/attack_output.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "ripple/app/terminal.h"
#include "ripple/base/error.h"
#include "ripple/base/file.h"
#include "ripple/image/decode.h"
#include "ripple/image/picture.h"
#include "ripple/image/png.h"
#include "ripple/image/sheet.h"

namespace ripple {
namespace {

constexpr std::size_t kSheetPictures = 12;  // of found.png: what a person looks through
constexpr std::size_t kListedRows = 10;     // successes listed on the screen

std::filesystem::path made_folder(std::filesystem::path folder) {
  for (const char* part : {"images", "pictures"}) make_folder(folder / part);
  return folder;
}

/// A file without a byte is none: its run was killed, or the machine lost power, before its header
/// was on the disk.
bool has_results(const std::filesystem::path& folder) {
  const std::filesystem::path file = folder / "results.jsonl";
  std::error_code ignored;
  const bool is_empty = std::filesystem::is_regular_file(file, ignored) &&
                        std::filesystem::file_size(file, ignored) == 0;
  return std::filesystem::exists(file, ignored) && !is_empty;
}

ResultsWriter opened_writer(const std::filesystem::path& folder, const ResultsHeader& header,
                            bool resume, ResultsFile& existing) {
  const std::filesystem::path file = folder / "results.jsonl";
  if (resume && has_results(folder)) return ResultsWriter::resume(file, header, existing);
  refuse_left_pictures(folder);
  return ResultsWriter::create(file, header);
}

std::string picture_name(const AttackResult& result) {
  return result.target ? fmt::format("{:06}_{}.png", result.index, *result.target)
                       : fmt::format("{:06}.png", result.index);
}

std::string count_text(double value) {
  return std::isnan(value) ? "-" : grouped(std::llround(value));
}

std::string stop_text(const AttackOptions& options) {
  switch (options.stop) {
    case StopRule::kConfidence:
      return options.goal == Goal::kUntargeted
                 ? fmt::format("true class of the best member under {}",
                               percent(options.stop_below))
                 : fmt::format("target class of the best member over {}",
                               percent(options.stop_above));
    case StopRule::kSuccess:
      return "first success";
    case StopRule::kBudget:
      return "none, the whole budget is used";
  }
  return "";
}

void print_found(const std::vector<AttackResult>& results, const ClassNames& names) {
  using enum Table::Align;
  Table table({{"image", kRight},
               {"class"},
               {"becomes"},
               {"confidence", kRight},
               {"changed pixels (column,row)"}});
  std::size_t successes = 0;
  for (const AttackResult& result : results) {
    if (!result.success || ++successes > kListedRows) continue;
    table.add({std::to_string(result.index), names[result.label], names[result.predicted],
               percent(result.confidence_predicted), edits_text(result.edits)});
  }
  if (successes == 0) return;
  fmt::print("\n{}", table.text());
  if (successes > kListedRows)
    fmt::print("... and {} more\n", grouped(static_cast<std::int64_t>(successes - kListedRows)));
}

}  // namespace

void refuse_left_pictures(const std::filesystem::path& folder) {
  if (has_results(folder)) return;
  for (const char* part : {"images", "pictures", "found.png"}) {
    const std::filesystem::path left = folder / part;
    if (!std::filesystem::exists(left) ||
        (std::filesystem::is_directory(left) && std::filesystem::is_empty(left)))
      continue;
    throw Error(ErrorCode::kBadArgument, folder.string(),
                "it holds pictures of another run without its results; delete it or choose another "
                "folder with --out");
  }
}

void with_advice(std::string_view advice, const std::function<void()>& work) {
  try {
    work();
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kIo) throw;
    throw Error(error.code(), error.where(), fmt::format("{}; {}", error.problem(), advice));
  }
}

AttackFolder::AttackFolder(std::filesystem::path folder, const ResultsHeader& header, bool resume,
                           ResultsFile& existing)
    : folder_(made_folder(std::move(folder))),
      writer_(opened_writer(folder_, header, resume, existing)) {}

void AttackFolder::add(const AttackResult& result, const Image& clean, const ClassNames& names) {
  // Pictures first: a line in the results file means that its pictures are there.
  if (result.success) draw(result, clean, names);
  writer_.append(result);
}

bool AttackFolder::lacks_pictures(const AttackResult& result) const {
  const std::string name = picture_name(result);
  return result.success && (!std::filesystem::exists(folder_ / "images" / name) ||
                            !std::filesystem::exists(folder_ / "pictures" / name));
}

void AttackFolder::draw(const AttackResult& result, const Image& clean,
                        const ClassNames& names) const {
  Image adversarial = clean;
  apply_edits(adversarial, result.edits);
  const std::string name = picture_name(result);
  write_png(folder_ / "images" / name, adversarial);
  const Image picture = side_by_side(
      clean, adversarial, result.edits,
      {.clean_caption =
           fmt::format("{} {:.2f}", names.picture_name(result.label), result.confidence_before),
       .adversarial_caption = fmt::format("{} {:.2f}", names.picture_name(result.predicted),
                                          result.confidence_predicted)});
  write_png(folder_ / "pictures" / name, picture);
}

void AttackFolder::finish(const std::vector<AttackResult>& results, bool complete) const {
  // What a stopped run finished out of order stands before what was resumed: put it in its place.
  if (complete) sort_results(folder_ / "results.jsonl");
  std::vector<Image> found;
  for (const AttackResult& result : results) {
    const std::filesystem::path picture = folder_ / "pictures" / picture_name(result);
    if (!result.success) continue;
    found.push_back(load_image(picture));
    if (found.size() == kSheetPictures) break;
  }
  if (!found.empty()) write_png(folder_ / "found.png", contact_sheet(found, 2));
}

std::string edits_text(const std::vector<PixelEdit>& edits) {
  std::vector<std::string> parts;
  for (const PixelEdit& edit : edits) {
    parts.push_back(
        fmt::format("({},{}) to #{:02x}{:02x}{:02x}", edit.x, edit.y, edit.r, edit.g, edit.b));
  }
  return fmt::format("{}", fmt::join(parts, "  "));
}

std::string goal_text(Goal goal, int target, const ClassNames& names) {
  const std::string text(to_string(goal));
  return goal == Goal::kTarget ? fmt::format("{} {}", text, names[target]) : text;
}

std::string rate_line(const Rate& rate) {
  if (rate.trials == 0) return fmt::format("{:>7}   of none", percent(rate.value()));
  return fmt::format("{:>7}   {} of {}, 95 % interval {} to {}", percent(rate.value()),
                     grouped(rate.successes), grouped(rate.trials), percent(rate.interval.low),
                     percent(rate.interval.high));
}

std::string budget_text(const AttackOptions& options) {
  if (options.max_evaluations != 0) {
    return counted(evaluation_budget(options), "evaluation");
  }
  if (options.generations == kMaxGenerations) return "until the search ends";
  return counted(options.generations, "generation");
}

namespace {

/// Assumes that something was attacked.
void print_rates(const AttackSummary& summary) {
  fmt::print("rates are of {}\n", summary.denominator);
  fmt::print("  success         {}   (any evaluated candidate, verified)\n",
             rate_line(summary.success));
  fmt::print("  as published    {}   (the best member at the stop)\n",
             rate_line(summary.published));
  if (summary.targeted)
    fmt::print("  images          {}   (at least one target reached)\n", rate_line(summary.images));
  fmt::print("evaluations an attack\n");
  fmt::print("  all             mean {}, median {}; mean without repeats {}\n",
             count_text(summary.mean_evaluations), count_text(summary.median_evaluations),
             count_text(summary.mean_distinct_evaluations));
  fmt::print("  successes       mean {}, median {}; up to the first flip median {}\n",
             count_text(summary.mean_evaluations_of_successes),
             count_text(summary.median_evaluations_of_successes),
             count_text(summary.median_evaluations_to_success));
  fmt::print("mean confidence\n");
  fmt::print("  true class      {} before, {} after\n", percent(summary.mean_confidence_before),
             percent(summary.mean_confidence_after));
  fmt::print("  wrong class     {} (successes)\n", percent(summary.mean_confidence_predicted));
}

}  // namespace

void print_summary(const ResultsHeader& header, const std::vector<AttackResult>& results,
                   const ClassNames& names, double wall_seconds, std::int64_t evaluations_before) {
  const AttackSummary summary = summarise(results);
  const AttackOptions& options = header.options;
  fmt::print("{} on {}, {} ({}), seed {}\n", to_string(options.method), header.model, header.data,
             header.selection, options.seed);
  fmt::print("{}, goal {}, objective {}, population {}, {}; stop: {}\n\n",
             counted(options.pixels, "pixel"), goal_text(options.goal, options.target, names),
             to_string(options.objective), options.population, budget_text(options),
             stop_text(options));
  if (summary.attempted == 0) {
    fmt::print("no image was attacked\n");
  } else {
    print_rates(summary);
  }
  if (summary.skipped_misclassified + summary.skipped_already_target > 0) {
    fmt::print(
        "skipped           {} misclassified without an attack, {} of the target class already\n",
        grouped(summary.skipped_misclassified), grouped(summary.skipped_already_target));
  }
  if (summary.labels_assumed)
    fmt::print("no label was known: the clean prediction stands for it\n");
  if (summary.disagreements > 0) {
    fmt::print("disagreements     {} whose score and full pass differ about the goal\n",
               counted(summary.disagreements, "candidate"));
  }
  fmt::print("time              {}, {}{}\n", duration(wall_seconds),
             counted(summary.evaluations - evaluations_before, "evaluation"),
             evaluations_before == 0
                 ? ""
                 : fmt::format("; {} in the runs before", grouped(evaluations_before)));
  print_found(results, names);
}

}  // namespace ripple
