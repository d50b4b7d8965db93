#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ripple/base/parallel.h"
#include "ripple/eval/delta/delta.h"
#include "ripple/eval/dense/dense.h"
#include "ripple/eval/evaluator.h"
#include "ripple/model/model.h"

namespace ripple {

/// Candidates of a call to score(), as an attack in the paper's setting makes it.
inline constexpr int kBenchGeneration = 400;

/// What engines are compared on: a clean image and candidates of a real search on it.
struct BenchImage {
  std::int64_t index = 0;  ///< in its data, for messages
  Image image;
  CandidateBatch candidates;
};

/// The first `count` candidates that the paper's differential evolution proposes against the class
/// that the network gives the image with edits of `pixels` pixels, scored by `evaluator`;
/// populations of kBenchGeneration, or of `count` where that is less. The same index gives the same
/// random stream.
/// Errors: kBadArgument for a count below 4 (what a population needs) and for `pixels` outside 1 to
/// kMaxPixels; kBadModel where a logit is not finite.
BenchImage record_candidates(Evaluator& evaluator, Image image, std::int64_t index, int count,
                             int pixels);

/// Candidates [first, first + count) of a batch, fewer at its end.
CandidateBatch part_of(const CandidateBatch& batch, int first, int count);

/// How far two engines' answers lie apart.
struct Agreement {
  /// Where they disagree: engines, image, edit and by how much; counting ended there.
  std::optional<std::string> problem{};
  std::int64_t candidates = 0;
  double largest = 0.0;                         ///< difference of a probability
  std::int64_t labels_changed = 0;              ///< candidates with another class
  static constexpr double kProbability = 1e-5;  ///< engines that agree stay within it
  static constexpr double kTie = 1e-5;          ///< logits this close may swap
};

struct NamedEvaluator {
  std::string_view name;
  Evaluator& evaluator;
};

/// Compares the answers to the first `most` candidates of each image. They disagree where a
/// probability differs by more than `limit` or is not a number, or, with a finite limit, where the
/// class differs and the two largest logits of `first` are more than Agreement::kTie apart.
/// Errors: kCancelled.
Agreement check_agreement(NamedEvaluator first, NamedEvaluator second,
                          std::span<const BenchImage> images,
                          int most = std::numeric_limits<int>::max(),
                          double limit = Agreement::kProbability,
                          const CancelFlag* cancel = nullptr);

/// An engine to be timed: one evaluator a thread.
struct TimedEngine {
  std::string name;
  std::vector<std::unique_ptr<Evaluator>> evaluators;
  /// Gives all of them a clean image; where it is empty, each is refreshed on its own.
  std::function<void(const Image&)> refresh{};
  int call = kBenchGeneration;  ///< candidates a call to score()
};

/// Dense evaluators, named by their images a pass (DenseOptions::batch), and delta ones, which
/// share the plan and the clean image's state. Errors: those of make_dense_evaluator() and
/// make_delta_evaluator().
TimedEngine dense_engine(const Model& model, const DenseOptions& options, int threads);
TimedEngine delta_engine(const std::shared_ptr<const delta::DeltaPlan>& plan, float tolerance,
                         int threads);

struct TimingOptions {
  int threads = 1;       ///< evaluators at work at once; each engine has at least as many
  double seconds = 5.0;  ///< of measuring, all engines together; at least `rounds` are done
  int rounds = 3;
  const CancelFlag* cancel = nullptr;
};

/// Medians over rounds.
struct EngineSpeed {
  double rate = 0.0;  ///< candidates a second, of all threads together
  /// Processor time of this program for a candidate, in seconds; what other programs take of the
  /// machine is not in it.
  double processor = 0.0;
};

/// Times each engine; the answers are in their order. In a round every engine is given the same
/// image, and then each thread scores all of its candidates; the clean image's refresh is not
/// timed, short passes are repeated to fill 50 ms. Rounds alternate the order of the engines and go
/// through the images.
/// Errors: kCancelled.
std::vector<EngineSpeed> time_engines(std::span<TimedEngine* const> engines,
                                      std::span<const BenchImage> images,
                                      const TimingOptions& options);

}  // namespace ripple
