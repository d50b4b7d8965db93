#include "ripple/model/graph_builder.h"

#include <gtest/gtest.h>

#include "ripple/base/error.h"

namespace ripple {
namespace {

TEST(GraphBuilder, BuildsAndNamesValues) {
  GraphBuilder b({3, 8, 6});
  const ValueId conv = b.add("conv", make_conv(4, 3, 3), {b.input()}, "features");
  const Graph graph = b.finish(b.add("fc", make_gemm(5, 4 * 6 * 4), {b.flatten("flat", conv)}));
  EXPECT_EQ(graph.shape(graph.logits), (Shape{5}));
  EXPECT_EQ(graph.values[1].name, "features");
  EXPECT_EQ(graph.height(), 8);
  EXPECT_EQ(graph.width(), 6);
  EXPECT_EQ(graph.output_name, "fc");
}

TEST(GraphBuilder, TakesATrailingSoftmaxOff) {
  GraphBuilder b({3, 2, 2});
  const ValueId fc = b.add("fc", make_gemm(4, 12), {b.flatten("flat", b.input())});
  const Graph graph = b.finish(b.add("softmax", Softmax{0}, {fc}));
  EXPECT_TRUE(graph.ends_in_softmax);
  EXPECT_EQ(graph.nodes.back().name, "fc");
  EXPECT_EQ(graph.output_name, "softmax");
}

TEST(GraphBuilder, TakesATrailingSoftmaxOffAlsoBeforeAReshape) {
  GraphBuilder b({3, 2, 2});
  const ValueId softmax =
      b.add("softmax", Softmax{0}, {b.add("pool", GlobalAveragePool{}, {b.input()})});
  const Graph graph = b.finish(b.flatten("flat", softmax), "probabilities");
  EXPECT_TRUE(graph.ends_in_softmax);
  ASSERT_EQ(graph.nodes.size(), 2u);
  EXPECT_EQ(graph.nodes[0].name, "pool");
  EXPECT_EQ(graph.nodes[1].name, "flat");
  EXPECT_EQ(graph.nodes[1].inputs[0], graph.nodes[0].output);
}

TEST(GraphBuilder, KeepsASoftmaxThatDoesNotRunOverTheClasses) {
  GraphBuilder b({3, 2, 2});
  const ValueId softmax = b.add("softmax", Softmax{0}, {b.input()});
  const Graph graph = b.finish(b.flatten("flat", softmax));
  EXPECT_FALSE(graph.ends_in_softmax);
  EXPECT_EQ(graph.nodes.size(), 2u);
}

TEST(GraphBuilder, DropsWhatTheLogitsDoNotNeed) {
  GraphBuilder b({3, 2, 2});
  b.add("unused", Relu{}, {b.input()});
  const Graph graph = b.finish(b.add("fc", make_gemm(4, 12), {b.flatten("flat", b.input())}));
  EXPECT_EQ(graph.nodes.size(), 2u);
  EXPECT_EQ(graph.values.size(), 3u);
}

TEST(GraphBuilder, RefusesANameUsedTwice) {
  GraphBuilder b({3, 2, 2});
  b.add("relu", Relu{}, {b.input()});
  EXPECT_THROW(b.add("relu", Relu{}, {b.input()}), Error);
}

TEST(GraphBuilder, RefusesAnOutputThatIsNoVector) {
  GraphBuilder b({3, 2, 2});
  EXPECT_THROW(b.finish(b.add("relu", Relu{}, {b.input()})), Error);
}

TEST(GraphBuilder, RefusesAnInputThatIsNoImage) {
  EXPECT_THROW(GraphBuilder({3, 2}), Error);
}

TEST(GraphBuilder, RefusesAValueThatDoesNotExist) {
  GraphBuilder b({3, 2, 2});
  EXPECT_THROW(b.add("relu", Relu{}, {7}), Error);
}

}  // namespace
}  // namespace ripple
