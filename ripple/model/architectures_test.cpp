#include "ripple/model/architectures.h"

#include <algorithm>
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

/// Checks what is published of an ImageNet network: trainable parameters, multiply-adds.
void expect_size(const Graph& graph, std::int64_t trainable, double giga_multiply_adds) {
  std::int64_t statistics = 0;
  std::int64_t macs = 0;
  std::int64_t without_effect = 0;
  for (const Node& node : graph.nodes) {
    macs += multiply_adds(graph, node);
    if (const auto* norm = std::get_if<BatchNormalization>(&node.op)) {
      statistics += std::int64_t(norm->mean.data.size() + norm->variance.data.size());
    }
    const bool normalised =
        std::any_of(graph.nodes.begin(), graph.nodes.end(), [&](const Node& reader) {
          return std::holds_alternative<BatchNormalization>(reader.op) &&
                 reader.inputs[0] == node.output;
        });
    // make_conv gives every convolution a bias; published counts leave it out before BatchNorm.
    const auto* conv = std::get_if<Conv>(&node.op);
    if (conv != nullptr && normalised) without_effect += std::int64_t(conv->bias.data.size());
  }
  EXPECT_EQ(parameters(graph) - statistics - without_effect, trainable);
  EXPECT_TRUE(std::abs(double(macs) * 1e-9 - giga_multiply_adds) < 0.005) << macs;
}

Shape shape_after(const Graph& graph, const std::string& name) {
  for (const Node& node : graph.nodes) {
    if (node.name == name) return graph.shape(node.output);
  }
  return {};
}

TEST(Architectures, AlexNetHasThePublishedSize) {
  const Graph graph = make_architecture("alexnet", {3, 224, 224}, 1000);
  expect_size(graph, 61100840, 0.714);
  EXPECT_EQ(shape_after(graph, "conv1"), (Shape{64, 55, 55}));
  EXPECT_EQ(shape_after(graph, "pool2"), (Shape{192, 13, 13}));
  EXPECT_EQ(shape_after(graph, "pool5"), (Shape{256, 6, 6}));
  EXPECT_EQ(graph.classes(), 1000);
}

TEST(Architectures, ResNet18HasThePublishedSize) {
  const Graph graph = make_architecture("resnet18", {3, 224, 224}, 1000);
  expect_size(graph, 11689512, 1.814);
  EXPECT_EQ(shape_after(graph, "stem.conv"), (Shape{64, 112, 112}));
  EXPECT_EQ(shape_after(graph, "stem.pool"), (Shape{64, 56, 56}));
  EXPECT_EQ(shape_after(graph, "stage2.block1.shortcut.conv"), (Shape{128, 28, 28}));
  EXPECT_EQ(shape_after(graph, "stage4.block2.relu"), (Shape{512, 7, 7}));
  EXPECT_EQ(graph.classes(), 1000);
}

TEST(Architectures, TakesImagesThatAreNotSquare) {
  EXPECT_EQ(make_architecture("lenet", {3, 20, 47}, 3).classes(), 3);
  EXPECT_EQ(make_architecture("resnet20", {3, 33, 18}, 2).classes(), 2);
  EXPECT_EQ(make_architecture("alexnet", {3, 63, 70}, 2).classes(), 2);
  EXPECT_EQ(make_architecture("resnet18", {3, 32, 57}, 2).classes(), 2);
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
        make_architecture("vgg", {3, 32, 32}, 10);
      },
      ErrorCode::kBadArgument, {"'vgg'", "lenet, resnet20"});
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
  expect_error(
      [] {
        make_architecture("alexnet", {3, 62, 224}, 10);
      },
      ErrorCode::kBadArgument, {"3x62x224", "larger images"});
  expect_error(
      [] {
        make_architecture("resnet18", {3, 224, 31}, 10);
      },
      ErrorCode::kBadArgument, {"3x224x31", "larger images"});
}

TEST(Architectures, TableIsComplete) {
  for (const Architecture& a : architectures()) {
    const int side = a.image_side == 32 ? 32 : 64;  // smaller than published: quicker to initialise
    EXPECT_EQ(make_architecture(std::string(a.name), {3, side, side}, 10).classes(), 10) << a.name;
    EXPECT_EQ(&find_architecture(a.name), &a);
    EXPECT_GE(a.classes, 2);
    EXPECT_FALSE(a.summary.empty());
    EXPECT_GT(a.learning_rate, 0.0);
  }
}

}  // namespace
}  // namespace ripple
