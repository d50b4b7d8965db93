#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "ripple/eval/evaluator.h"
#include "ripple/model/model.h"

namespace ripple {

namespace delta {
class DeltaPlan;
class BaseState;
}  // namespace delta

struct DeltaOptions {
  /// Differences up to `tolerance` times the layer's largest clean activation are dropped before a
  /// convolution (but a depthwise one) or fully connected layer. 0: exact, up to float rounding.
  float tolerance = 0.0f;
  /// Instruction set: "AVX3" (AVX-512), "AVX2", "SSE4" or the portable one, see delta_targets();
  /// empty: the best of this CPU.
  std::string target{};
  /// Measure DeltaStatistics::seconds (two clock readings a layer and mini-batch, and two for each
  /// list).
  bool measure_time = false;
  /// What the differences and lists of a thread may take: mini-batches are as large as fits, though
  /// one candidate may take more. Of make_delta_plan().
  std::size_t thread_bytes = std::size_t{512} << 20;
};

/// What score() calls did since the last reset. Sums over candidates.
struct DeltaStatistics {
  std::int64_t candidates = 0;
  /// Candidates that change nothing (edits equal to the clean colours): answered without work.
  std::int64_t unchanged = 0;
  std::int64_t multiply_adds_done =
      0;  ///< Conv and Gemm, as scheduled, padding of channels left out
  std::int64_t multiply_adds_dense = 0;  ///< of full passes over the same candidates
  /// Seconds by operator ("Conv", "Gemm", "MaxPool", ...; "lists": finding what changed), where
  /// measured. A fused operator counts where its work is done.
  std::vector<std::pair<std::string, double>> seconds;
};

/// An Evaluator that updates the clean image's activations by what a candidate changes.
///
/// Exact mode (tolerance 0): logits equal those of a full pass up to float rounding; a candidate
/// that changes no pixel gets the clean logits bit for bit. A row depends neither on its neighbours
/// nor on earlier calls, bit for bit, in both modes. score() allocates nothing after the first call
/// with a batch of that size.
class DeltaEvaluator : public Evaluator {
 public:
  /// The clean image's state, to be shared with evaluators of other threads that have the same
  /// plan. Null before refresh().
  virtual std::shared_ptr<const delta::BaseState> base() const = 0;
  /// Takes a state instead of computing it. Errors: kBadArgument where it is of another plan.
  virtual void adopt(std::shared_ptr<const delta::BaseState> base) = 0;

  /// Logits of the clean image: [classes]. Assumes refresh() or adopt().
  virtual std::span<const float> clean_logits() const = 0;

  virtual DeltaStatistics statistics() const = 0;
  virtual void reset_statistics() = 0;

  virtual std::string_view target() const = 0;
  /// Memory of this evaluator alone: differences and lists.
  virtual std::size_t thread_bytes() const = 0;
  /// Memory shared by all threads: packed weights, and the clean state after refresh().
  virtual std::size_t plan_bytes() const = 0;
  virtual std::size_t base_bytes() const = 0;
};

/// "node 'lrn1' (Softmax): why" of the first node that updates cannot pass, or nothing where the
/// whole network can be updated.
std::optional<std::string> delta_unsupported(const Graph& graph);

/// The instruction sets that this CPU runs, best first: what DeltaOptions::target takes.
std::vector<std::string> delta_targets();

/// The network prepared for updates: immutable, to be shared by the evaluators of all threads.
/// Errors: kUnsupportedOp naming node and operator; kBadModel without preprocessing; kBadArgument
/// for a target that this CPU does not have.
std::shared_ptr<const delta::DeltaPlan> make_delta_plan(const Model& model,
                                                        const DeltaOptions& options = {});

/// An evaluator of its own for one thread. Options other than the target and thread_bytes, which
/// the plan fixes. Errors: kBadArgument where the tolerance is negative or not finite.
std::unique_ptr<DeltaEvaluator> make_delta_evaluator(std::shared_ptr<const delta::DeltaPlan> plan,
                                                     const DeltaOptions& options = {});

/// Both at once.
std::unique_ptr<DeltaEvaluator> make_delta_evaluator(const Model& model,
                                                     const DeltaOptions& options = {});

}  // namespace ripple
