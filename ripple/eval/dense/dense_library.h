#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "ripple/eval/dense/dense.h"
#include "ripple/eval/dense/trainer.h"

namespace ripple {

/// What libripple_dense.so offers libripple.so: the functions of dense.h and trainer.h. The two are
/// built and shipped together.
struct DenseLibrary {
  std::unique_ptr<Evaluator> (*make_evaluator)(const Model&, const DenseOptions&);
  std::unique_ptr<DenseActivations> (*make_activations)(const Graph&, std::vector<ValueId>,
                                                        const DenseOptions&);
  std::unique_ptr<GradientEvaluator> (*make_gradients)(const Graph&, std::vector<ValueId>,
                                                       const DenseOptions&, Summation);
  TrainResult (*train)(Model&, const Dataset&, const Dataset&, const TrainOptions&,
                       const std::function<void(const TrainProgress&)>&, const CancelFlag*);
};

/// The one symbol that is looked up by name.
inline constexpr char kDenseEntry[] = "ripple_dense_library";
using DenseEntry = const DenseLibrary* (*)();

}  // namespace ripple
