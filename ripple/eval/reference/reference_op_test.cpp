#include <cmath>

#include <gtest/gtest.h>

#include "ripple/eval/reference/reference.h"
#include "ripple/model/graph_builder.h"
#include "ripple/model/infer_shape.h"

namespace ripple {
namespace {

using Doubles = std::vector<double>;

struct Input {
  Shape shape;
  Doubles data;
};

/// The operator's output numbers; its shape is what infer_shape() says.
Doubles run(const Op& op, const std::vector<Input>& inputs) {
  std::vector<Array<double>> arrays;
  std::vector<Shape> shapes;
  for (const Input& in : inputs) {
    arrays.push_back({in.shape, in.data});
    shapes.push_back(in.shape);
  }
  std::vector<const Array<double>*> pointers;
  for (const auto& array : arrays) pointers.push_back(&array);
  const Shape shape = infer_shape(op, shapes, "test");
  const Array<double> out = reference_op(op, pointers, shape);
  EXPECT_EQ(out.shape, shape);
  EXPECT_EQ(std::int64_t(out.data.size()), element_count(shape));
  return out.data;
}

void expect_near(const Doubles& got, const Doubles& want, double tolerance = 1e-6) {
  ASSERT_EQ(got.size(), want.size());
  for (std::size_t i = 0; i < got.size(); ++i) {
    EXPECT_TRUE(std::abs(got[i] - want[i]) <= tolerance) << i << ": " << got[i] << " " << want[i];
  }
}

const Input kThreeByThree{{1, 3, 3}, {1, 2, 3, 4, 5, 6, 7, 8, 9}};

TEST(ReferenceOp, ConvWithAsymmetricPads) {
  Conv conv = make_conv(1, 1, 2);
  conv.weight.data = {1, 10, 100, 1000};
  conv.bias.data = {0.5f};
  conv.window.pad_begin = {1, 0};
  conv.window.pad_end = {0, 1};
  EXPECT_EQ(run(conv, {{{1, 2, 2}, {1, 2, 3, 4}}}), (Doubles{2100.5, 200.5, 4321.5, 402.5}));
}

TEST(ReferenceOp, ConvWithStrideAndRectangularKernel) {
  Conv conv = make_conv(1, 1, 1);
  conv.window.kernel = {1, 2};
  conv.window.stride = {2, 1};
  conv.weight = {{1, 1, 1, 2}, {1, 10}};
  EXPECT_EQ(run(conv, {kThreeByThree}), (Doubles{21, 32, 87, 98}));
}

TEST(ReferenceOp, ConvWithDilation) {
  Conv conv = make_conv(1, 1, 2, 1, 0, 1, 2);
  conv.weight.data = {1, 10, 100, 1000};
  EXPECT_EQ(run(conv, {kThreeByThree}), (Doubles{1 + 30 + 700 + 9000}));
}

TEST(ReferenceOp, ConvWithGroups) {
  Conv conv = make_conv(4, 4, 1, 1, 0, 2);
  conv.weight.data = {1, 10, 100, 1000, 1, 10, 100, 1000};
  EXPECT_EQ(run(conv, {{{4, 1, 1}, {1, 2, 3, 4}}}), (Doubles{21, 2100, 43, 4300}));
}

TEST(ReferenceOp, BatchNormalization) {
  BatchNormalization bn = make_batch_normalization(2);
  bn.scale.data = {2, 3};
  bn.bias.data = {1, -1};
  bn.mean.data = {10, 0};
  bn.variance.data = {3, 15};
  bn.epsilon = 1.0f;
  EXPECT_EQ(run(bn, {{{2, 1, 2}, {10, 12, 4, 8}}}), (Doubles{1, 3, 2, 5}));
  EXPECT_EQ(run(bn, {{{2}, {12, 4}}}), (Doubles{3, 2}));
}

TEST(ReferenceOp, Activations) {
  const std::vector<Input> in{{{4}, {-4, -1, 0, 2}}};
  EXPECT_EQ(run(Relu{}, in), (Doubles{0, 0, 0, 2}));
  EXPECT_EQ(run(LeakyRelu{0.5f}, in), (Doubles{-2, -0.5, 0, 2}));
  EXPECT_EQ(run(Clip{-2, 1}, in), (Doubles{-2, -1, 0, 1}));
  EXPECT_EQ(run(Clip{}, in), (Doubles{-4, -1, 0, 2}));
  EXPECT_EQ(run(HardSigmoid{0.25f, 0.5f}, in), (Doubles{0, 0.25, 0.5, 1}));
  expect_near(run(HardSwish{}, in), {0, -1.0 / 3, 0, 2 * (2.0 / 6 + 0.5)});
  expect_near(run(Sigmoid{}, in), {0.01798621, 0.26894142, 0.5, 0.88079708});
  expect_near(run(Tanh{}, in), {-0.99932930, -0.76159416, 0, 0.96402758});
  expect_near(run(Elu{2.0f}, in), {-1.96336872, -1.26424112, 0, 2});
}

TEST(ReferenceOp, NotANumberStaysNotANumber) {
  const double nan = std::nan("");
  const std::vector<Input> in{{{1}, {nan}}};
  for (const Op& op : {Op(Relu{}), Op(LeakyRelu{}), Op(Clip{0, 1}), Op(Elu{}), Op(HardSigmoid{}),
                       Op(HardSwish{}), Op(Sigmoid{}), Op(Tanh{})}) {
    EXPECT_TRUE(std::isnan(run(op, in)[0])) << op_name(op);
  }
  EXPECT_TRUE(std::isnan(run(MaxPool{make_window(2, 1)}, {{{1, 2, 2}, {1, nan, 2, 3}}})[0]));
}

TEST(ReferenceOp, PReluHasASlopeAChannel) {
  PRelu prelu{{{2}, {0.5f, 3}}};
  EXPECT_EQ(run(prelu, {{{2, 1, 2}, {-2, 2, -2, 2}}}), (Doubles{-1, 2, -6, 2}));
}

TEST(ReferenceOp, BinaryOfTwoActivationsBroadcasts) {
  const Input image{{2, 1, 2}, {1, 2, 3, 4}};
  const Input channel{{2, 1, 1}, {10, 100}};
  EXPECT_EQ(run(Binary{BinaryKind::kAdd}, {image, image}), (Doubles{2, 4, 6, 8}));
  EXPECT_EQ(run(Binary{BinaryKind::kMul}, {image, channel}), (Doubles{10, 20, 300, 400}));
  EXPECT_EQ(run(Binary{BinaryKind::kSub}, {channel, image}), (Doubles{9, 8, 97, 96}));
  EXPECT_EQ(run(Binary{BinaryKind::kDiv}, {image, image}), (Doubles{1, 1, 1, 1}));
}

TEST(ReferenceOp, BinaryWithAConstantOnEitherSide) {
  const Input image{{2, 1, 2}, {1, 2, 4, 8}};
  Binary op{BinaryKind::kDiv, true, false, {{}, {2}}};
  EXPECT_EQ(run(op, {image}), (Doubles{0.5, 1, 2, 4}));
  op.constant_first = true;
  EXPECT_EQ(run(op, {image}), (Doubles{2, 1, 0.5, 0.25}));
  op = {BinaryKind::kSub, true, false, {{2, 1, 1}, {1, 10}}};
  EXPECT_EQ(run(op, {image}), (Doubles{0, 1, -6, -2}));
  op = {BinaryKind::kAdd, true, false, {{2, 2, 1}, {0, 10, 20, 30}}};
  EXPECT_EQ(run(op, {{{1, 1, 2}, {1, 2}}}), (Doubles{1, 2, 11, 12, 21, 22, 31, 32}));
}

TEST(ReferenceOp, Concat) {
  const Input a{{1, 1, 2}, {1, 2}};
  const Input b{{2, 1, 2}, {3, 4, 5, 6}};
  EXPECT_EQ(run(Concat{0}, {a, b}), (Doubles{1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(run(Concat{2}, {a, {{1, 1, 1}, {9}}, a}), (Doubles{1, 2, 9, 1, 2}));
}

TEST(ReferenceOp, MaxPoolIgnoresPadding) {
  MaxPool pool{make_window(2, 2, 1)};
  EXPECT_EQ(run(pool, {{{1, 3, 3}, {-1, -2, -3, -4, -5, -6, -7, -8, -9}}}),
            (Doubles{-1, -2, -4, -5}));
}

TEST(ReferenceOp, MaxPoolCeilMode) {
  MaxPool pool{make_window(2, 2)};
  EXPECT_EQ(run(pool, {kThreeByThree}), (Doubles{5}));
  pool.ceil_mode = true;
  EXPECT_EQ(run(pool, {kThreeByThree}), (Doubles{5, 6, 8, 9}));
}

TEST(ReferenceOp, MaxPoolDilated) {
  EXPECT_EQ(run(MaxPool{make_window(2, 1, 0, 2)}, {{{1, 3, 3}, {1, 9, 2, 9, 9, 9, 4, 9, 3}}}),
            (Doubles{4}));
}

TEST(ReferenceOp, AveragePoolDividesByCellsInside) {
  AveragePool pool{make_window(2, 2, 1)};
  EXPECT_EQ(run(pool, {kThreeByThree}), (Doubles{1, 2.5, 5.5, 7}));
  pool.count_include_pad = true;
  EXPECT_EQ(run(pool, {kThreeByThree}), (Doubles{0.25, 1.25, 2.75, 7}));
}

TEST(ReferenceOp, AveragePoolCeilModeNeverCountsWhatItAdds) {
  AveragePool pool{make_window(2, 2), true, true};
  EXPECT_EQ(run(pool, {kThreeByThree}), (Doubles{3, 4.5, 7.5, 9}));
}

TEST(ReferenceOp, GlobalAveragePool) {
  EXPECT_EQ(run(GlobalAveragePool{}, {{{2, 1, 2}, {1, 3, 10, 20}}}), (Doubles{2, 15}));
}

TEST(ReferenceOp, LrnAtTheFirstAndLastChannel) {
  const Lrn lrn{3, 3.0f, 1.0f, 1.0f};  // out = in / (1 + sum of squares)
  const Input in{{4, 1, 1}, {1, 2, 3, 4}};
  expect_near(run(lrn, {in}), {1.0 / 6, 2.0 / 15, 3.0 / 30, 4.0 / 26});
  const Lrn even{2, 2.0f, 1.0f, 1.0f};  // an even window reaches one further to the end
  expect_near(run(even, {in}), {1.0 / 6, 2.0 / 14, 3.0 / 26, 4.0 / 17});
}

TEST(ReferenceOp, Gemm) {
  Gemm gemm = make_gemm(2, 3);
  gemm.weight.data = {1, 10, 100, 2, 20, 200};
  gemm.bias.data = {0.5f, -0.5f};
  EXPECT_EQ(run(gemm, {{{3}, {1, 2, 3}}}), (Doubles{321.5, 641.5}));
}

TEST(ReferenceOp, ReshapeKeepsTheOrder) {
  EXPECT_EQ(run(Reshape{{4}}, {{{2, 1, 2}, {1, 2, 3, 4}}}), (Doubles{1, 2, 3, 4}));
}

TEST(ReferenceOp, Transpose) {
  EXPECT_EQ(run(Transpose{{1, 2, 0}}, {{{2, 1, 3}, {1, 2, 3, 4, 5, 6}}}),
            (Doubles{1, 4, 2, 5, 3, 6}));
}

TEST(ReferenceOp, PadModes) {
  const Input row{{1, 1, 3}, {1, 2, 3}};
  Pad pad{{0, 0, 2}, {0, 0, 1}, PadMode::kConstant, 9};
  EXPECT_EQ(run(pad, {row}), (Doubles{9, 9, 1, 2, 3, 9}));
  pad.mode = PadMode::kReflect;
  EXPECT_EQ(run(pad, {row}), (Doubles{3, 2, 1, 2, 3, 2}));
  pad.mode = PadMode::kEdge;
  EXPECT_EQ(run(pad, {row}), (Doubles{1, 1, 1, 2, 3, 3}));
  EXPECT_EQ(run(Pad{{0, 0, -1}, {1, 0, 1}, PadMode::kConstant, 0}, {row}),
            (Doubles{2, 3, 0, 0, 0, 0}));
}

TEST(ReferenceOp, SliceForwardsAndBackwards) {
  EXPECT_EQ(run(Slice{{0, 0, 1}, {1, 2, 1}, {1, 2, 2}}, {kThreeByThree}), (Doubles{2, 3, 8, 9}));
  EXPECT_EQ(run(Slice{{0, 2, 2}, {1, -1, -2}, {1, 2, 2}}, {kThreeByThree}), (Doubles{9, 7, 6, 4}));
}

TEST(ReferenceOp, SoftmaxAlongEitherAxis) {
  const double third = 1.0 / (1.0 + std::exp(1.0));
  expect_near(run(Softmax{0}, {{{2}, {1000, 1001}}}), {third, 1 - third});
  expect_near(run(Softmax{0}, {{{2, 1, 2}, {0, 5, 1, 5}}}), {third, 0.5, 1 - third, 0.5});
  expect_near(run(Softmax{2}, {{{2, 1, 2}, {0, 1, 5, 5}}}), {third, 1 - third, 0.5, 0.5});
}

}  // namespace
}  // namespace ripple
