#include "ripple/eval/dense/relu_rule.h"

#include <gtest/gtest.h>

#include "ripple/eval/dense/torch_ops.h"

namespace ripple::dense {
namespace {

using Floats = std::vector<float>;

struct Passes {
  Floats forward;
  Floats gradient;
};

Passes both_passes(const Op& op, ReluRule rule, const Floats& in, const Floats& from) {
  const Shape shape{1, static_cast<std::int64_t>(in.size())};
  at::Tensor x = to_torch({shape, in}, at::kCPU).requires_grad_(true);
  const at::Tensor out = run_rectifier(op, x, rule);
  out.backward(to_torch({shape, from}, at::kCPU));
  return {from_torch(out).data, from_torch(x.grad()).data};
}

// One argument below, two inside and one above the limit of 6, each with a gradient of both signs.
const Floats kIn{-1, -1, 0.5f, 0.5f, 2, 2, 7, 7};
const Floats kFrom{3, -3, 4, -4, 5, -5, 6, -6};

TEST(ReluRule, Relu) {
  for (const auto& [rule, want] : {std::pair{ReluRule::kPlain, Floats{0, 0, 4, -4, 5, -5, 6, -6}},
                                   {ReluRule::kGuided, Floats{0, 0, 4, 0, 5, 0, 6, 0}},
                                   {ReluRule::kDeconvnet, Floats{3, 0, 4, 0, 5, 0, 6, 0}}}) {
    const Passes got = both_passes(Relu{}, rule, kIn, kFrom);
    EXPECT_EQ(got.forward, (Floats{0, 0, 0.5f, 0.5f, 2, 2, 7, 7})) << int(rule);
    EXPECT_EQ(got.gradient, want) << int(rule);
  }
}

TEST(ReluRule, ClipAtSixIsShutAboveToo) {
  for (const auto& [rule, want] : {std::pair{ReluRule::kPlain, Floats{0, 0, 4, -4, 5, -5, 0, 0}},
                                   {ReluRule::kGuided, Floats{0, 0, 4, 0, 5, 0, 0, 0}},
                                   {ReluRule::kDeconvnet, Floats{3, 0, 4, 0, 5, 0, 6, 0}}}) {
    const Passes got = both_passes(Clip{0.0f, 6.0f}, rule, kIn, kFrom);
    EXPECT_EQ(got.forward, (Floats{0, 0, 0.5f, 0.5f, 2, 2, 6, 6})) << int(rule);
    EXPECT_EQ(got.gradient, want) << int(rule);
  }
}

TEST(ReluRule, PlainAndGuidedAreShutAtTheBounds) {
  for (const ReluRule rule : {ReluRule::kPlain, ReluRule::kGuided}) {
    EXPECT_EQ(both_passes(Relu{}, rule, {0}, {1}).gradient, Floats{0});
    EXPECT_EQ(both_passes(Clip{0.0f, 6.0f}, rule, {0, 6}, {1, 1}).gradient, (Floats{0, 0}));
    EXPECT_EQ(both_passes(Clip{.low = 0.0f}, rule, {0, 6}, {1, 1}).gradient, (Floats{0, 1}));
  }
}

}  // namespace
}  // namespace ripple::dense
