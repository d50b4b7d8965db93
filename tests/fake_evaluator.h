#pragma once

#include <algorithm>
#include <functional>
#include <vector>

#include "ripple/eval/evaluator.h"

namespace ripple {

/// For tests: a network that is a plain function of the image, logits = function(image).
/// score() applies each candidate's edits to the clean image, so it agrees with logits_of() unless
/// a test gives the two different functions.
class FakeEvaluator : public Evaluator {
 public:
  using Function = std::function<std::vector<float>(const Image&)>;

  FakeEvaluator(int classes, Function function) : FakeEvaluator(classes, function, function) {}
  FakeEvaluator(int classes, Function scored, Function full)
      : classes_(classes), scored_(std::move(scored)), full_(std::move(full)) {}

  int classes() const override { return classes_; }
  void refresh(const Image& image) override { clean_ = image; }

  void score(const CandidateBatch& batch, std::span<float> logits) override {
    for (int i = 0; i < batch.size(); ++i) {
      Image image = clean_;
      apply_edits(image, batch.candidate(i));
      const std::vector<float> row = scored_(image);
      std::copy(row.begin(), row.end(), logits.begin() + std::ptrdiff_t(i) * classes_);
    }
    evaluations += batch.size();
    ++batches;
  }

  void logits_of(const Image& image, std::span<float> logits) override {
    const std::vector<float> row = full_(image);
    std::copy(row.begin(), row.end(), logits.begin());
    ++full_passes;
  }

  std::int64_t evaluations = 0;
  int batches = 0;
  int full_passes = 0;

 private:
  int classes_;
  Function scored_;
  Function full_;
  Image clean_;
};

}  // namespace ripple
