#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "ripple/base/array.h"

namespace ripple {

// Operators as plain structs. Shapes leave out the batch axis: an image activation is [C, H, W], a
// vector [F]. What an ONNX node got as constant inputs (weights, pads, slices) is inside the
// struct, so that the inputs of a Node are activations only. Fields are validated by infer_shape();
// executors may rely on them.

/// Kernel geometry of a convolution or pooling; first index rows (y), second columns (x).
struct Window {
  std::array<int, 2> kernel{1, 1};
  std::array<int, 2> stride{1, 1};
  std::array<int, 2> dilation{1, 1};
  std::array<int, 2> pad_begin{0, 0};  ///< top, left; auto_pad is resolved when a model is read
  std::array<int, 2> pad_end{0, 0};    ///< bottom, right
};

/// out[k, y, x] = bias[k] + sum over c, i, j of weight[k, c, i, j] * in[group(k) + c, y s + i d -
/// p, ...].
struct Conv {
  Window window;
  int groups = 1;
  Tensor weight;  ///< [K, C / groups, kernel rows, kernel columns]
  Tensor bias;    ///< [K]; zeros where the model has none
};

/// out = (in - mean) / sqrt(variance + epsilon) * scale + bias, per channel (inference form).
struct BatchNormalization {
  Tensor scale, bias, mean, variance;  ///< [C] each
  float epsilon = 1e-5f;
};

struct Relu {};
struct LeakyRelu {
  float alpha = 0.01f;  ///< slope below zero
};
/// Elementwise min(max(in, low), high).
struct Clip {
  float low = -std::numeric_limits<float>::infinity();
  float high = std::numeric_limits<float>::infinity();
};
struct Sigmoid {};
struct Tanh {};
/// max(0, min(1, alpha * in + beta))
struct HardSigmoid {
  float alpha = 0.2f;
  float beta = 0.5f;
};
/// in * max(0, min(1, in / 6 + 1 / 2))
struct HardSwish {};
/// in < 0 ? alpha * (exp(in) - 1) : in
struct Elu {
  float alpha = 1.0f;
};
/// in < 0 ? slope * in : in
struct PRelu {
  Tensor slope;  ///< [C]: one a channel, expanded when a model is read
};

/// Elementwise arithmetic of two activations (two inputs), or of one and a constant (one input).
/// Shapes broadcast as in NumPy, with all shapes written without the batch axis.
enum class BinaryKind { kAdd, kSub, kMul, kDiv };
struct Binary {
  BinaryKind kind = BinaryKind::kAdd;
  bool has_constant = false;
  bool constant_first = false;  ///< constant - in, constant / in
  Tensor constant{};            ///< broadcasts with the input; without a batch axis
};

/// Joins its inputs along `axis` (0 = channels of an image activation).
struct Concat {
  int axis = 0;
};

/// Largest value of the window; padding never wins. With `ceil_mode` the last window may reach past
/// the padding and is cut off there.
struct MaxPool {
  Window window;
  bool ceil_mode = false;
};
/// Mean of the window. The divisor is the number of cells inside the image or, with
/// `count_include_pad`, inside the padded image (what ceil_mode adds beyond it never counts).
struct AveragePool {
  Window window;
  bool ceil_mode = false;
  bool count_include_pad = false;
};
/// [C, H, W] -> [C, 1, 1]; ReduceMean over rows and columns is read as this (and a Reshape).
struct GlobalAveragePool {};

/// out[c] = in[c] / (bias + alpha / size * sum of in[c']^2)^beta, c' in [c - (size-1)/2, c +
/// size/2].
struct Lrn {
  int size = 5;
  float alpha = 1e-4f;
  float beta = 0.75f;
  float bias = 1.0f;
};

/// Fully connected: out[k] = bias[k] + sum over f of weight[k, f] * in[f]; Gemm and MatMul are read
/// so.
struct Gemm {
  Tensor weight;  ///< [K, F]
  Tensor bias;    ///< [K]; zeros where the model has none
};

/// The same numbers in row-major order under the output's shape; Flatten, Squeeze, Unsqueeze too.
struct Reshape {
  Shape shape;  ///< of the output
};
/// out axis i is in axis permutation[i].
struct Transpose {
  std::vector<int> permutation;
};
enum class PadMode { kConstant, kReflect, kEdge };
struct Pad {
  std::vector<std::int64_t> begin, end;  ///< one an axis; negative values crop (constant mode only)
  PadMode mode = PadMode::kConstant;
  float value = 0.0f;
};
/// out[i] = in[start + i * step] along each axis.
struct Slice {
  std::vector<std::int64_t> start,
      step;     ///< one an axis; step is not 0, negative ones run backwards
  Shape shape;  ///< of the output
};
/// Softmax along `axis`. A trailing one is not a node: see Graph::ends_in_softmax.
struct Softmax {
  int axis = 0;
};

using Op = std::variant<Conv, BatchNormalization, Relu, LeakyRelu, Clip, Sigmoid, Tanh, HardSigmoid,
                        HardSwish, Elu, PRelu, Binary, Concat, MaxPool, AveragePool,
                        GlobalAveragePool, Lrn, Gemm, Reshape, Transpose, Pad, Slice, Softmax>;

/// Visits an Op with one lambda an operator and no default: a new operator does not compile until
/// every executor answers it.
template <typename... Ts>
struct Overloaded : Ts... {
  using Ts::operator()...;
};
template <typename... Ts>
Overloaded(Ts...) -> Overloaded<Ts...>;

/// Index into Graph::values.
using ValueId = int;

/// An activation: what one node writes and others read.
struct Value {
  std::string name;  ///< the ONNX tensor name
  Shape shape;       ///< without the batch axis
};

struct Node {
  std::string name;  ///< unique in the graph; the ONNX node name, or its output's where it has none
  Op op;
  std::vector<ValueId> inputs;
  ValueId output = -1;
};

/// A network: nodes in an order in which every input is written before it is read. Built by
/// read_onnx() or GraphBuilder, which validate it; executors rely on that.
struct Graph {
  std::vector<Value> values;
  std::vector<Node> nodes;
  ValueId input = 0;             ///< [C, H, W]: the preprocessed image
  ValueId logits = 0;            ///< [classes]: the scores before any softmax
  bool ends_in_softmax = false;  ///< the model file applies a Softmax to the logits
  std::string output_name;       ///< the ONNX name of the model's output

