#include "ripple/eval/dense/factories.h"

/// Looked up by loader.cpp under the name kDenseEntry.
extern "C" const ripple::DenseLibrary* ripple_dense_library() {
  static constexpr ripple::DenseLibrary kLibrary{
      &ripple::dense::make_evaluator, &ripple::dense::make_activations,
      &ripple::dense::make_gradients, &ripple::dense::train};
  return &kLibrary;
}
