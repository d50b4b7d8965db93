#pragma once

#include <span>

#include "ripple/image/image.h"

namespace ripple {

/// Scores candidates against one clean image at a time. One object serves one thread; calls are
/// made once a batch, so that virtual dispatch costs nothing beside the network.
class Evaluator {
 public:
  virtual ~Evaluator() = default;
  Evaluator() = default;
  Evaluator(const Evaluator&) = delete;
  Evaluator& operator=(const Evaluator&) = delete;

  /// Number of classes, the length of a row of logits.
  virtual int classes() const = 0;

  /// Makes `image` the clean image of later score() calls.
  /// Errors: kBadData where its size is not the network's input size.
  virtual void refresh(const Image& image) = 0;

  /// Logits of the clean image under each candidate's edits: [n, d] -> [n, classes], row after row.
  /// Candidates are independent: a row does not depend on its neighbours or on earlier calls.
  /// A batch of candidates without edits (d = 0) is not allowed; see logits_of for the clean image.
  /// Assumes refresh() came before, and again after a score() that threw; edits lie inside the
  /// image, logits.size() == n * classes().
  virtual void score(const CandidateBatch& batch, std::span<float> logits) = 0;

  /// Logits of a whole image by a full pass that shares nothing with the clean image: what verifies
  /// a saved result. [H, W, 3] -> [classes]. Leaves the clean image as it was.
  virtual void logits_of(const Image& image, std::span<float> logits) = 0;
};

}  // namespace ripple
