#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "ripple/base/array.h"
#include "ripple/base/rng.h"
#include "ripple/image/image.h"
#include "ripple/model/graph_builder.h"

namespace ripple {

// What the executors are compared on: every operator in many forms, and small random networks.

inline Tensor random_tensor(Shape shape, Rng& rng, double mean = 0.0, double deviation = 1.0) {
  Tensor out = filled<float>(std::move(shape), 0.0f);
  for (float& value : out.data) value = static_cast<float>(rng.normal(mean, deviation));
  return out;
}

inline Image random_image(int width, int height, Rng& rng) {
  Image image = make_image(width, height);
  for (std::uint8_t& value : image.pixels) value = static_cast<std::uint8_t>(rng.below(256));
  return image;
}

/// n candidates of d edits; about every fourth edit falls on a corner, every fourth repeats the
/// pixel of the edit before it.
inline CandidateBatch random_candidates(int n, int d, int width, int height, Rng& rng) {
  CandidateBatch batch;
  batch.edits_per_candidate = d;
  const auto byte = [&] { return static_cast<std::uint8_t>(rng.below(256)); };
  for (int i = 0; i < n * d; ++i) {
    PixelEdit edit{static_cast<int>(rng.below(std::uint64_t(width))),
                   static_cast<int>(rng.below(std::uint64_t(height))), byte(), byte(), byte()};
    const std::uint64_t kind = rng.below(4);
    if (kind == 0) {
      edit.x = rng.below(2) == 0 ? 0 : width - 1;
      edit.y = rng.below(2) == 0 ? 0 : height - 1;
    } else if (kind == 1 && i % d != 0) {
      edit.x = batch.edits.back().x;
      edit.y = batch.edits.back().y;
    }
    batch.edits.push_back(edit);
  }
  return batch;
}

/// Fills weights with numbers that keep activations near 1, and biases and statistics with small
/// ones.
inline void randomise(Op& op, Rng& rng) {
  std::visit(
      [&](auto& o) {
        if constexpr (requires { o.weight; }) {
          const double fan_in = double(o.weight.data.size()) / double(o.weight.shape[0]);
          o.weight = random_tensor(o.weight.shape, rng, 0.0, std::sqrt(2.0 / fan_in));
        }
        if constexpr (requires { o.bias.data; }) {
          o.bias = random_tensor(o.bias.shape, rng, 0.0, 0.2);
        }
        if constexpr (requires { o.variance; }) {
          o.scale = random_tensor(o.scale.shape, rng, 1.0, 0.3);
          o.mean = random_tensor(o.mean.shape, rng, 0.0, 0.3);
          for (float& v : o.variance.data) v = static_cast<float>(rng.uniform(0.5, 2.0));
        }
      },
      op);
}

inline Conv window_conv(int out, int in, Window window, int groups = 1) {
  Conv conv = make_conv(out, in, 1, 1, 0, groups);
  conv.window = window;
  conv.weight = filled<float>({out, in / groups, window.kernel[0], window.kernel[1]}, 0.0f);
  return conv;
}

struct OpCase {
  std::string name;
  Op op;
  std::vector<Shape> inputs;
};

/// Every operator, with the borders of its parameters; on images that are not square.
inline std::vector<OpCase> op_cases(std::uint64_t seed = 1) {
  Rng rng({seed});
  const Shape image{6, 9, 7};
  const Shape channel{6, 1, 1};
  const Shape vector{10};
  const Window odd{{3, 2}, {2, 1}, {1, 2}, {1, 0}, {0, 2}};
  const auto constant = [&](Shape shape) { return random_tensor(std::move(shape), rng, 2.0, 0.3); };
  std::vector<OpCase> cases{
      {"conv 1x1", make_conv(4, 6, 1), {image}},
      {"conv 3x3 pad 1", make_conv(5, 6, 3, 1, 1), {image}},
      {"conv 3x3 stride 2 pad 1", make_conv(20, 6, 3, 2, 1), {image}},
      {"conv 5x5", make_conv(4, 6, 5), {image}},
      {"conv 3x3 dilated", make_conv(4, 6, 3, 1, 2, 1, 2), {image}},
      {"conv in 2 groups", make_conv(4, 6, 3, 1, 1, 2), {image}},
      {"conv depthwise", make_conv(6, 6, 3, 1, 1, 6), {image}},
      {"conv depthwise, two outputs a channel", make_conv(12, 6, 3, 2, 1, 6), {image}},
      {"conv asymmetric", window_conv(4, 6, odd), {image}},
      {"conv as keras stride 2",
       window_conv(4, 6, {{3, 3}, {2, 2}, {1, 1}, {0, 0}, {1, 1}}),
       {image}},
      {"conv pads of a whole window", make_conv(3, 6, 3, 1, 4), {image}},
      {"conv to one cell", window_conv(8, 6, {{9, 7}, {1, 1}, {1, 1}, {0, 0}, {0, 0}}), {image}},
      {"conv on three channels", make_conv(16, 3, 3, 1, 1), {{3, 9, 7}}},
      {"batch norm", make_batch_normalization(6), {image}},
      {"batch norm of a vector", make_batch_normalization(10), {vector}},
      {"relu", Relu{}, {image}},
      {"relu of a vector", Relu{}, {vector}},
      {"leaky relu", LeakyRelu{0.2f}, {image}},
      {"clip", Clip{-0.5f, 0.75f}, {image}},
      {"clip below", Clip{.low = 0.25f}, {image}},
      {"sigmoid", Sigmoid{}, {image}},
      {"tanh", Tanh{}, {image}},
      {"hard sigmoid", HardSigmoid{0.3f, 0.4f}, {image}},
      {"hard swish", HardSwish{}, {image}},
      {"elu", Elu{0.7f}, {image}},
      {"prelu", PRelu{random_tensor({6}, rng)}, {image}},
      {"prelu of a vector", PRelu{random_tensor({10}, rng)}, {vector}},
      {"concat channels", Concat{0}, {image, {2, 9, 7}, image}},
      {"concat columns", Concat{2}, {image, {6, 9, 1}}},
      {"concat vectors", Concat{0}, {vector, {3}}},
      {"max pool", MaxPool{make_window(2, 2)}, {image}},
      {"max pool 3x3 pad 1", MaxPool{make_window(3, 2, 1)}, {image}},
      {"max pool ceil", MaxPool{make_window(2, 2), true}, {image}},
      {"max pool asymmetric", MaxPool{odd}, {image}},
      {"max pool dilated", MaxPool{make_window(2, 1, 0, 3)}, {image}},
      {"max pool wide pad", MaxPool{make_window(3, 1, 2)}, {image}},
      {"average pool", AveragePool{make_window(2, 2)}, {image}},
      {"average pool pad", AveragePool{make_window(3, 2, 1)}, {image}},
      {"average pool counts pad", AveragePool{make_window(3, 2, 1), false, true}, {image}},
      {"average pool ceil", AveragePool{make_window(3, 2, 1), true, false}, {image}},
      {"average pool ceil counts pad", AveragePool{make_window(2, 2), true, true}, {image}},
      {"average pool asymmetric", AveragePool{{{3, 2}, {2, 1}, {1, 1}, {1, 0}, {0, 1}}}, {image}},
      {"average pool wide pad counted", AveragePool{make_window(3, 1, 2), false, true}, {image}},
      {"global average pool", GlobalAveragePool{}, {image}},
      {"lrn", Lrn{3, 0.5f, 0.75f, 1.5f}, {image}},
      {"lrn even", Lrn{4, 0.5f, 0.5f, 1.0f}, {image}},
      {"lrn wider than the channels", Lrn{15, 0.5f, 0.75f, 1.0f}, {image}},
      {"gemm", make_gemm(7, 10), {vector}},
      {"reshape to a vector", Reshape{{378}}, {image}},
      {"reshape to an image", Reshape{{2, 5, 1}}, {vector}},
      {"transpose", Transpose{{2, 0, 1}}, {image}},
      {"pad", Pad{{1, 0, 2}, {0, 3, 1}, PadMode::kConstant, 0.5f}, {image}},
      {"pad that crops", Pad{{0, -1, 2}, {0, 1, -2}, PadMode::kConstant, 0.0f}, {image}},
      {"pad reflecting", Pad{{0, 2, 6}, {0, 8, 1}, PadMode::kReflect, 0.0f}, {image}},
      {"pad channels with the edge", Pad{{2, 1, 0}, {1, 0, 9}, PadMode::kEdge, 0.0f}, {image}},
      {"slice", Slice{{1, 0, 1}, {2, 1, 3}, {3, 9, 2}}, {image}},
      {"slice backwards", Slice{{5, 8, 6}, {-1, -2, -3}, {6, 5, 3}}, {image}},
      {"softmax over channels", Softmax{0}, {image}},
      {"softmax over columns", Softmax{2}, {image}},
      {"softmax of a vector", Softmax{0}, {vector}},
  };
  for (const BinaryKind kind :
       {BinaryKind::kAdd, BinaryKind::kSub, BinaryKind::kMul, BinaryKind::kDiv}) {
    const std::string name(op_name(Op(Binary{kind})));
    cases.push_back({name + " of images", Binary{kind}, {image, image}});
    cases.push_back({name + " image, channels", Binary{kind}, {image, channel}});
    cases.push_back({name + " channels, image", Binary{kind}, {channel, image}});
    cases.push_back({name + " of vectors", Binary{kind}, {vector, vector}});
    cases.push_back({name + " vector, image", Binary{kind}, {{7}, image}});
    for (const Shape& shape : {Shape{}, channel, image, Shape{9, 1}, Shape{7}}) {
      for (const bool first : {false, true}) {
        cases.push_back({name + (first ? " from " : " of ") + to_string(shape),
                         Binary{kind, true, first, constant(shape)},
                         {image}});
      }
    }
    cases.push_back(
        {name + " that widens", Binary{kind, true, false, constant({6, 4, 5})}, {channel}});
  }
  for (OpCase& c : cases) randomise(c.op, rng);
  return cases;
}

/// A network around the operator "op" of a case, whose inputs are cut out of a [1, 1, count] image.
struct CaseGraph {
  Graph graph;
  ValueId output = 0;
};

inline CaseGraph graph_of(const OpCase& c) {
  std::int64_t total = 0;
  for (const Shape& shape : c.inputs) total += element_count(shape);
  GraphBuilder b({1, 1, total});
  const ValueId flat = b.add("flat", Reshape{{total}}, {b.input()});
  std::vector<ValueId> inputs;
  std::int64_t first = 0;
  for (const Shape& shape : c.inputs) {
    const std::string suffix = std::to_string(inputs.size());
    const std::int64_t count = element_count(shape);
    const ValueId part = b.add("part" + suffix, Slice{{first}, {1}, {count}}, {flat});
    inputs.push_back(b.add("input" + suffix, Reshape{shape}, {part}));
    first += count;
  }
  const ValueId out = b.add("op", c.op, inputs, "op output");
  // A Relu at the end, for a Softmax before a last reshape would be taken off as the network's own.
  CaseGraph made{b.finish(b.add("logits", Relu{}, {b.flatten("reshaped", out)})), -1};
  for (std::size_t i = 0; i < made.graph.values.size(); ++i) {
    if (made.graph.values[i].name == "op output") made.output = static_cast<ValueId>(i);
  }
  return made;
}

/// A random window for an image of height x width, which it fits: squares of 3, 5 and 7 at stride
/// 1, or sides, strides, dilations and pads that differ.
inline Window random_window(Rng& rng, std::int64_t height, std::int64_t width) {
  const auto below = [&](int n) { return static_cast<int>(rng.below(std::uint64_t(n))); };
  Window w;
  const bool square = below(2) == 0;
  const int side = 3 + 2 * below(3);
  for (const std::size_t axis : {0u, 1u}) {
    w.kernel[axis] = square ? side : 1 + below(7);
    w.stride[axis] = square ? 1 : 1 + below(3);
    w.dilation[axis] = square ? 1 : 1 + below(2);
    const int reach = (w.kernel[axis] - 1) * w.dilation[axis] + 1;
    const int cells = static_cast<int>(axis == 0 ? height : width);
    w.pad_begin[axis] = below(reach);
    w.pad_end[axis] = std::max(below(reach), reach - cells - w.pad_begin[axis]);
  }
  return w;
}

/// A random part of an image: about half of the axes whole, others thinned out or backwards.
inline Slice random_slice(Rng& rng, const Shape& in) {
  Slice slice;
  for (const std::int64_t extent : in) {
    const bool whole = rng.below(2) == 0;
    const std::int64_t step = whole ? 1 : 1 + std::int64_t(rng.below(2));
    const std::int64_t count = whole ? extent : 1 + (extent - 1) / step;
    const bool back = !whole && rng.below(2) == 0;
    slice.start.push_back(back ? (count - 1) * step : 0);
    slice.step.push_back(back ? -step : step);
    slice.shape.push_back(count);
  }
  return slice;
}

/// A small classifier: convolutions of every path, pools, normalisation, joins, gates, slices and
/// residual sums at random, then fully connected layers. Input 3 x 13 x 10, five classes.
inline Graph random_graph(std::uint64_t seed) {
  Rng rng({seed, 77});
  GraphBuilder b({3, 13, 10});
  int count = 0;
  const auto add = [&](Op op, std::vector<ValueId> inputs) {
    randomise(op, rng);
    return b.add("node" + std::to_string(count++), std::move(op), std::move(inputs));
  };
  const auto channels = [&](ValueId id) { return static_cast<int>(b.shape(id)[0]); };
  const auto cells = [&](ValueId id) { return b.shape(id)[1] * b.shape(id)[2]; };
  ValueId x = add(make_conv(8, 3, 3, 1, 1), {b.input()});
  for (int layer = 0; layer < 6; ++layer) {
    const int c = channels(x);
    const std::int64_t height = b.shape(x)[1], width = b.shape(x)[2];
    switch (rng.below(16)) {
      case 0:
        x = add(make_conv(4 + 4 * static_cast<int>(rng.below(4)), c, 3, 1, 1), {x});
        break;
      case 1:
        x = add(Relu{}, {add(make_batch_normalization(c), {x})});
        break;
      case 2: {  // residual block, pre-activation
        const ValueId y = add(Relu{}, {add(make_batch_normalization(c), {x})});
        x = add(Binary{BinaryKind::kAdd}, {x, add(make_conv(c, c, 3, 1, 1), {y})});
        break;
      }
      case 3: {  // residual block, ReLU behind the sum
        const ValueId y = add(make_batch_normalization(c), {add(make_conv(c, c, 3, 1, 1), {x})});
        x = add(Relu{}, {add(Binary{BinaryKind::kAdd}, {add(Relu{}, {y}), x})});
        break;
      }
      case 4:
        x = add(Concat{0}, {x, add(LeakyRelu{}, {add(make_conv(4, c, 1), {x})})});
        break;
      case 5:
        if (width >= 4) x = add(MaxPool{make_window(2, 2)}, {x});
        break;
      case 6:
        x = add(Relu{}, {add(make_conv(c, c, 3, 1, 1, c), {x})});
        break;
      case 7: {  // gate: each channel scaled by a number from the whole image
        const ValueId gate = add(Sigmoid{}, {add(GlobalAveragePool{}, {x})});
        x = add(Binary{BinaryKind::kMul}, {x, gate});
        break;
      }
      case 8: {  // the same by a small network, and in front
        const ValueId mean = add(GlobalAveragePool{}, {x});
        const ValueId mixed = add(Relu{}, {add(make_conv(4, c, 1), {mean})});
        const ValueId gate = add(HardSigmoid{}, {add(make_conv(c, 4, 1), {mixed})});
        x = add(Binary{rng.below(2) == 0 ? BinaryKind::kMul : BinaryKind::kSub}, {gate, x});
        break;
      }
      case 9:
      case 10: {  // any window, in groups or not
        const int groups = c % 4 == 0 && rng.below(2) == 0 ? (rng.below(2) == 0 ? 2 : c) : 1;
        const int out = groups == 1 ? 1 + static_cast<int>(rng.below(24)) : c;
        x = add(window_conv(out, c, random_window(rng, height, width), groups), {x});
        break;
      }
      case 11: {  // a residual sum around 5x5 and 7x7
        const int half = 2 + static_cast<int>(rng.below(2));
        const ValueId y = add(make_conv(c, c, 2 * half + 1, 1, half), {add(Relu{}, {x})});
        x = add(Binary{BinaryKind::kAdd}, {y, x});
        break;
      }
      case 12:
        x = add(random_slice(rng, b.shape(x)), {x});
        break;
      case 13: {  // tiles side by side, of which one is turned round
        const ValueId turned = add(Slice{{0, height - 1, 0}, {1, -1, 1}, b.shape(x)}, {x});
        if (cells(x) <= 65) x = add(Concat{1 + static_cast<int>(rng.below(2))}, {x, turned});
        break;
      }
      case 14: {
        const bool ceil_mode = rng.below(2) == 0, counts = rng.below(2) == 0;
        if (std::min(height, width) >= 3)
          x = add(AveragePool{make_window(3, 2, 1), ceil_mode, counts}, {x});
        break;
      }
      default:  // slices of the input channels
        if (cells(x) > 40) break;
        x = add(Relu{}, {add(make_conv(100, c, 1), {x})});
        x = add(Relu{}, {add(make_conv(20, 100, 3 + 2 * int(rng.below(2)), 1, 2), {x})});
        break;
    }
  }
  if (rng.below(3) == 0) x = add(GlobalAveragePool{}, {x});
  ValueId flat = b.flatten("flat", x);
  // Above 128 outputs a chunk is not all; above 512 KB of weights they go tile by tile.
  if (rng.below(3) == 0)
    flat = add(Relu{}, {add(make_gemm(150 + int(rng.below(100)), channels(flat)), {flat})});
  return b.finish(add(make_gemm(5, channels(flat)), {flat}));
}

}  // namespace ripple
