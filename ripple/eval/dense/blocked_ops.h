#pragma once

#include <optional>
#include <vector>

#include <ATen/ATen.h>

#include "ripple/eval/dense/torch_ops.h"

namespace ripple::dense {

/// The operators that run on oneDNN's own layout (channels in blocks of a vector), as LibTorch's
/// frozen graphs do: convolutions with weights reordered once, and what lies between them, so that
/// activations are not converted in between. Only on a CPU and without gradients.
class BlockedOp {
 public:
  /// Nothing where the operator, or this LibTorch, has no form on that layout.
  static std::optional<BlockedOp> make(const Node& node, const Graph& graph);

  /// Inputs and output in the blocked layout. `may_overwrite[i]`: nobody reads inputs[i] any more.
  at::Tensor run(const std::vector<at::Tensor>& inputs,
                 const std::vector<bool>& may_overwrite) const;

 private:
  explicit BlockedOp(const Op& op) : op_(&op) {}

  const Op* op_;
  std::vector<at::Tensor> constants_;  ///< in oneDNN's layout
};

}  // namespace ripple::dense
