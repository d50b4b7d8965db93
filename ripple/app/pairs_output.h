#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "ripple/analysis/class_pairs.h"
#include "ripple/app/options.h"
#include "ripple/attack/results_file.h"

namespace ripple {

// What `ripple pairs` prints for people.

/// The attacks of one results file, analysed.
struct PairSource {
  std::string name;            ///< see source_name
  std::filesystem::path path;  ///< of results.jsonl
  ResultsHeader header;
  bool complete = true;  ///< nothing of its selection is missing, see shortfall()
  PairSetting setting;
  ClassPairs pairs;
};

inline bool is_targeted(const PairSource& source) {
  return source.setting.goal != Goal::kUntargeted;
}

/// Pixels and goal, as file names have it: "1px-untargeted", "3px-targeted" (every class),
/// "1px-target-4", "5px-least-likely".
std::string source_name(const AttackOptions& options);

/// Names of at most `length` characters for narrow columns; where some would be alike, the numbers
/// of the classes instead.
std::vector<std::string> short_class_names(const ClassNames& names, int classes,
                                           std::size_t length);

/// What a person reads: all kinds in that order, within 80 columns for ten classes.
std::string pair_tables(const std::vector<PairSource>& sources, const ClassNames& names);

/// Attacks on a class for each other one: "90", or "88-90" where an interrupted run tried some
/// targets more often.
std::string row_attacks(const PairMatrix& matrix, int original);

/// What fitness values are: "probability of the true class", "... of the target class", "margin
/// (difference of logits)".
std::string fitness_label(const AttackOptions& options);

}  // namespace ripple
