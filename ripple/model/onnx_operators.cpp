#include "ripple/model/onnx_operators.h"

#include <algorithm>
#include <array>
#include <limits>

namespace ripple {
namespace {

/// In alphabetical order; docs/operators.md says the same in words.
constexpr int kAnyInputs = std::numeric_limits<int>::max();

constexpr std::array kOperators{
    OperatorEntry{"Add", 7, 2, import_add, fold_add},
    OperatorEntry{"AveragePool", 7, 1, import_average_pool, nullptr},
    OperatorEntry{"BatchNormalization", 7, 5, import_batch_normalization, nullptr},
    OperatorEntry{"Cast", 7, 1, import_cast, fold_cast},
    OperatorEntry{"Ceil", 7, 1, nullptr, fold_ceil},
    OperatorEntry{"Clip", 7, 3, import_clip, nullptr},
    OperatorEntry{"Concat", 7, kAnyInputs, import_concat, fold_concat},
    OperatorEntry{"Constant", 7, 0, nullptr, fold_constant},
    OperatorEntry{"ConstantOfShape", 9, 1, nullptr, fold_constant_of_shape},
    OperatorEntry{"Conv", 7, 3, import_conv, nullptr},
    OperatorEntry{"Div", 7, 2, import_div, fold_div},
    OperatorEntry{"Dropout", 7, 3, import_dropout, nullptr},
    OperatorEntry{"Elu", 7, 1, import_elu, nullptr},
    OperatorEntry{"Equal", 7, 2, nullptr, fold_equal},
    OperatorEntry{"Expand", 8, 2, nullptr, fold_expand},
    OperatorEntry{"Flatten", 7, 1, import_flatten, fold_flatten},
    OperatorEntry{"Floor", 7, 1, nullptr, fold_floor},
    OperatorEntry{"Gather", 7, 2, nullptr, fold_gather},
    OperatorEntry{"Gemm", 7, 3, import_gemm, nullptr},
    OperatorEntry{"GlobalAveragePool", 7, 1, import_global_average_pool, nullptr},
    OperatorEntry{"HardSigmoid", 7, 1, import_hard_sigmoid, nullptr},
    OperatorEntry{"HardSwish", 14, 1, import_hard_swish, nullptr},
    OperatorEntry{"Identity", 7, 1, import_identity, fold_identity},
    OperatorEntry{"LRN", 7, 1, import_lrn, nullptr},
    OperatorEntry{"LeakyRelu", 7, 1, import_leaky_relu, nullptr},
    OperatorEntry{"MatMul", 7, 2, import_matmul, nullptr},
    OperatorEntry{"Max", 8, kAnyInputs, nullptr, fold_max},
    OperatorEntry{"MaxPool", 7, 1, import_max_pool, nullptr},
    OperatorEntry{"Min", 8, kAnyInputs, nullptr, fold_min},
    OperatorEntry{"Mul", 7, 2, import_mul, fold_mul},
    OperatorEntry{"Neg", 7, 1, nullptr, fold_neg},
    OperatorEntry{"PRelu", 7, 2, import_prelu, nullptr},
    OperatorEntry{"Pad", 7, 4, import_pad, nullptr},
    OperatorEntry{"Range", 11, 3, nullptr, fold_range},
    OperatorEntry{"ReduceMean", 7, 2, import_reduce_mean, nullptr},
    OperatorEntry{"Relu", 7, 1, import_relu, nullptr},
    OperatorEntry{"Reshape", 7, 2, import_reshape, fold_reshape},
    OperatorEntry{"Shape", 7, 1, import_shape, fold_shape},
    OperatorEntry{"Sigmoid", 7, 1, import_sigmoid, nullptr},
    OperatorEntry{"Slice", 7, 5, import_slice, fold_slice},
    OperatorEntry{"Softmax", 7, 1, import_softmax, nullptr},
    OperatorEntry{"Sqrt", 7, 1, nullptr, fold_sqrt},
    OperatorEntry{"Squeeze", 7, 2, import_squeeze, fold_squeeze},
    OperatorEntry{"Sub", 7, 2, import_sub, fold_sub},
    OperatorEntry{"Tanh", 7, 1, import_tanh, nullptr},
    OperatorEntry{"Transpose", 7, 1, import_transpose, fold_transpose},
    OperatorEntry{"Unsqueeze", 7, 2, import_unsqueeze, fold_unsqueeze},
    OperatorEntry{"Where", 9, 3, nullptr, fold_where},
};

}  // namespace

const OperatorEntry* find_operator(std::string_view op_type) {
  const auto* found =
      std::find_if(kOperators.begin(), kOperators.end(),
                   [&](const OperatorEntry& entry) { return entry.op_type == op_type; });
  return found == kOperators.end() ? nullptr : found;
}

}  // namespace ripple
