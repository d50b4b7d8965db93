#include <algorithm>
#include <cmath>
#include <optional>

#include "ripple/model/onnx_import.h"
#include "ripple/model/onnx_operators.h"

namespace ripple {
namespace {

/// Drops the leading axes of extent 1 down to `rank`, the batch axis among them: a constant that
/// is the same for every image of a batch.
void strip_batch(NodeImport& node, Shape& shape, std::size_t rank) {
  while (shape.size() > rank) {
    if (shape[0] != 1) {
      node.unsupported("a constant of {} is not the same for every image of a batch",
                       to_string(shape));
    }
    shape.erase(shape.begin());
  }
}

void import_binary(NodeImport& node, BinaryKind kind) {
  node.attributes().ignore("consumed_inputs");
  if (node.input_count() != 2) node.bad("needs two inputs, has {}", node.input_count());
  if (!node.is_constant(0) && !node.is_constant(1)) {
    const ValueId a = node.value(0);
    const ValueId b = node.value(1);
    if (node.shape(a).size() != node.shape(b).size()) {
      node.unsupported("activations of {} and {} would broadcast over the batch axis",
                       to_string(node.onnx_shape(a)), to_string(node.onnx_shape(b)));
    }
    node.emit(Binary{kind}, {a, b});
    return;
  }
  const int constant = node.is_constant(0) ? 0 : 1;
  const ValueId in = node.value(1 - constant);
  Binary op{kind, true, constant == 0, node.take_tensor(constant)};
  if (op.constant.shape.size() > node.shape(in).size() + 1) {
    node.unsupported("a constant of {} adds axes to an activation of {}",
                     to_string(op.constant.shape), to_string(node.onnx_shape(in)));
  }
  strip_batch(node, op.constant.shape, node.shape(in).size());
  node.emit(std::move(op), {in});
}

float limit(NodeImport& node, int index, const char* name, float fallback) {
  if (node.opset() < 11) {
    if (node.has_input(index)) node.bad("has {} as an input, which came with opset 11", name);
    return node.attributes().real(name, fallback);
  }
  if (!node.has_input(index)) return fallback;
  const float value = node.scalar(index);
  if (std::isnan(value)) node.bad("{} is not a number", name);
  return value;
}

}  // namespace

void import_batch_normalization(NodeImport& node) {
  if (node.opset() < 9) node.attributes().integer("spatial", 1, 1, 1);
  // Before opset 14 the number of outputs says it.
  const bool training = node.opset() >= 14
                            ? node.attributes().integer("training_mode", 0, 0, 1) == 1
                            : node.has_outputs_behind_first();
  if (training) node.unsupported("is in training mode; export the network for inference");
  node.attributes().ignore("momentum");
  BatchNormalization op;
  op.epsilon = node.attributes().real("epsilon", 1e-5f);
  op.scale = node.take_tensor(1);
  op.bias = node.take_tensor(2);
  op.mean = node.take_tensor(3);
  op.variance = node.take_tensor(4);
  node.emit(std::move(op), {node.value(0)});
}

void import_relu(NodeImport& node) {
  node.emit(Relu{}, {node.value(0)});
}

void import_leaky_relu(NodeImport& node) {
  node.emit(LeakyRelu{node.attributes().real("alpha", 0.01f)}, {node.value(0)});
}

void import_clip(NodeImport& node) {
  Clip clip;
  clip.low = limit(node, 1, "min", clip.low);
  clip.high = limit(node, 2, "max", clip.high);
  node.emit(clip, {node.value(0)});
}

void import_sigmoid(NodeImport& node) {
  node.emit(Sigmoid{}, {node.value(0)});
}

void import_tanh(NodeImport& node) {
  node.emit(Tanh{}, {node.value(0)});
}

void import_hard_sigmoid(NodeImport& node) {
  const float alpha = node.attributes().real("alpha", 0.2f);
  const float beta = node.attributes().real("beta", 0.5f);
  node.emit(HardSigmoid{alpha, beta}, {node.value(0)});
}

void import_hard_swish(NodeImport& node) {
  node.emit(HardSwish{}, {node.value(0)});
}

void import_elu(NodeImport& node) {
  node.emit(Elu{node.attributes().real("alpha", 1.0f)}, {node.value(0)});
}

void import_prelu(NodeImport& node) {
  const ValueId in = node.value(0);
  const std::size_t rank = node.shape(in).size();
  if (rank == 0) node.bad("needs an input with channels");
  const std::int64_t channels = node.shape(in)[0];
  PRelu op{node.take_tensor(1)};
  Shape shape = op.slope.shape;
  strip_batch(node, shape, rank);
  // What is left broadcasts over the last axes: only the channel axis may have more than one.
  for (std::size_t i = 0; i < shape.size(); ++i) {
    const bool is_channel = i == 0 && shape.size() == rank;
    if (shape[i] != 1 && !(is_channel && shape[i] == channels)) {
      node.unsupported("a slope of {} is not one number a channel", to_string(op.slope.shape));
    }
  }
  if (op.slope.data.size() == 1) {
    node.charge_weights(channels);
    op.slope.data.assign(static_cast<std::size_t>(channels), op.slope.data[0]);
  }
  op.slope.shape = {channels};
  node.emit(std::move(op), {in});
}

void import_add(NodeImport& node) {
  import_binary(node, BinaryKind::kAdd);
}
void import_sub(NodeImport& node) {
  import_binary(node, BinaryKind::kSub);
}
void import_mul(NodeImport& node) {
  import_binary(node, BinaryKind::kMul);
}
void import_div(NodeImport& node) {
  import_binary(node, BinaryKind::kDiv);
}

void import_identity(NodeImport& node) {
  node.set_output(node.value(0));
}

void import_dropout(NodeImport& node) {
  node.attributes().ignore("ratio");
  node.attributes().ignore("seed");
  if (node.opset() < 12 && node.input_count() > 1) {
    node.bad("has ratio or training_mode as an input, which came with opset 12");
  }
  if (node.has_input(2)) {
    const Constant& training = node.constant(2);
    if (training.is_float() || training.count() != 1) node.bad("training_mode is not one boolean");
    if (training.ints()[0] != 0) {
      node.unsupported("is in training mode; export the network for inference");
    }
  }
  node.set_output(node.value(0));
}

void import_cast(NodeImport& node) {
  const std::int64_t to = node.attributes().integer("to", 0, 1, INT32_MAX);
  if (!is_float_type(to)) {
    node.unsupported("to element type {} is not supported on activations", to);
  }
  node.set_output(node.value(0));  // everything is computed in float
}

}  // namespace ripple
