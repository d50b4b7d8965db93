#include <gtest/gtest.h>

#include "tests/onnx_test_model.h"

// What exporters write, in the forms of every operator set.

namespace ripple {
namespace {

TEST(ImportOnnx, AutoPadOfEvenTotalsAndOddOnes) {
  for (const bool upper : {true, false}) {
    TestModel model(13, {3, 8, 7});
    model.weights("k", {2, 3, 3, 3});
    auto& node = model.node("Conv", {"x", "k"}, "c");
    set_text(node, "auto_pad", upper ? "SAME_UPPER" : "SAME_LOWER");
    set_ints(node, "strides", {2, 2});
    model.classify("c", 2 * 4 * 4);
    const Model read = model.read();
    const Window window = op_of<Conv>(read, "n_c").window;
    EXPECT_EQ(window.pad_begin, (std::array<int, 2>{upper ? 0 : 1, 1}));
    EXPECT_EQ(window.pad_end, (std::array<int, 2>{upper ? 1 : 0, 1}));
  }
}

TEST(ImportOnnx, ReduceMeanOverRowsAndColumns) {
  TestModel model(18);
  model.ints("axes", {-1, -2});
  set_int(model.node("ReduceMean", {"x", "axes"}, "m"), "keepdims", 0);
  model.classify("m", 3);
  const Graph graph = model.read().graph;
  EXPECT_EQ(op_name(graph.nodes[0].op), "GlobalAveragePool");
  EXPECT_EQ(graph.nodes[1].name, "n_m");
}

}  // namespace
}  // namespace ripple
