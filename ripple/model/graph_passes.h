#pragma once

#include <string>
#include <unordered_set>

#include "ripple/model/graph.h"

namespace ripple {

/// Moves an Add of a constant behind a Gemm into its bias, for the nodes named in `without_bias`
/// (their bias is zero, so that the sum is the same) where the Add is the Gemm's only reader.
Graph fuse_bias(Graph graph, const std::unordered_set<std::string>& without_bias);

}  // namespace ripple
