#include "ripple/model/graph_passes.h"

#include <gtest/gtest.h>

#include "ripple/eval/reference/reference.h"
#include "ripple/model/graph_builder.h"
#include "tests/onnx_test_model.h"

namespace ripple {
namespace {

TEST(FoldBatchNormalization, FoldsIntoTheConvolutionBefore) {
  TestModel model;
  model.weights("k", {2, 3, 1, 1});
  model.node("Conv", {"x", "k"}, "c");
  model.numbers("scale", {2}, {2, 3});
  model.numbers("bias", {2}, {1, -1});
  model.numbers("mean", {2}, {4, 0});
  model.numbers("var", {2}, {3, 8});
  set_float(model.node("BatchNormalization", {"c", "scale", "bias", "mean", "var"}, "b"), "epsilon",
            1.0f);
  model.classify("b", 2 * 48);
  const Graph graph = model.read().graph;
  EXPECT_EQ(graph.nodes.size(), 4u);
  const Graph folded = fold_batch_normalization(graph);
  ASSERT_EQ(folded.nodes.size(), 3u);
  const auto& conv = std::get<Conv>(folded.nodes[0].op);
  EXPECT_EQ(conv.bias.data, (std::vector<float>{1.0f - 4.0f, -1.0f}));
  EXPECT_FLOAT_EQ(conv.weight.data[0], 0.5f);
  EXPECT_FLOAT_EQ(conv.weight.data[3], 1.25f);
  EXPECT_EQ(folded.values[folded.nodes[0].output].name, "b");
}

TEST(FoldBatchNormalization, StaysWhereTheConvolutionIsReadTwice) {
  TestModel model;
  model.weights("k", {2, 3, 1, 1});
  model.node("Conv", {"x", "k"}, "c");
  model.numbers("one", {2}, {1, 1});
  model.numbers("zero", {2}, {0, 0});
  model.node("BatchNormalization", {"c", "one", "zero", "zero", "one"}, "b");
  model.node("Add", {"c", "b"}, "s");
  model.classify("s", 2 * 48);
  EXPECT_EQ(fold_batch_normalization(model.read().graph).nodes.size(), 5u);
}

/// Two fully connected layers; `between` adds what stands between them, from the first one's
/// output.
template <typename Between>
Graph two_layers(const Between& between) {
  GraphBuilder b({1, 1, 3});
  Gemm first = make_gemm(2, 3);
  first.weight.data = {1, 2, 3, 4, 5, 6};
  const ValueId fc1 = b.add("fc1", first, {b.flatten("flat", b.input())}, "fc1.out");
  Gemm second = make_gemm(2, 2);
  second.weight.data = {1, -1, 2, 0.5f};
  return b.finish(b.add("fc2", second, {between(b, fc1)}));
}

Binary constant_op(BinaryKind kind, Tensor constant) {
  return Binary{kind, true, false, std::move(constant)};
}
Binary added(Shape shape, std::vector<float> values) {
  return constant_op(BinaryKind::kAdd, {std::move(shape), std::move(values)});
}

std::vector<double> logits_of(const Graph& graph) {
  return reference_activations(graph, {{1, 1, 3}, {0.5f, -1, 2}})[std::size_t(graph.logits)].data;
}

TEST(FuseBias, MovesAnAddIntoTheLayerBefore) {
  for (const auto& [constant, bias] : {std::pair{added({2}, {10, 20}), std::vector<float>{10, 20}},
                                       {added({1}, {7}), {7, 7}},
                                       {added({}, {7}), {7, 7}}}) {
    const Graph graph = two_layers(
        [&](GraphBuilder& b, ValueId in) { return b.add("add", constant, {in}, "sum"); });
    const Graph fused = fuse_bias(graph, {"fc1"});
    ASSERT_EQ(fused.nodes.size(), 3u);
    EXPECT_EQ(std::get<Gemm>(fused.nodes[1].op).bias.data, bias);
    EXPECT_EQ(std::get<Gemm>(fused.nodes[2].op).bias.data, (std::vector<float>{0, 0}));
    // Values keep their names and stand in the order in which they are written.
    ASSERT_EQ(fused.values.size(), 4u);
    EXPECT_EQ(fused.values[2].name, "sum");
    EXPECT_EQ(fused.nodes[2].inputs, std::vector<ValueId>{2});
    EXPECT_EQ(fused.logits, 3);
    EXPECT_EQ(logits_of(fused), logits_of(graph));
  }
}

TEST(FuseBias, LeavesWhatWouldChangeTheResult) {
  const Binary add = added({2}, {10, 20});
  const auto expect_kept = [](const Graph& graph) {
    const Graph fused = fuse_bias(graph, {"fc1"});
    EXPECT_EQ(fused.nodes.size(), graph.nodes.size());
    EXPECT_EQ(logits_of(fused), logits_of(graph));
  };
  // The layer's own output is read elsewhere.
  expect_kept(two_layers([&](GraphBuilder& b, ValueId in) {
    return b.add("both", Binary{BinaryKind::kMul}, {in, b.add("add", add, {in})});
  }));
  // Not an Add.
  expect_kept(two_layers([&](GraphBuilder& b, ValueId in) {
    return b.add("sub", constant_op(BinaryKind::kSub, add.constant), {in});
  }));
  // Something between the layer and the Add.
  expect_kept(two_layers([&](GraphBuilder& b, ValueId in) {
    return b.add("add", add, {b.add("relu", Relu{}, {in})});
  }));
  // A layer that has a bias of its own is not named.
  const Graph graph =
      two_layers([&](GraphBuilder& b, ValueId in) { return b.add("add", add, {in}); });
  EXPECT_EQ(fuse_bias(graph, {}).nodes.size(), graph.nodes.size());
}

TEST(FuseBias, TakesTheFirstOfTwoSums) {
  const Graph graph = two_layers([&](GraphBuilder& b, ValueId in) {
    const ValueId sum = b.add("add", added({2}, {10, 20}), {in});
    return b.add("add2", added({2}, {1, 2}), {sum});
  });
  const Graph fused = fuse_bias(graph, {"fc1"});
  ASSERT_EQ(fused.nodes.size(), 4u);
  EXPECT_EQ(std::get<Gemm>(fused.nodes[1].op).bias.data, (std::vector<float>{10, 20}));
  EXPECT_EQ(logits_of(fused), logits_of(graph));
}

}  // namespace
}  // namespace ripple
