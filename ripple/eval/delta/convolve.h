#pragma once

#include "ripple/eval/delta/plan.h"

namespace ripple::delta {

/// Adds lists x weights to results[k] [of lists.group candidates, from the origins], by the step's
/// path: a sliding convolution does output block `block` alone, the others do everything with block
/// 0. A fully connected layer overwrites, beginning at `bias` (null: zeros).
void convolve(const KernelTable& kernels, const ConvStep& conv, const Lists& lists,
              const Layout& out, float* const* results, int block, const float* bias);

}  // namespace ripple::delta
