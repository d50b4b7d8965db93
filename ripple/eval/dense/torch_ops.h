#pragma once

#include <vector>

#include <ATen/ATen.h>

#include "ripple/eval/dense/dense.h"
#include "ripple/model/graph.h"

namespace ripple::dense {

/// The constant arrays of an operator in the order of its fields: weights, biases, statistics.
/// Empty for operators without any.
std::vector<const Tensor*> constants_of(const Op& op);
std::vector<Tensor*> constants_of(Op& op);

/// Copies between Ripple's arrays and LibTorch's; shapes stay.
at::Tensor to_torch(const Tensor& tensor, const at::Device& device);
Tensor from_torch(const at::Tensor& tensor);

/// Adds the images of `part` behind those of `out`, which may be empty.
void append(const at::Tensor& part, Tensor& out);

/// What a node computes with: constants_of(op) as tensors.
std::vector<at::Tensor> make_constants(const Op& op, const at::Device& device);

struct OpContext {
  const Op& op;
  const std::vector<at::Tensor>& constants;  ///< see make_constants(); training changes statistics
  const Shape& output_shape;                 ///< without the batch axis
  bool training = false;  ///< BatchNormalization normalises by the batch and updates its statistics
  Summation summation = Summation::kFast;
  bool rectify = false;  ///< a Conv applies the Relu behind it too; on CUDA by cuDNN
};

/// One operator on plain row-major tensors of any device: [n, input shape] each -> [n, output
/// shape]. Works under autograd; never writes into an input; may return a view of one.
at::Tensor run_op(const OpContext& context, const std::vector<at::Tensor>& inputs);

/// How many numbers run_op() takes for one image beside input and output, to pad them. A model file
/// decides: a window of 65536 cells makes 2^32 numbers of a channel, whatever it leaves of them.
/// Errors: kBadModel where they do not fit 63 bits.
std::int64_t padding_numbers(const Op& op, const Shape& in, const Shape& out, Summation summation);

/// Whether LibTorch's pooling knows the window as it is: equal pads on both sides, at most half a
/// kernel, no ceil_mode.
bool is_simple_pool(const Window& window, bool ceil_mode);

}  // namespace ripple::dense
