#include "ripple/eval/dense/training_network.h"

#include <cmath>

#include <gtest/gtest.h>

#include "ripple/eval/dense/torch_ops.h"
#include "tests/small_training.h"

namespace ripple::dense {
namespace {

/// Two numbers, one layer, two classes.
Graph one_layer() {
  GraphBuilder b({1, 1, 2});
  Gemm fc = make_gemm(2, 2);
  fc.weight.data = {1, 2, 3, -1};
  fc.bias.data = {0.5f, -0.5f};
  return b.finish(b.add("fc", fc, {b.flatten("flat", b.input())}));
}

const Gemm& last_layer(const Graph& graph) {
  return std::get<Gemm>(graph.nodes.back().op);
}

at::Tensor images(const std::vector<float>& numbers) {
  return to_torch({{std::int64_t(numbers.size()) / 2, 1, 1, 2}, numbers}, at::kCPU);
}
at::Tensor labels(const std::vector<std::int64_t>& classes) {
  return at::tensor(classes, at::TensorOptions(at::kLong));
}

TrainOptions momentum_and_decay() {
  TrainOptions options;
  options.momentum = 0.9;
  options.weight_decay = 0.01;
  return options;
}

TEST(TrainingNetwork, StepsAreGradientDescentWithMomentumAndDecay) {
  Graph graph = one_layer();
  TrainingNetwork network(graph, {}, at::kCPU, 1);
  // The same by hand, in double precision.
  const double x[2] = {1.0, 0.5};
  double w[4] = {1, 2, 3, -1}, b[2] = {0.5, -0.5}, vw[4] = {}, vb[2] = {};
  for (const double learning_rate : {0.1, 0.4, 0.2}) {
    const double z[2] = {w[0] * x[0] + w[1] * x[1] + b[0], w[2] * x[0] + w[3] * x[1] + b[1]};
    const double p1 = 1.0 / (1.0 + std::exp(z[0] - z[1]));
    TrainingNetwork::PartResult part =
        network.forward_backward(0, images({1, 0.5f}), labels({0}), 4, 1);
    EXPECT_NEAR(part.sums.loss, -std::log(1.0 - p1), 1e-6);
    EXPECT_EQ(part.sums.correct, z[0] > z[1] ? 1 : 0);
    network.step(part, momentum_and_decay(), learning_rate);
    const double by_logit[2] = {-p1 / 4, p1 / 4};  // a share of a batch of four
    for (int k = 0; k < 2; ++k) {
      for (int i = 0; i < 2; ++i) {
        vw[2 * k + i] = 0.9 * vw[2 * k + i] + by_logit[k] * x[i] + 0.01 * w[2 * k + i];
        w[2 * k + i] -= learning_rate * vw[2 * k + i];
      }
      vb[k] = 0.9 * vb[k] + by_logit[k];  // biases do not decay
      b[k] -= learning_rate * vb[k];
    }
    network.save(graph);
    for (std::size_t i = 0; i < 4; ++i) EXPECT_NEAR(last_layer(graph).weight.data[i], w[i], 1e-6);
    for (std::size_t k = 0; k < 2; ++k) EXPECT_NEAR(last_layer(graph).bias.data[k], b[k], 1e-6);
  }
  const std::vector<float> velocity = network.velocity();
  ASSERT_EQ(velocity.size(), 6u);
  for (std::size_t i = 0; i < 4; ++i) EXPECT_NEAR(velocity[i], vw[i], 1e-6);
  for (std::size_t k = 0; k < 2; ++k) EXPECT_NEAR(velocity[4 + k], vb[k], 1e-6);
}

TEST(TrainingNetwork, PartsOfABatchAreAdded) {
  std::vector<std::vector<float>> trained;
  std::vector<double> losses;
  for (const bool whole : {true, false}) {
    Graph graph = one_layer();
    TrainingNetwork network(graph, {}, at::kCPU, 2);
    TrainingNetwork::PartResult sum;
    if (whole) {
      sum = network.forward_backward(0, images({1, 2, -1, 3}), labels({0, 1}), 2, 1);
    } else {
      sum.add(network.forward_backward(0, images({1, 2}), labels({0}), 2, 1));
      sum.add(network.forward_backward(1, images({-1, 3}), labels({1}), 2, 1));
    }
    EXPECT_EQ(sum.parts, whole ? 1 : 2);
    losses.push_back(sum.sums.loss);
    network.step(sum, momentum_and_decay(), 0.5);
    network.save(graph);
    trained.push_back(flat_constants(graph));
  }
  EXPECT_NEAR(losses[0], losses[1], 1e-6);
  ASSERT_EQ(trained[0].size(), trained[1].size());
  for (std::size_t i = 0; i < trained[0].size(); ++i) {
    EXPECT_NEAR(trained[0][i], trained[1][i], 1e-6);
  }
  EXPECT_NE(trained[0], flat_constants(one_layer()));
}

TEST(TrainingNetwork, StatisticsAreTheMeanOfTheParts) {
  GraphBuilder b({1, 1, 2});
  const ValueId norm = b.add("norm", make_batch_normalization(1), {b.input()});
  const ValueId half = b.add("half", Binary{BinaryKind::kMul, true, false, {{}, {0.5f}}}, {norm});
  Graph graph = b.finish(b.add("fc", make_gemm(2, 2), {b.flatten("flat", half)}));
  TrainingNetwork network(graph, {}, at::kCPU, 1);
  TrainingNetwork::PartResult sum = network.forward_backward(0, images({1, 3}), labels({0}), 2, 1);
  sum.add(network.forward_backward(0, images({5, 9}), labels({1}), 2, 1));
  network.step(sum, momentum_and_decay(), 0.1);
  network.save(graph);
  const auto& after = std::get<BatchNormalization>(graph.nodes[0].op);
  // Means 2 and 7, unbiased variances 2 and 8, each moving 0 and 1 by a tenth.
  EXPECT_NEAR(after.mean.data[0], 0.45, 1e-6);
  EXPECT_NEAR(after.variance.data[0], 1.4, 1e-6);
  // Constants of the file are not trained, and validation changes nothing.
  EXPECT_EQ(std::get<Binary>(graph.nodes[1].op).constant.data, std::vector<float>{0.5f});
  const std::vector<float> trained = flat_constants(graph);
  network.validate(0, images({4, 4}), labels({0}));
  network.save(graph);
  EXPECT_EQ(flat_constants(graph), trained);
}

TEST(TrainingNetwork, ContinuesWhereAnotherStopped) {
  const Graph graph = small_model(3).graph;
  Rng rng({11});
  const at::Tensor input = to_torch(random_tensor({6, 3, 10, 12}, rng), at::kCPU);
  const auto step = [&](TrainingNetwork& network) {
    TrainingNetwork::PartResult part =
        network.forward_backward(0, input, labels({0, 1, 2, 0, 1, 2}), 6, 3);
    network.step(part, momentum_and_decay(), 0.1);
  };
  TrainingNetwork unbroken(graph, {}, at::kCPU, 1);
  step(unbroken);
  step(unbroken);
  Graph stopped = graph;
  unbroken.save(stopped);
  const std::vector<float> velocity = unbroken.velocity();
  step(unbroken);
  const Graph other = small_model(3, 2).graph;
  TrainingNetwork resumed(other, {}, at::kCPU, 1);
  resumed.restore(stopped, velocity);
  step(resumed);
  Graph want = graph, got = other;
  unbroken.save(want);
  resumed.save(got);
  EXPECT_EQ(flat_constants(got), flat_constants(want));
  EXPECT_EQ(resumed.velocity(), unbroken.velocity());
}

TEST(TrainingNetwork, ConstantsInARowAndBack) {
  const Graph graph = small_model(3).graph;
  Graph other = small_model(3, 2).graph;
  EXPECT_NE(flat_constants(other), flat_constants(graph));
  set_constants(other, flat_constants(graph));
  EXPECT_EQ(flat_constants(other), flat_constants(graph));
  EXPECT_EQ(all_constants(other), all_constants(graph));
}

}  // namespace
}  // namespace ripple::dense
