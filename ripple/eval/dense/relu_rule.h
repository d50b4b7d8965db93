#pragma once

#include <ATen/ATen.h>

#include "ripple/eval/gradient.h"

namespace ripple::dense {

/// A rectifier (see is_rectifier) whose backward pass follows `rule`; the forward pass is the
/// operator's own.
at::Tensor run_rectifier(const Op& op, const at::Tensor& in, ReluRule rule);

}  // namespace ripple::dense
