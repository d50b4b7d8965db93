#include <algorithm>
#include <cmath>
#include <span>

#include "ripple/model/onnx_import.h"
#include "ripple/model/onnx_operators.h"
#include "ripple/model/onnx_shapes.h"

namespace ripple {
namespace {

/// The input of a fully connected layer: a vector.
ValueId vector_input(NodeImport& node) {
  const ValueId in = node.value(0);
  if (node.shape(in).size() != 1) {
    node.unsupported("a fully connected layer on {} is not supported; only on [N, F]",
                     to_string(node.onnx_shape(in)));
  }
  return in;
}

/// Weights [F, K] or, with `transposed`, [K, F] as [K, F].
Tensor weights_of(NodeImport& node, bool transposed) {
  const Shape shape = node.constant(1).shape;
  if (shape.size() != 2) node.unsupported("weights of {} are no matrix", to_string(shape));
  if (transposed) return node.take_tensor(1);
  Tensor in = node.take_tensor(1);
  node.charge_weights(element_count(shape));
  Tensor out = filled(Shape{shape[1], shape[0]}, 0.0f);
  const auto rows = static_cast<std::size_t>(shape[0]);
  const auto columns = static_cast<std::size_t>(shape[1]);
  for (std::size_t f = 0; f < rows; ++f) {
    for (std::size_t k = 0; k < columns; ++k) out.data[k * rows + f] = in.data[f * columns + k];
  }
  return out;
}

void scale(const NodeImport& node, Tensor& tensor, float factor) {
  if (factor == 1.0f) return;
  for (float& value : tensor.data) {
    value *= factor;
    if (!std::isfinite(value)) node.bad("its alpha or beta makes a weight infinite");
  }
}

}  // namespace

void import_gemm(NodeImport& node) {
  const ValueId in = vector_input(node);
  const float alpha = node.attributes().real("alpha", 1.0f);
  const float beta = node.attributes().real("beta", 1.0f);
  if (node.attributes().integer("transA", 0, 0, 1) == 1) {
    node.unsupported("transA would turn the batch axis");
  }
  Gemm gemm{weights_of(node, node.attributes().integer("transB", 0, 0, 1) == 1), {}};
  scale(node, gemm.weight, alpha);
  const std::int64_t outputs = gemm.weight.shape[0];
  node.charge_weights(outputs);
  gemm.bias = filled(Shape{outputs}, 0.0f);
  if (node.has_input(2)) {
    Tensor bias = node.take_tensor(2);
    Shape shape = bias.shape;
    if (shape.size() == 2 && shape[0] == 1) shape.erase(shape.begin());
    if (shape != Shape{} && shape != Shape{1} && shape != Shape{outputs}) {
      node.bad("a bias of {} does not fit {} outputs", to_string(bias.shape), outputs);
    }
    scale(node, bias, beta);
    for (std::size_t k = 0; k < gemm.bias.data.size(); ++k) {
      gemm.bias.data[k] = bias.data[bias.data.size() == 1 ? 0 : k];
    }
  } else {
    node.note_without_bias();
  }
  node.emit(std::move(gemm), {in});
}

void import_matmul(NodeImport& node) {
  if (node.is_constant(0)) node.unsupported("with constant weights on the left is not supported");
  const ValueId in = vector_input(node);
  Gemm gemm{weights_of(node, false), {}};
  node.charge_weights(gemm.weight.shape[0]);
  gemm.bias = filled(Shape{gemm.weight.shape[0]}, 0.0f);
  node.note_without_bias();
  node.emit(std::move(gemm), {in});
}

void import_softmax(NodeImport& node) {
  const ValueId in = node.value(0);
  const Shape shape = node.shape(in);
  const std::int64_t fallback = node.opset() < 13 ? 1 : -1;
  const std::int64_t given = node.attributes().integer("axis", fallback, INT32_MIN, INT32_MAX);
  const int axis = normalised_axis(given, shape.size() + 1, node.where());
  if (axis == 0) node.unsupported("a softmax over the batch axis is not supported");
  // Before opset 13 the axes from `axis` on are one; that is the same where the others are 1.
  const bool others_are_one = std::all_of(shape.begin() + axis, shape.end(),
                                          [](std::int64_t extent) { return extent == 1; });
  if (node.opset() >= 13 || others_are_one) {
    node.emit(Softmax{axis - 1}, {in});
    return;
  }
  Shape flat(shape.begin(), shape.begin() + axis - 1);
  flat.push_back(element_count(std::span(shape).subspan(static_cast<std::size_t>(axis) - 1)));
  const ValueId rows = node.emit_part("rows", Reshape{flat}, {in});
  const ValueId soft = node.emit_part("softmax", Softmax{axis - 1}, {rows});
  node.emit(Reshape{shape}, {soft});
}

}  // namespace ripple