  const Shape& shape(ValueId id) const { return values[static_cast<std::size_t>(id)].shape; }
  int channels() const { return static_cast<int>(shape(input)[0]); }
  int height() const { return static_cast<int>(shape(input)[1]); }
  int width() const { return static_cast<int>(shape(input)[2]); }
  int classes() const { return static_cast<int>(shape(logits)[0]); }
};

/// The ONNX name of the operator, e.g. "Conv", "Sub", "LRN".
std::string_view op_name(const Op& op);

/// Multiply-adds of one pass over one image: Conv and Gemm only, padding counted as work (the usual
/// convention of published figures).
std::int64_t multiply_adds(const Graph& graph, const Node& node);

/// Stored numbers of the node: weights, biases, scales, statistics; constants of Binary too.
std::int64_t parameter_count(const Op& op);

/// Which input pixels a cell can see: `size` pixels; neighbouring cells are `jump` pixels apart;
/// the first cell's field begins at pixel `start` (negative inside the padding). First index rows,
/// second columns. Behind global pooling, Gemm and whatever else mixes positions the field is
/// `global`: the whole image.
struct ReceptiveField {
  std::array<std::int64_t, 2> size{1, 1};
  std::array<std::int64_t, 2> jump{1, 1};
  std::array<std::int64_t, 2> start{0, 0};
  bool global = false;
};

/// The theoretical receptive field of every value, by ValueId; for joins the union of the branches.
/// Source: the recurrences of Araujo, Norris & Sim 2019, doi:10.23915/distill.00021.
std::vector<ReceptiveField> receptive_fields(const Graph& graph);

}  // namespace ripple
