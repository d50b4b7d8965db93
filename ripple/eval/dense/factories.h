#pragma once

#include "ripple/eval/dense/dense_library.h"

namespace ripple::dense {

// The functions of dense.h and trainer.h on this side of the library border.

std::unique_ptr<Evaluator> make_evaluator(const Model& model, const DenseOptions& options);

std::unique_ptr<DenseActivations> make_activations(const Graph& graph, std::vector<ValueId> wanted,
                                                   const DenseOptions& options);

std::unique_ptr<GradientEvaluator> make_gradients(const Graph& graph, std::vector<ValueId> wanted,
                                                  const DenseOptions& options, Summation summation);

TrainResult train(Model& model, const Dataset& training, const Dataset& validation,
                  const TrainOptions& options,
                  const std::function<void(const TrainProgress&)>& progress,
                  const CancelFlag* cancel);

}  // namespace ripple::dense
