#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "ripple/eval/evaluator.h"
#include "ripple/image/image.h"

namespace ripple {

/// Image `index` of the data in the network's size; called from several threads at once.
using ImageSource = std::function<Sample(std::int64_t index)>;

/// A new evaluator of the network; called from several threads at once.
using EvaluatorFactory = std::function<std::unique_ptr<Evaluator>()>;

/// One evaluator a worker, made when it is first needed.
class WorkerEvaluators {
 public:
  WorkerEvaluators(EvaluatorFactory factory, int workers)
      : factory_(std::move(factory)), evaluators_(static_cast<std::size_t>(workers)) {}

  /// Assumes that no two calls with the same worker overlap.
  Evaluator& of(int worker) {
    std::unique_ptr<Evaluator>& evaluator = evaluators_[static_cast<std::size_t>(worker)];
    if (!evaluator) evaluator = factory_();
    return *evaluator;
  }

 private:
  EvaluatorFactory factory_;
  std::vector<std::unique_ptr<Evaluator>> evaluators_;
};

}  // namespace ripple
