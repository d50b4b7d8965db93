#include "ripple/model/residual_networks.h"

#include <gtest/gtest.h>

#include "tests/network_size.h"

namespace ripple {
namespace {

int weighted_layers(const Graph& graph) {
  return static_cast<int>(
      std::count_if(graph.nodes.begin(), graph.nodes.end(), [](const Node& node) {
        return std::holds_alternative<Conv>(node.op) || std::holds_alternative<Gemm>(node.op);
      }));
}

TEST(ResidualNetworks, CifarResNetsHaveThePublishedSizes) {
  // 0.27, 0.46, 0.66 and 0.85 M in table 6 of the paper.
  const Graph resnet20 = build_cifar_resnet<3>({3, 32, 32}, 10);
  expect_size(resnet20, {269722, 40.55});
  EXPECT_EQ(weighted_layers(resnet20), 20);
  const Graph resnet32 = build_cifar_resnet<5>({3, 32, 32}, 10);
  expect_size(resnet32, {464154, 68.86});
  EXPECT_EQ(weighted_layers(resnet32), 32);
  const Graph resnet44 = build_cifar_resnet<7>({3, 32, 32}, 10);
  expect_size(resnet44, {658586, 97.17});
  EXPECT_EQ(weighted_layers(resnet44), 44);
  const Graph resnet56 = build_cifar_resnet<9>({3, 32, 32}, 10);
  expect_size(resnet56, {853018, 125.49});
  EXPECT_EQ(weighted_layers(resnet56), 56);
}

TEST(ResidualNetworks, Wrn16x4HasThePublishedSize) {
  const Graph graph = build_wrn16_4({3, 32, 32}, 10);
  // 2.7 M in the paper, which leaves out biases; here those before sums count.
  expect_size(graph, {2748890 + 1344, 394.0});
  EXPECT_EQ(weighted_layers(graph), 14 + 3);  // and three projections
  EXPECT_EQ(shape_after(graph, "end.relu"), (Shape{256, 8, 8}));
}

TEST(ResidualNetworks, ResNet18HasThePublishedSize) {
  const Graph graph = build_resnet18({3, 224, 224}, 1000);
  expect_size(graph, {11689512, 1814.1});
  EXPECT_EQ(shape_after(graph, "stem.conv"), (Shape{64, 112, 112}));
  EXPECT_EQ(shape_after(graph, "stem.pool"), (Shape{64, 56, 56}));
  EXPECT_EQ(shape_after(graph, "stage2.block1.shortcut.conv"), (Shape{128, 28, 28}));
  EXPECT_EQ(shape_after(graph, "stage4.block2.relu"), (Shape{512, 7, 7}));
  EXPECT_EQ(graph.classes(), 1000);
}

}  // namespace
}  // namespace ripple
