#include "ripple/model/plain_networks.h"

#include <gtest/gtest.h>

#include "tests/network_size.h"

namespace ripple {
namespace {

TEST(PlainNetworks, LeNetHasThePublishedSize) {
  expect_size(build_lenet({3, 32, 32}, 10), {62006, 0.651});
}

TEST(PlainNetworks, AllConvHasThePublishedSize) {
  const Graph graph = build_allconv({3, 32, 32}, 10);
  expect_size(graph, {1369738, 270.8});  // "about 1.4 M" in the paper's table 3
  EXPECT_EQ(shape_after(graph, "conv3"), (Shape{96, 16, 16}));
  EXPECT_EQ(shape_after(graph, "conv6"), (Shape{192, 8, 8}));
  EXPECT_EQ(shape_after(graph, "conv9"), (Shape{10, 6, 6}));
}

TEST(PlainNetworks, NinHasThePublishedSize) {
  const Graph graph = build_nin({3, 32, 32}, 10);
  expect_size(graph, {966986, 222.5});  // as its Caffe model
  EXPECT_EQ(shape_after(graph, "pool1"), (Shape{96, 16, 16}));
  EXPECT_EQ(shape_after(graph, "pool2"), (Shape{192, 8, 8}));
  EXPECT_EQ(shape_after(graph, "cccp6"), (Shape{10, 8, 8}));
}

TEST(PlainNetworks, Vgg16HasThePublishedSize) {
  const Graph graph = build_vgg16({3, 32, 32}, 10);
  // 14,714,688 weights and biases of the convolutions, which published counts include.
  expect_size(graph, {14714688 - 4224 + 2 * 4224 + 512 * 513 + 10 * 513, 313.5});
  EXPECT_EQ(shape_after(graph, "pool5"), (Shape{512, 1, 1}));
}

TEST(PlainNetworks, NarrowVgg16HasAQuarterOfTheChannels) {
  const Graph graph = build_vgg16_narrow({3, 32, 32}, 10);
  expect_size(graph, {939642, 19.9});
  EXPECT_EQ(shape_after(graph, "conv1_1"), (Shape{16, 32, 32}));
  EXPECT_EQ(shape_after(graph, "conv5_3"), (Shape{128, 2, 2}));
}

TEST(PlainNetworks, AlexNetHasThePublishedSize) {
  const Graph graph = build_alexnet({3, 224, 224}, 1000);
  expect_size(graph, {61100840, 714.2});
  EXPECT_EQ(shape_after(graph, "conv1"), (Shape{64, 55, 55}));
  EXPECT_EQ(shape_after(graph, "pool2"), (Shape{192, 13, 13}));
  EXPECT_EQ(shape_after(graph, "pool5"), (Shape{256, 6, 6}));
  EXPECT_EQ(graph.classes(), 1000);
}

}  // namespace
}  // namespace ripple
