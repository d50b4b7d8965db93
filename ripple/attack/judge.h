#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "ripple/attack/options.h"
#include "ripple/image/image.h"

namespace ripple {

/// What one attack is after.
struct Aim {
  int label = 0;
  std::optional<int> target = std::nullopt;  ///< absent: any class but the label
  Objective objective = Objective::kProbability;

  /// Whether an image of this class is a success.
  bool reached_by(int predicted) const {
    return target ? predicted == *target : predicted != label;
  }
  /// The class whose probability the attack drives: the target's up, or the label's down.
  int driven_class() const { return target.value_or(label); }
};

/// A candidate worth remembering.
struct NotedCandidate {
  std::int64_t position = 0;  ///< among all scored, from 1; 0: none yet
  float loss = std::numeric_limits<float>::infinity();
  bool reaches = false;            ///< the goal, by its score
  double driven_confidence = 0.0;  ///< probability of Aim::driven_class, by its score
  std::vector<PixelEdit> edits;
};

/// Turns logits into losses and remembers the candidates that a result reports. Every candidate's
/// argmax is looked at. Cost: about 0.1 us a candidate of 10 classes; no allocation after the first
/// batch but where a better candidate is noted.
class Judge {
 public:
  /// `where` names the image in errors. Assumes classes >= 2 and an aim inside them.
  Judge(const Aim& aim, int classes, std::string where);

  /// Scores a batch: logits [n, classes] -> losses() [n].
  /// Errors: kBadModel where a logit is NaN or infinite, naming class and edit.
  void judge(const CandidateBatch& batch, std::span<const float> logits);

  std::span<const float> losses() const { return losses_; }  ///< of the last batch
  std::int64_t evaluations() const { return evaluations_; }  ///< candidates judged so far
  /// Lowest loss so far, of equals the first: the population's best member, because a search keeps
  /// it.
  const NotedCandidate& best() const { return best_; }
  /// Lowest loss among the candidates that reach the goal, of equals the first.
  const NotedCandidate& best_flip() const { return best_flip_; }
  /// The first of the last batch that reaches the goal, and that of lowest loss among those that
  /// do.
  const NotedCandidate& first_flip_of_batch() const { return first_flip_; }
  const NotedCandidate& best_flip_of_batch() const { return best_flip_of_batch_; }

 private:
  [[noreturn]] void refuse(std::span<const float> row, std::span<const PixelEdit> edits) const;

  Aim aim_;
  std::size_t classes_;
  std::string where_;
  std::vector<float> losses_;
  std::int64_t evaluations_ = 0;
  NotedCandidate best_;
  NotedCandidate best_flip_;
  NotedCandidate first_flip_;
  NotedCandidate best_flip_of_batch_;
};

}  // namespace ripple
