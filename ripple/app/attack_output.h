#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ripple/app/options.h"
#include "ripple/attack/result.h"
#include "ripple/attack/results_file.h"
#include "ripple/attack/summary.h"

namespace ripple {

/// The folder that `attack --out` fills, and for each of its searches `bench --searches --out`:
///   results.jsonl          a header line, then one line an attack (see attack/results_file.h)
///   images/INDEX.png       the adversarial image of each success, 8-bit, in the network's size
///   pictures/INDEX.png     clean and adversarial image side by side, enlarged, changed pixels
///                          ringed
///   found.png              the first successes, an overview
/// With a target class T, INDEX is followed by "_T".
class AttackFolder {
 public:
  /// Makes the folder and its results file, or with `resume` continues one of the same
  /// configuration, whose results `existing` receives; an empty file holds nothing to continue.
  /// Errors: kIo, kBadArgument, kBadData as ResultsWriter; those of refuse_left_pictures().
  AttackFolder(std::filesystem::path folder, const ResultsHeader& header, bool resume,
               ResultsFile& existing);

  /// Writes the result's line and, of a success, its pictures. `clean` is the attacked image.
  void add(const AttackResult& result, const Image& clean, const ClassNames& names);

  /// Whether a success lacks one of its pictures, as where results.jsonl alone was carried to
  /// another machine; draw() makes them.
  bool lacks_pictures(const AttackResult& result) const;
  void draw(const AttackResult& result, const Image& clean, const ClassNames& names) const;

  /// Writes found.png from the pictures of the first successes, nothing where there is none; of a
  /// complete run it also puts the lines of results.jsonl in order, which resuming may have left.
  void finish(const std::vector<AttackResult>& results, bool complete) const;

 private:
  std::filesystem::path folder_;
  ResultsWriter writer_;
};

/// The pictures of a run whose results.jsonl is gone, or empty because the machine lost power,
/// would stay among those of the next. Errors: kBadArgument where `folder` has such.
void refuse_left_pictures(const std::filesystem::path& folder);

/// Does `work`, which writes into the folder of a run. Where that fails, as on a full disk, the
/// error (kIo) ends with `advice`: what to do when there is room again.
void with_advice(std::string_view advice, const std::function<void()>& work);

/// "(3,17) to #ff0080", one for each edit.
std::string edits_text(const std::vector<PixelEdit>& edits);

/// "  62.0 %   186 of 300, 95 % interval 56.4 % to 67.3 %"; of no trials "      -   of none"
std::string rate_line(const Rate& rate);

/// "untargeted", "target ship".
std::string goal_text(Goal goal, int target, const ClassNames& names);

/// "100 generations", or where evaluations are limited too "40,400 evaluations": whichever ends an
/// attack.
std::string budget_text(const AttackOptions& options);

/// What a person reads when the attacks are done: what was run, the rates with their denominator in
/// words, evaluations, confidences, and the first successes. `evaluations_before` of the results'
/// evaluations belong to the runs that were resumed, `wall_seconds` only to this one.
void print_summary(const ResultsHeader& header, const std::vector<AttackResult>& results,
                   const ClassNames& names, double wall_seconds, std::int64_t evaluations_before);

}  // namespace ripple
