// What nodes become: the kind of step, and packed numbers by hand; convolutions of every geometry
// against the reference executor.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "ripple/eval/delta/plan.h"
#include "tests/expect_update.h"

namespace ripple {
namespace {

using namespace delta_test;
using delta::DeltaPlan;

/// Keeps the plan that its step belongs to.
template <typename Body>
struct Lowered {
  std::shared_ptr<const DeltaPlan> plan;
  const Body& body;
};

/// The step that the node "op" became.
template <typename Body>
Lowered<Body> lowered(const Model& model) {
  auto plan = make_delta_plan(model);
  for (const delta::Step& step : plan->steps()) {
    if (step.node->name == "op") return {std::move(plan), std::get<Body>(step.body)};
  }
  throw std::runtime_error("no step is called 'op'");
}

delta::ConvPath path_of(const Op& op) {
  return lowered<delta::ConvStep>(around_op(1, 9, 7, op)).body.path;
}

TEST(DeltaLower, ConvolutionsByGeometry) {
  using delta::ConvPath;
  EXPECT_EQ(path_of(make_conv(20, 12, 3, 1, 1)), ConvPath::kSliding);
  EXPECT_EQ(path_of(make_conv(20, 12, 5, 1, 2)), ConvPath::kSliding);
  EXPECT_EQ(path_of(make_conv(24, 12, 3, 1, 1, 3)), ConvPath::kSliding);
  EXPECT_EQ(path_of(make_conv(20, 12, 3, 2, 1)), ConvPath::kScatter);
  EXPECT_EQ(path_of(make_conv(20, 12, 3, 1, 2, 1, 2)), ConvPath::kScatter);
  EXPECT_EQ(path_of(make_conv(20, 12, 1)), ConvPath::kScatter);
  EXPECT_EQ(path_of(make_conv(20, 12, 2, 1, 1)), ConvPath::kScatter);
  // One input and one output channel a group.
  EXPECT_EQ(lowered<delta::DepthwiseStep>(around_op(1, 9, 7, make_conv(12, 12, 3, 1, 1, 12)))
                .body.weights.size(),
            16u * 9);
}

TEST(DeltaLower, NormalizationIsScaleAndShift) {
  BatchNormalization norm = make_batch_normalization(12);
  norm.epsilon = 1.0f;
  norm.scale.data[3] = 6;
  norm.variance.data[3] = 8;
  norm.mean.data[3] = 5;
  norm.bias.data[3] = 1;
  // Behind a pool; behind a convolution it is folded into that.
  const auto step = lowered<delta::PointwiseStep>(around(2, 6, 5, [&](auto& b, Rng&, ValueId in) {
    return b.add("op", norm, {b.add("pool", MaxPool{make_window(2, 1)}, {in})});
  }));
  EXPECT_EQ(step.body.scale[3], 2.0f);
  EXPECT_EQ(step.body.shift[3], -9.0f);
}

TEST(DeltaLower, ConstantsByChannelAreScaleAndShift) {
  const auto affine = [](BinaryKind kind, bool first) {
    const Tensor four{{1}, {4}};
    const auto step =
        lowered<delta::PointwiseStep>(around_op(3, 6, 5, Binary{kind, true, first, four}));
    const auto& scale = step.body.scale;
    return std::pair{scale.size() == 0 ? 1.0f : scale[11], step.body.shift[11]};
  };
  EXPECT_EQ(affine(BinaryKind::kAdd, false), (std::pair{1.0f, 4.0f}));
  EXPECT_EQ(affine(BinaryKind::kSub, false), (std::pair{1.0f, -4.0f}));
  EXPECT_EQ(affine(BinaryKind::kSub, true), (std::pair{-1.0f, 4.0f}));
  EXPECT_EQ(affine(BinaryKind::kMul, false), (std::pair{4.0f, 0.0f}));
  EXPECT_EQ(affine(BinaryKind::kDiv, false), (std::pair{0.25f, 0.0f}));
  // Where a cell decides, or the activation divides, there is no line.
  const Tensor row = filled<float>({6}, 4.0f);
  EXPECT_FALSE(
      lowered<delta::ConstantStep>(around_op(3, 6, 5, Binary{BinaryKind::kAdd, true, false, row}))
          .body.constant_first);
  EXPECT_TRUE(lowered<delta::ConstantStep>(
                  around_op(3, 6, 5, Binary{BinaryKind::kDiv, true, true, {{1}, {4}}}))
                  .body.constant_first);
}

TEST(DeltaLower, AveragesDivideByTheCellsThatCount) {
  // 6 x 5 cells, windows of 3 x 3 by 2, one cell of padding.
  const auto divisors = [](bool ceil_mode, bool count_pad) {
    const AveragePool pool{make_window(3, 2, 1), ceil_mode, count_pad};
    const auto step = lowered<delta::PoolStep>(around_op(4, 6, 5, pool));
    const auto& d = step.body.divisor;
    return std::vector<float>(d.data(), d.data() + d.size());
  };
  EXPECT_EQ(divisors(false, false), (std::vector<float>{4, 6, 6, 6, 9, 9, 4, 6, 6}));
  EXPECT_EQ(divisors(false, true), std::vector<float>(9, 9.0f));
  // The column that ceil_mode adds lies at 5 to 7, of which 5 is a cell and 6 padding.
  EXPECT_EQ(divisors(true, false), (std::vector<float>{4, 6, 6, 2, 6, 9, 9, 3, 4, 6, 6, 2}));
  EXPECT_EQ(divisors(true, true), (std::vector<float>{9, 9, 9, 6, 9, 9, 9, 6, 9, 9, 9, 6}));
}

TEST(DeltaLower, MovesSayWhereEachCellComesFrom) {
  const auto slice =
      lowered<delta::RemapStep>(around_op(5, 8, 7, Slice{{11, 6, 1}, {-2, -1, 3}, {5, 6, 3}}));
  ASSERT_EQ(slice.body.parts.size(), 1u);
  EXPECT_EQ(slice.body.parts[0].channels, (std::vector<int>{11, 9, 7, 5, 3}));
  EXPECT_EQ(slice.body.parts[0].start_y, 6);
  EXPECT_EQ(slice.body.parts[0].step_y, -1);
  EXPECT_EQ(slice.body.parts[0].start_x, 1);
  EXPECT_EQ(slice.body.parts[0].step_x, 3);
  const auto pad = lowered<delta::RemapStep>(
      around_op(5, 6, 5, Pad{{1, 0, 3}, {0, 2, 0}, PadMode::kConstant, 0.7f}));
  EXPECT_EQ(pad.body.fill, 0.7f);
  EXPECT_EQ(pad.body.parts[0].channels[0], -1);
  EXPECT_EQ(pad.body.parts[0].channels[1], 0);
  EXPECT_EQ(pad.body.parts[0].start_y, 0);
  EXPECT_EQ(pad.body.parts[0].start_x, -3);
  const auto joined = lowered<delta::RemapStep>(around(5, 6, 5, [](auto& b, Rng&, ValueId in) {
    return b.add("op", Concat{0}, {in, b.add("relu", Relu{}, {in})});
  }));
  ASSERT_EQ(joined.body.parts.size(), 2u);
  EXPECT_EQ(joined.body.parts[1].channels[11], -1);
  EXPECT_EQ(joined.body.parts[1].channels[12], 0);
  // What is no move of whole channels and rows is a table.
  const auto edge = Pad{{0, 1, 0}, {0, 0, 1}, PadMode::kEdge, 0.0f};
  EXPECT_EQ(lowered<delta::TableStep>(around_op(5, 6, 5, edge)).body.from.size(), 12u * 6 * 7);
}

TEST(DeltaConv, EqualsReferenceOverGeometries) {
  std::uint64_t seed = 1;
  for (const int kernel : {1, 2, 3, 5, 7}) {
    for (const int stride : {1, 2, 3}) {
      for (const int pad : {0, 1, 3}) {
        for (const int dilation : {1, 2}) {
          if (pad >= kernel || (kernel - 1) * dilation + 1 > 7 + 2 * pad) continue;
          for (const int channels : {6, 40}) {
            const Model model = around(++seed, 9, 7, [&](GraphBuilder& b, Rng& rng, ValueId in) {
              const ValueId relu = b.add("relu", Relu{}, {in});
              return b.add(
                  "op", random_conv(rng, channels, 12, make_window(kernel, stride, pad, dilation)),
                  {relu});
            });
            expect_update_equals_reference(
                model, seed,
                fmt::format("kernel {} stride {} pad {} dilation {} out {}", kernel, stride, pad,
                            dilation, channels),
                4);
          }
        }
      }
    }
  }
}

TEST(DeltaConv, UnequalSidesAndPads) {
  std::uint64_t seed = 100;
  for (const Window& w : {Window{{1, 3}, {1, 1}, {1, 1}, {0, 1}, {0, 1}},
                          Window{{3, 2}, {2, 1}, {1, 2}, {0, 1}, {2, 0}},
                          Window{{3, 3}, {1, 1}, {1, 1}, {0, 2}, {1, 0}},
                          Window{{5, 5}, {1, 1}, {1, 1}, {4, 0}, {0, 3}},
                          Window{{3, 3}, {1, 1}, {1, 1}, {3, 3}, {3, 3}}}) {
    const Model model = around(++seed, 11, 6, [&](GraphBuilder& b, Rng& rng, ValueId in) {
      return b.add("op", random_conv(rng, 20, 12, w), {in});
    });
    expect_update_equals_reference(model, seed, fmt::format("window {}", seed));
  }
}

TEST(DeltaConv, Groups) {
  std::uint64_t seed = 200;
  for (const int groups : {2, 3, 12}) {
    for (const int stride : {1, 2}) {
      for (const int multiplier : {1, 2}) {
        const Model model = around(++seed, 8, 10, [&](GraphBuilder& b, Rng& rng, ValueId in) {
          return b.add(
              "op", random_conv(rng, 12 * multiplier, 12, make_window(3, stride, 1), groups), {in});
        });
        expect_update_equals_reference(
            model, seed, fmt::format("groups {} stride {} x{}", groups, stride, multiplier));
      }
    }
  }
}

}  // namespace
}  // namespace ripple
