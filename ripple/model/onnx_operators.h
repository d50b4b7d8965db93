#pragma once

#include <string_view>

namespace ripple {

class NodeImport;

/// How an ONNX operator is read: `import` where an input is an activation, `fold` where all are
/// constant. Null: not supported there.
struct OperatorEntry {
  std::string_view op_type;
  int first_opset;
  int most_inputs;  ///< at any opset
  void (*import)(NodeImport&);
  void (*fold)(NodeImport&);
};

/// The entry of an operator; null for one that is not supported (see docs/operators.md).
const OperatorEntry* find_operator(std::string_view op_type);

// Windows over images.
void import_conv(NodeImport& node);
void import_max_pool(NodeImport& node);
void import_average_pool(NodeImport& node);
void import_global_average_pool(NodeImport& node);
void import_reduce_mean(NodeImport& node);
void import_lrn(NodeImport& node);

// One number at a time.
void import_batch_normalization(NodeImport& node);
void import_relu(NodeImport& node);
void import_leaky_relu(NodeImport& node);
void import_clip(NodeImport& node);
void import_sigmoid(NodeImport& node);
void import_tanh(NodeImport& node);
void import_hard_sigmoid(NodeImport& node);
void import_hard_swish(NodeImport& node);
void import_elu(NodeImport& node);
void import_prelu(NodeImport& node);
void import_add(NodeImport& node);
void import_sub(NodeImport& node);
void import_mul(NodeImport& node);
void import_div(NodeImport& node);
void import_identity(NodeImport& node);
void import_dropout(NodeImport& node);
void import_cast(NodeImport& node);

// All numbers at once.
void import_gemm(NodeImport& node);
void import_matmul(NodeImport& node);
void import_softmax(NodeImport& node);

// Numbers moved, not changed.
void import_flatten(NodeImport& node);
void import_reshape(NodeImport& node);
void import_squeeze(NodeImport& node);
void import_unsqueeze(NodeImport& node);
void import_transpose(NodeImport& node);
void import_concat(NodeImport& node);
void import_slice(NodeImport& node);
void import_pad(NodeImport& node);
void import_shape(NodeImport& node);

// Constants.
void fold_constant(NodeImport& node);
void fold_constant_of_shape(NodeImport& node);
void fold_identity(NodeImport& node);
void fold_cast(NodeImport& node);
void fold_shape(NodeImport& node);
void fold_reshape(NodeImport& node);
void fold_flatten(NodeImport& node);
void fold_squeeze(NodeImport& node);
void fold_unsqueeze(NodeImport& node);
void fold_transpose(NodeImport& node);
void fold_concat(NodeImport& node);
void fold_slice(NodeImport& node);
void fold_gather(NodeImport& node);
void fold_expand(NodeImport& node);
void fold_range(NodeImport& node);
void fold_add(NodeImport& node);
void fold_sub(NodeImport& node);
void fold_mul(NodeImport& node);
void fold_div(NodeImport& node);
void fold_min(NodeImport& node);
void fold_max(NodeImport& node);
void fold_equal(NodeImport& node);
void fold_where(NodeImport& node);
void fold_floor(NodeImport& node);
void fold_ceil(NodeImport& node);
void fold_neg(NodeImport& node);
void fold_sqrt(NodeImport& node);

}  // namespace ripple
