#pragma once

#include <string>
#include <utility>
#include <vector>

#include "ripple/eval/dense/trainer.h"
#include "tests/list_dataset.h"
#include "tests/random_graph.h"

namespace ripple {

/// Noise with labels at random: nothing to learn, all to be remembered.
inline ListDataset noise(int n, int classes, std::uint64_t seed = 1) {
  Rng rng({seed});
  std::vector<Sample> samples;
  for (int i = 0; i < n; ++i) {
    samples.push_back({random_image(12, 10, rng),
                       static_cast<int>(rng.below(std::uint64_t(classes))), std::to_string(i)});
  }
  std::vector<std::string> names;
  for (int c = 0; c < classes; ++c) names.push_back("class" + std::to_string(c));
  return {std::move(samples), std::move(names)};
}

/// Convolution, normalisation, residual sum, pooling, PRelu and two layers on 12 x 10 images.
inline Model small_model(int classes, std::uint64_t seed = 1) {
  Rng rng({seed});
  GraphBuilder b({3, 10, 12});
  const auto add = [&](const char* name, Op op, std::vector<ValueId> inputs) {
    randomise(op, rng);
    return b.add(name, std::move(op), std::move(inputs));
  };
  ValueId x = add("conv1", make_conv(16, 3, 3, 1, 1), {b.input()});
  x = add("relu1", Relu{}, {b.add("norm1", make_batch_normalization(16), {x})});
  const ValueId y =
      b.add("norm2", make_batch_normalization(16), {add("conv2", make_conv(16, 16, 3, 1, 1), {x})});
  x = add("relu2", Relu{}, {add("add", Binary{BinaryKind::kAdd}, {x, y})});
  x = add("pool", MaxPool{make_window(2, 2)}, {x});
  x = add("half", Binary{BinaryKind::kMul, true, false, {{}, {0.5f}}}, {x});
  x = b.add("prelu", PRelu{filled<float>({16}, 0.25f)}, {x});
  x = b.flatten("flat", x);
  Model model;
  model.graph = b.finish(add("fc", make_gemm(classes, 16 * 5 * 6), {x}));
  return model;
}

inline TrainOptions quick_training(int epochs) {
  TrainOptions options;
  options.epochs = epochs;
  options.batch = 64;
  options.learning_rate = 0.05;
  options.flips = false;
  options.shift = 0;
  options.threads = 2;
  return options;
}

/// Diverges after some good epochs: every step multiplies weights by 1 - 10 * 0.9, until floats
/// overflow.
inline TrainOptions diverging_training() {
  TrainOptions options = quick_training(30);
  options.learning_rate = 10;
  options.warmup_epochs = 0;
  options.weight_decay = 0.9;
  options.momentum = 0;
  return options;
}

/// Every number that training may have changed.
inline std::vector<float> all_constants(const Graph& graph) {
  std::vector<float> out;
  const auto append = [&](const Tensor& t) { out.insert(out.end(), t.data.begin(), t.data.end()); };
  for (const Node& node : graph.nodes) {
    std::visit(
        [&](const auto& op) {
          if constexpr (requires { op.weight; }) append(op.weight);
          if constexpr (requires { op.bias.data; }) append(op.bias);
          if constexpr (requires { op.slope; }) append(op.slope);
          if constexpr (requires { op.constant; }) append(op.constant);
          if constexpr (requires { op.variance; }) {
            append(op.scale);
            append(op.mean);
            append(op.variance);
          }
        },
        node.op);
  }
  return out;
}

}  // namespace ripple
