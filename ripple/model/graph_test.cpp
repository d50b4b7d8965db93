#include "ripple/model/graph.h"

#include <gtest/gtest.h>

#include "ripple/model/graph_builder.h"

namespace ripple {
namespace {

TEST(Graph, CountsMultiplyAddsAndParameters) {
  GraphBuilder b({3, 32, 32});
  const ValueId conv = b.add("conv", make_conv(6, 3, 5), {b.input()});
  const Graph graph = b.finish(b.add("fc", make_gemm(10, 6 * 28 * 28), {b.flatten("flat", conv)}));
  EXPECT_EQ(multiply_adds(graph, graph.nodes[0]), 28 * 28 * 6 * 75);
  EXPECT_EQ(parameter_count(graph.nodes[0].op), 6 * 75 + 6);
  EXPECT_EQ(multiply_adds(graph, graph.nodes[1]), 0);
  EXPECT_EQ(multiply_adds(graph, graph.nodes[2]), 47040);
}

TEST(Graph, GroupedConvolutionsDoLess) {
  GraphBuilder b({4, 8, 8});
  const ValueId conv = b.add("conv", make_conv(4, 4, 3, 1, 1, 4), {b.input()});
  const Graph graph = b.finish(b.flatten("flat", conv));
  EXPECT_EQ(multiply_adds(graph, graph.nodes[0]), 4 * 9 * 64);
}

TEST(Graph, ReceptiveFieldGrowsWithKernelStrideAndDilation) {
  GraphBuilder b({3, 32, 32});
  const ValueId a = b.add("a", make_conv(4, 3, 3, 1, 1), {b.input()});
  const ValueId p = b.add("p", MaxPool{make_window(2, 2)}, {a});
  const ValueId c = b.add("c", make_conv(4, 4, 3, 1, 2, 1, 2), {p});
  const ValueId g = b.add("g", GlobalAveragePool{}, {c});
  const Graph graph = b.finish(b.flatten("flat", g));
  const auto fields = receptive_fields(graph);
  EXPECT_EQ(fields[a].size[0], 3);
  EXPECT_EQ(fields[a].start[0], -1);
  EXPECT_EQ(fields[p].size[0], 4);
  EXPECT_EQ(fields[p].jump[0], 2);
  EXPECT_EQ(fields[c].size[1], 4 + 2 * 2 * 2);
  EXPECT_EQ(fields[c].start[1], -1 - 2 * 2);
  EXPECT_TRUE(fields[g].global);
  EXPECT_EQ(fields[g].size[0], 32);
}

TEST(Graph, ReceptiveFieldOfAJoinIsTheUnion) {
  GraphBuilder b({4, 16, 16});
  const ValueId wide = b.add("wide", make_conv(4, 4, 5, 1, 2), {b.input()});
  const ValueId sum = b.add("sum", Binary{}, {b.input(), wide});
  const Graph graph = b.finish(b.flatten("flat", sum));
  EXPECT_EQ(receptive_fields(graph)[sum].size[0], 5);
  EXPECT_EQ(receptive_fields(graph)[sum].start[0], -2);
}

TEST(Graph, ReceptiveFieldsBeyondTheRecurrencesAreTheWholeImage) {
  GraphBuilder b({4, 16, 16});
  const ValueId coarse = b.add("coarse", AveragePool{make_window(16, 16)}, {b.input()});
  const ValueId gated = b.add("gate", Binary{BinaryKind::kMul}, {b.input(), coarse});
  const ValueId back = b.add("back", Slice{{0, 15, 0}, {1, -1, 1}, {4, 16, 16}}, {b.input()});
  ValueId last = b.add("sum", Binary{}, {gated, back});
  // 64 strides of 2 on a single cell: pixels apart by 2^64.
  last = b.add("cell", AveragePool{make_window(16, 16)}, {last});
  for (int i = 0; i < 64; ++i)
    last = b.add("pool" + std::to_string(i), MaxPool{make_window(1, 2)}, {last});
  const auto fields = receptive_fields(b.finish(b.flatten("flat", last)));
  for (const ValueId id : {gated, back, last}) {
    EXPECT_TRUE(fields[id].global);
    EXPECT_EQ(fields[id].size[0], 16);
  }
  EXPECT_FALSE(fields[coarse].global);
}

TEST(Graph, NamesOperatorsAsOnnxDoes) {
  EXPECT_EQ(op_name(Lrn{}), "LRN");
  EXPECT_EQ(op_name(Binary{.kind = BinaryKind::kDiv}), "Div");
}

}  // namespace
}  // namespace ripple
