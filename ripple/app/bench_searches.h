#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ripple/app/options.h"
#include "ripple/base/parallel.h"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace ripple {

/// What a person wrote after `ripple bench --searches`.
struct SearchBenchOptions {
  ModelOptions model;
  DataOptions data;
  EngineOptions engine;
  std::int64_t correct = 0;
  std::vector<std::string> methods;  ///< empty: all that fit the number of pixels
  std::int64_t evaluations = 40400;  ///< an attack, the paper's budget
  int pixels = 1;
  std::optional<int> population;
  std::uint64_t seed = 1;
  std::string out;
  bool resume = false;
  bool json = false;
};

/// The options that only the comparison of searches has; each needs `searches`.
void add_search_bench_options(CLI::App& command, CLI::Option* searches,
                              SearchBenchOptions& options);

/// Attacks the same images with every search until the first success or the end of the same
/// budget; success rates within 1, 2, 5, 10, ... evaluations, as a table, as lines of JSON and,
/// with --out, as a figure searches.png beside an AttackFolder for each search, which --resume
/// continues. Errors: kBadArgument for a search that does not fit or is named twice; those of
/// AttackRun; kCancelled.
void run_search_bench(const SearchBenchOptions& given, const CancelFlag& cancel);

}  // namespace ripple
