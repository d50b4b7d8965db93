// Any bytes as a results file: an Error, or results that are written and read again as the same
// lines, and of which a summary can be made.

#include <cstddef>
#include <cstdint>
#include <string>

#include <nlohmann/json.hpp>

#include "fuzz/require.h"
#include "ripple/attack/results_file.h"
#include "ripple/attack/summary.h"
#include "ripple/base/error.h"
#include "ripple/base/json_line.h"

namespace {

std::string lines_of(const ripple::ResultsFile& file) {
  std::string text = ripple::json_line(ripple::to_json(file.header)) + "\n";
  for (const ripple::AttackResult& result : file.results) {
    text += ripple::json_line(ripple::to_json(result)) + "\n";
  }
  return text;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  ripple::ResultsFile file;
  try {
    file = ripple::parse_results({reinterpret_cast<const char*>(data), size}, "fuzz");
  } catch (const ripple::Error&) {
    return 0;  // most bytes are refused; how is the unit tests' business
  }
  const std::string lines = lines_of(file);
  const ripple::ResultsFile again = ripple::parse_results(lines, "again");
  require(lines_of(again) == lines, "what is written reads back");
  require(again.done() == file.done(), "the same attacks are done");
  const ripple::AttackSummary summary = ripple::summarise(file.results);
  require(summary.success.successes <= summary.success.trials, "a rate is a share");
  return 0;
}
