#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ripple/app/bench_run.h"
#include "ripple/eval/delta/delta.h"

namespace ripple {

/// What was timed: a line of the table.
struct BenchRow {
  std::string engine;  ///< "dense" or "delta"
  std::string setting;
  int threads = 1;
  EngineSpeed speed;
  double ratio = 1.0;    ///< to the dense engine with as many threads
  double scaling = 1.0;  ///< to one thread
};

/// What the delta engine did for the candidates, and how far it is from what it is compared with.
struct DeltaWork {
  double tolerance = 0.0;
  DeltaStatistics statistics{};
  Agreement agreement{};  ///< tolerance 0: with the dense engine; else with tolerance 0
  double gflops = 0.0;    ///< useful, one thread
};

/// What `ripple bench` found out about the engines on a network.
struct BenchReport {
  std::string network;  ///< its file, or the architecture that has random weights
  std::int64_t images = 0;
  int candidates = 0;                      ///< of each image
  int pixels = 1;                          ///< that a candidate changes
  std::optional<std::string> unsupported;  ///< why the delta engine cannot; then there is no work
  std::string target;                      ///< instruction set of delta
  Agreement with_reference;
  std::vector<DeltaWork> work;  ///< exact, then tolerant where asked for
  /// For each number of threads the dense engine, then delta in the order of `work`.
  std::vector<BenchRow> rows;
};

/// Of all operators together.
double total_seconds(const DeltaStatistics& statistics);

/// How far the engines' answers lie apart, as lines of text or one object.
void print_agreement(const BenchReport& report, bool json);

/// The same and a table of speeds with what delta did for them, or one object a row.
void print_speeds(const BenchReport& report, bool json);

}  // namespace ripple
