#include "ripple/eval/dense/blocked_ops.h"

#include <set>

#include <ATen/Context.h>
#include <c10/core/InferenceMode.h>
#include <gtest/gtest.h>

#include "tests/random_graph.h"
#include "tests/relative_error.h"

namespace ripple::dense {
namespace {

const Node& node_of(const CaseGraph& made) {
  for (const Node& node : made.graph.nodes) {
    if (node.name == "op") return node;
  }
  throw std::runtime_error("the case has no node 'op'");
}

TEST(BlockedOps, AgreeWithPlainOnesAndOverwriteOnlyWhatTheyMay) {
  if (!at::hasMKLDNN()) GTEST_SKIP() << "this LibTorch has no oneDNN";
  const c10::InferenceMode inference;
  Rng rng({7});
  std::set<std::string_view> blocked_operators;
  for (const OpCase& c : op_cases()) {
    SCOPED_TRACE(c.name);
    const CaseGraph made = graph_of(c);
    const Node& node = node_of(made);
    const std::optional<BlockedOp> blocked = BlockedOp::make(node, made.graph);
    if (!blocked) continue;
    blocked_operators.insert(op_name(node.op));
    std::vector<at::Tensor> inputs;
    for (Shape in : c.inputs) {
      in.insert(in.begin(), 3);
      inputs.push_back(to_torch(random_tensor(std::move(in), rng), at::kCPU));
    }
    const at::Tensor want =
        run_op({node.op, make_constants(node.op, at::kCPU), made.graph.shape(made.output)}, inputs);
    const std::vector<double> numbers = [&] {
      const Tensor plain = from_torch(want);
      return std::vector<double>(plain.data.begin(), plain.data.end());
    }();
    // Nothing may be overwritten, then each input alone.
    for (std::size_t free = 0; free <= inputs.size(); ++free) {
      std::vector<at::Tensor> copies;
      for (const at::Tensor& input : inputs) copies.push_back(input.to_mkldnn());
      std::vector<bool> may_overwrite(inputs.size(), false);
      if (free > 0) may_overwrite[free - 1] = true;
      const Tensor got = from_torch(blocked->run(copies, may_overwrite).to_dense());
      const double error = relative_error(got.data, numbers);
      EXPECT_TRUE(error <= 1e-5) << free << ": " << error;
      for (std::size_t i = 0; i < inputs.size(); ++i) {
        if (may_overwrite[i]) continue;
        EXPECT_EQ(from_torch(copies[i].to_dense()), from_torch(inputs[i])) << free << " " << i;
      }
    }
  }
  EXPECT_EQ(blocked_operators,
            (std::set<std::string_view>{"Add", "AveragePool", "BatchNormalization", "Conv",
                                        "MaxPool", "Relu"}));
}

TEST(BlockedOps, LeaveToPlainOnesWhatTheLayoutDoesNotHold) {
  const auto has_form = [](const Op& op, const std::vector<Shape>& inputs) {
    const CaseGraph made = graph_of({"case", op, inputs});
    return BlockedOp::make(node_of(made), made.graph).has_value();
  };
  const Shape image{6, 9, 7};
  EXPECT_EQ(has_form(make_conv(4, 6, 3, 1, 1), {image}), at::hasMKLDNN());
  EXPECT_FALSE(has_form(window_conv(4, 6, {{3, 3}, {2, 2}, {1, 1}, {0, 0}, {1, 1}}), {image}));
  EXPECT_FALSE(has_form(MaxPool{make_window(2, 2), true}, {image}));
  EXPECT_FALSE(has_form(MaxPool{make_window(2, 1, 0, 3)}, {image}));
  EXPECT_FALSE(has_form(Binary{BinaryKind::kAdd}, {image, {6, 1, 1}}));
  EXPECT_FALSE(has_form(Binary{BinaryKind::kSub}, {image, image}));
  EXPECT_FALSE(has_form(Relu{}, {{10}}));
}

}  // namespace
}  // namespace ripple::dense
