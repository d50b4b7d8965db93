#pragma once

#include <memory>
#include <vector>

#include "ripple/base/array.h"
#include "ripple/eval/evaluator.h"
#include "ripple/model/graph.h"
#include "ripple/model/model.h"

namespace ripple {

// The oracle: scalar loops written as the definitions in graph.h, double precision throughout, no
// layout and no fusion. Slow (about 1e9 multiply-adds a second) on purpose; what the fast executors
// are tested against.

/// One operator: activations in, activation of `shape` out. Assumes what infer_shape() checks.
Array<double> reference_op(const Op& op, const std::vector<const Array<double>*>& inputs,
                           const Shape& shape);

/// Every activation of the graph, by ValueId. `input` is the preprocessed image [C, H, W] (see
/// preprocess.h), without a batch axis. Errors: kBadArgument where its shape is another.
std::vector<Array<double>> reference_activations(const Graph& graph, const Tensor& input);

/// An Evaluator that runs the whole network for every candidate by reference_activations(); logits
/// are rounded to float at the end. Keeps a reference to `model`, which must outlive it.
/// Errors: kBadModel as make_normalizer().
std::unique_ptr<Evaluator> make_reference_evaluator(const Model& model);

}  // namespace ripple
