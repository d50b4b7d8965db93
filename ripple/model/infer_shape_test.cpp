#include "ripple/model/infer_shape.h"

#include <gtest/gtest.h>

#include "ripple/base/error.h"
#include "ripple/model/graph_builder.h"

namespace ripple {
namespace {

Shape shape_of(const Op& op, std::vector<Shape> inputs) {
  return infer_shape(op, inputs, "test");
}

TEST(InferShape, ConvolutionGeometry) {
  EXPECT_EQ(shape_of(make_conv(6, 3, 5), {{3, 32, 30}}), (Shape{6, 28, 26}));
  EXPECT_EQ(shape_of(make_conv(6, 3, 3, 2, 1), {{3, 32, 31}}), (Shape{6, 16, 16}));
  EXPECT_EQ(shape_of(make_conv(6, 3, 3, 1, 2, 1, 2), {{3, 32, 32}}), (Shape{6, 32, 32}));
  Conv asymmetric = make_conv(2, 3, 2);
  asymmetric.window.pad_end = {1, 1};
  EXPECT_EQ(shape_of(asymmetric, {{3, 4, 4}}), (Shape{2, 4, 4}));
}

TEST(InferShape, RefusesConvolutionsThatDoNotFit) {
  EXPECT_THROW(shape_of(make_conv(6, 3, 5), {{4, 32, 32}}), Error);  // channels
  EXPECT_THROW(shape_of(make_conv(6, 3, 5), {{3, 4, 32}}), Error);   // window larger than the image
  EXPECT_THROW(shape_of(make_conv(6, 3, 5), {{3, 32}}), Error);      // no image
  Conv zero_stride = make_conv(6, 3, 5);
  zero_stride.window.stride[0] = 0;
  EXPECT_THROW(shape_of(zero_stride, {{3, 32, 32}}), Error);
  Conv short_bias = make_conv(6, 3, 5);
  short_bias.bias = filled(Shape{5}, 0.0f);
  EXPECT_THROW(shape_of(short_bias, {{3, 32, 32}}), Error);
  Conv short_weights = make_conv(6, 3, 5);
  short_weights.weight.data.pop_back();
  EXPECT_THROW(shape_of(short_weights, {{3, 32, 32}}), Error);
  Conv groups = make_conv(6, 3, 5);
  groups.groups = 2;
  EXPECT_THROW(shape_of(groups, {{3, 32, 32}}), Error);
}

TEST(InferShape, PoolingRoundsDownOrUp) {
  EXPECT_EQ(shape_of(MaxPool{make_window(3, 2)}, {{4, 32, 32}}), (Shape{4, 15, 15}));
  EXPECT_EQ(shape_of(MaxPool{make_window(3, 2), true}, {{4, 32, 32}}), (Shape{4, 16, 16}));
  // A last window that would start in the right padding is left out.
  EXPECT_EQ(shape_of(MaxPool{make_window(2, 2, 1), true}, {{4, 3, 3}}), (Shape{4, 2, 2}));
  EXPECT_THROW(shape_of(MaxPool{make_window(2, 2, 2)}, {{4, 8, 8}}), Error);
}

TEST(InferShape, BroadcastsLikeNumpy) {
  EXPECT_EQ(shape_of(Binary{}, {{4, 8, 6}, {4, 1, 1}}), (Shape{4, 8, 6}));
  EXPECT_EQ(shape_of(Binary{}, {{4, 8, 6}, {6}}), (Shape{4, 8, 6}));
  EXPECT_THROW(shape_of(Binary{}, {{4, 8, 6}, {8}}), Error);
  EXPECT_THROW(shape_of(Binary{}, {{4, 8, 6}}), Error);
}

TEST(InferShape, ConcatChecksTheOtherAxes) {
  EXPECT_EQ(shape_of(Concat{0}, {{4, 8, 6}, {2, 8, 6}}), (Shape{6, 8, 6}));
  EXPECT_THROW(shape_of(Concat{0}, {{4, 8, 6}, {2, 7, 6}}), Error);
  EXPECT_THROW(shape_of(Concat{3}, {{4, 8, 6}}), Error);
}

TEST(InferShape, SlicesMayStepAndRunBackwards) {
  EXPECT_EQ(shape_of(Slice{{0, 0, 0}, {1, 2, 2}, {4, 4, 3}}, {{4, 8, 6}}), (Shape{4, 4, 3}));
  EXPECT_EQ(shape_of(Slice{{3, 0, 0}, {-1, 1, 1}, {4, 8, 6}}, {{4, 8, 6}}), (Shape{4, 8, 6}));
  EXPECT_THROW(shape_of(Slice{{0, 0, 0}, {1, 2, 2}, {4, 5, 3}}, {{4, 8, 6}}), Error);
  EXPECT_THROW(shape_of(Slice{{0, 0, 0}, {1, 0, 1}, {4, 1, 6}}, {{4, 8, 6}}), Error);
}

TEST(InferShape, PadsAndCrops) {
  EXPECT_EQ(shape_of(Pad{{4, 0, 0}, {4, 0, 0}}, {{8, 4, 4}}), (Shape{16, 4, 4}));
  EXPECT_EQ(shape_of(Pad{{0, -1, 0}, {0, 0, 2}}, {{8, 4, 4}}), (Shape{8, 3, 6}));
  EXPECT_THROW(shape_of(Pad{{0, -2, 0}, {0, -2, 0}}, {{8, 4, 4}}), Error);
  EXPECT_THROW(shape_of(Pad{{0, 4, 0}, {0, 0, 0}, PadMode::kReflect}, {{8, 4, 4}}), Error);
}

TEST(InferShape, RefusesSizesThatOverflow) {
  EXPECT_THROW(shape_of(Relu{}, {{std::int64_t{1} << 40, std::int64_t{1} << 40, 1}}), Error);
}

TEST(InferShape, RefusesAnEmptyAxis) {
  EXPECT_THROW(shape_of(Relu{}, {{3, 0, 2}}), Error);
}

TEST(InferShape, RefusesABatchNormalizationWithoutPositiveVariance) {
  BatchNormalization norm = make_batch_normalization(3);
  norm.variance.data[1] = -1.0f;
  EXPECT_THROW(shape_of(norm, {{3, 2, 2}}), Error);
}

TEST(InferShape, GemmNeedsAFlatInput) {
  EXPECT_EQ(shape_of(make_gemm(10, 12), {{12}}), (Shape{10}));
  EXPECT_THROW(shape_of(make_gemm(10, 12), {{3, 2, 2}}), Error);
  EXPECT_THROW(shape_of(make_gemm(10, 12), {{11}}), Error);
}

}  // namespace
}  // namespace ripple
