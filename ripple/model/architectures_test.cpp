#include "ripple/model/architectures.h"

#include <cmath>

#include <gtest/gtest.h>

#include "tests/expect_error.h"

namespace ripple {
namespace {

std::int64_t parameters(const Graph& graph) {
  std::int64_t sum = 0;
  for (const Node& node : graph.nodes) sum += parameter_count(node.op);
  return sum;
}

TEST(Architectures, LeNetHasThePublishedSize) {
  const Graph graph = make_architecture("lenet", {3, 32, 32}, 10);
  EXPECT_EQ(parameters(graph), 62006);
  EXPECT_EQ(graph.classes(), 10);
}

TEST(Architectures, ResNet20HasThePublishedSize) {
  const Graph graph = make_architecture("resnet20", {3, 32, 32}, 10);
  std::int64_t weights = 0;
  int layers = 0;
  for (const Node& node : graph.nodes) {
    const auto* conv = std::get_if<Conv>(&node.op);
    const auto* gemm = std::get_if<Gemm>(&node.op);
    layers += conv != nullptr || gemm != nullptr;
    if (conv != nullptr) weights += std::int64_t(conv->weight.data.size());
    if (gemm != nullptr) weights += std::int64_t(gemm->weight.data.size());
  }
  EXPECT_EQ(layers, 20);
  EXPECT_EQ(weights, 268336);  // of the published 0.27 M; the rest is biases and normalisation
}

TEST(Architectures, TakesImagesThatAreNotSquare) {
  EXPECT_EQ(make_architecture("lenet", {3, 20, 47}, 3).classes(), 3);
  EXPECT_EQ(make_architecture("resnet20", {3, 33, 18}, 2).classes(), 2);
}

TEST(Architectures, WeightsComeFromTheSeedAndHaveHesDeviation) {
  const Graph a = make_architecture("resnet20", {3, 32, 32}, 10, 7);
  const Graph b = make_architecture("resnet20", {3, 32, 32}, 10, 7);
  const Graph c = make_architecture("resnet20", {3, 32, 32}, 10, 8);
  for (std::size_t i = 0; i < a.nodes.size(); ++i) {
    const auto* conv = std::get_if<Conv>(&a.nodes[i].op);
    if (conv == nullptr) continue;
    EXPECT_EQ(conv->weight, std::get<Conv>(b.nodes[i].op).weight);
    EXPECT_NE(conv->weight, std::get<Conv>(c.nodes[i].op).weight);
    double squares = 0.0;
    for (const float w : conv->weight.data) squares += double{w} * w;
    const double fan_in = double(conv->weight.data.size()) / double(conv->weight.shape[0]);
    const double got = squares / double(conv->weight.data.size()) * fan_in / 2.0;
    EXPECT_TRUE(std::abs(got - 1.0) < 0.3) << a.nodes[i].name << " " << got;
  }
}

TEST(Architectures, Refuses) {
  expect_error(
      [] {
        make_architecture("alexnet", {3, 32, 32}, 10);
      },
      ErrorCode::kBadArgument, {"'alexnet'", "lenet, resnet20"});
  expect_error(
      [] {
        make_architecture("lenet", {3, 32, 32}, 1);
      },
      ErrorCode::kBadArgument, {"1 classes"});
  expect_error(
      [] {
        make_architecture("lenet", {3, 8, 32}, 10);
      },
      ErrorCode::kBadArgument, {"3x8x32", "larger images"});
}

TEST(Architectures, TableIsComplete) {
  for (const Architecture& a : architectures()) {
    EXPECT_EQ(make_architecture(std::string(a.name), {3, 32, 32}, 10).classes(), 10) << a.name;
    EXPECT_FALSE(a.summary.empty());
    EXPECT_GT(a.learning_rate, 0.0);
  }
}

}  // namespace
}  // namespace ripple
