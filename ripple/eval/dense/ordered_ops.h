#pragma once

#include <vector>

#include <ATen/ATen.h>

namespace ripple::dense {

// Summation::kOrdered (see dense.h): forward passes on a CPU whose bits depend on nothing but
// weights and inputs. The backward passes are LibTorch's own. float32 only; both work under
// autograd, for the input alone.

/// at::conv2d with pads that are equal on both sides of an axis: the bias, then the products by
/// input channel, kernel row and kernel column.
/// Cost: about twice LibTorch's convolution, and a copy of the padded input.
at::Tensor ordered_conv2d(const at::Tensor& in, const at::Tensor& weight, const at::Tensor& bias,
                          const std::vector<std::int64_t>& stride,
                          const std::vector<std::int64_t>& padding,
                          const std::vector<std::int64_t>& dilation, std::int64_t groups);

/// at::linear for [n, inputs]: the products by input, then the bias.
at::Tensor ordered_linear(const at::Tensor& in, const at::Tensor& weight, const at::Tensor& bias);

}  // namespace ripple::dense
