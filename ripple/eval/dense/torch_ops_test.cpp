#include "ripple/eval/dense/torch_ops.h"

#include <gtest/gtest.h>

#include "ripple/eval/reference/reference.h"
#include "ripple/model/infer_shape.h"
#include "tests/random_graph.h"
#include "tests/relative_error.h"

namespace ripple::dense {
namespace {

TEST(TorchOps, EveryOperatorAgreesWithTheReferenceAndLeavesItsInputs) {
  Rng rng({6});
  for (const OpCase& c : op_cases()) {
    SCOPED_TRACE(c.name);
    const Shape shape = infer_shape(c.op, c.inputs, "test");
    std::vector<Tensor> batches;
    std::vector<at::Tensor> inputs;
    for (Shape in : c.inputs) {
      in.insert(in.begin(), 2);
      batches.push_back(random_tensor(std::move(in), rng));
      inputs.push_back(to_torch(batches.back(), at::kCPU));
    }
    const Tensor got = from_torch(run_op({c.op, make_constants(c.op, at::kCPU), shape}, inputs));
    Shape both = shape;
    both.insert(both.begin(), 2);
    ASSERT_EQ(got.shape, both);
    const auto each = static_cast<std::size_t>(element_count(shape));
    for (std::size_t n = 0; n < 2; ++n) {
      std::vector<Array<double>> row;
      std::vector<const Array<double>*> pointers;
      for (std::size_t i = 0; i < batches.size(); ++i) {
        const auto count = std::ptrdiff_t(batches[i].data.size() / 2);
        const auto begin = batches[i].data.begin() + std::ptrdiff_t(n) * count;
        row.push_back({c.inputs[i], {begin, begin + count}});
      }
      for (const Array<double>& input : row) pointers.push_back(&input);
      const Array<double> want = reference_op(c.op, pointers, shape);
      const double error = relative_error(std::span(got.data).subspan(n * each, each), want.data);
      EXPECT_TRUE(error <= 1e-5) << error;
    }
    for (std::size_t i = 0; i < inputs.size(); ++i) EXPECT_EQ(from_torch(inputs[i]), batches[i]);
  }
}

TEST(TorchOps, BatchNormalizationNormalisesByTheBatchInTraining) {
  BatchNormalization norm = make_batch_normalization(1);
  norm.epsilon = 0.0f;
  const Op op = norm;
  const std::vector<at::Tensor> constants = make_constants(op, at::kCPU);
  const at::Tensor in = to_torch({{2, 1, 1, 1}, {1, 5}}, at::kCPU);
  const Tensor got = from_torch(run_op({op, constants, {1, 1, 1}, /*training=*/true}, {in}));
  EXPECT_NEAR(got.data[0], -1.0, 1e-6);
  EXPECT_NEAR(got.data[1], 1.0, 1e-6);
  // Running statistics move by a tenth; the variance is the unbiased one.
  EXPECT_NEAR(from_torch(constants[2]).data[0], 0.1 * 3, 1e-6);
  EXPECT_NEAR(from_torch(constants[3]).data[0], 0.9 + 0.1 * 8, 1e-6);
}

TEST(TorchOps, ConstantsInTheOrderOfTheFields) {
  Op conv = make_conv(2, 3, 1);
  EXPECT_EQ(constants_of(conv),
            (std::vector<Tensor*>{&std::get<Conv>(conv).weight, &std::get<Conv>(conv).bias}));
  EXPECT_EQ(constants_of(Op{make_batch_normalization(4)}).size(), 4u);
  EXPECT_EQ(constants_of(Op{make_gemm(2, 3)}).size(), 2u);
  EXPECT_EQ(constants_of(Op{Binary{BinaryKind::kAdd, true, false, {{}, {1}}}}).size(), 1u);
  EXPECT_TRUE(constants_of(Op{Binary{BinaryKind::kAdd}}).empty());
  EXPECT_TRUE(constants_of(Op{Relu{}}).empty());
}

TEST(TorchOps, PartsOfABatchAreAppended) {
  Tensor all;
  append(to_torch({{1, 2}, {1, 2}}, at::kCPU), all);
  append(to_torch({{2, 2}, {3, 4, 5, 6}}, at::kCPU), all);
  EXPECT_EQ(all, (Tensor{{3, 2}, {1, 2, 3, 4, 5, 6}}));
}

TEST(TorchOps, ArraysComeBackAndViewsInTheirOwnOrder) {
  const Tensor tensor{{2, 3}, {1, 2, 3, 4, 5, 6}};
  const at::Tensor there = to_torch(tensor, at::kCPU);
  EXPECT_EQ(from_torch(there), tensor);
  EXPECT_EQ(from_torch(there.t()), (Tensor{{3, 2}, {1, 4, 2, 5, 3, 6}}));
}

TEST(TorchOps, WhatIsPaddedIsCounted) {
  const Shape in{6, 9, 7};
  const auto count = [&](const Op& op, Summation summation = Summation::kFast) {
    return padding_numbers(op, in, infer_shape(op, {in}, "test"), summation);
  };
  const Window odd{{3, 2}, {2, 1}, {1, 2}, {1, 0}, {0, 2}};
  EXPECT_EQ(count(make_conv(5, 6, 3, 1, 1)), 0);
  EXPECT_EQ(count(make_conv(5, 6, 3, 1, 1), Summation::kOrdered), 6 * 11 * 9);
  EXPECT_EQ(count(window_conv(4, 6, odd)), 6 * 10 * 9);
  EXPECT_EQ(count(window_conv(4, 6, odd), Summation::kOrdered), 2 * 6 * 10 * 9);
  EXPECT_EQ(count(MaxPool{make_window(2, 2)}), 0);
  EXPECT_EQ(count(MaxPool{make_window(2, 2), true}), 6 * 10 * 8);
  EXPECT_EQ(count(AveragePool{make_window(3, 2, 1)}), 0);
  EXPECT_EQ(count(AveragePool{make_window(3, 2, 1), true, false}), 6 * 11 * 9 + 6 * 9);
  EXPECT_EQ(count(Lrn{3}), (2 * 6 + 2) * 9 * 7);
  EXPECT_EQ(count(Lrn{15}), (2 * 6 + 10) * 9 * 7);
  EXPECT_EQ(count(Relu{}), 0);
}

TEST(TorchOps, SimplePoolsAreThoseThatLibTorchKnows) {
  EXPECT_TRUE(is_simple_pool(make_window(3, 2, 1), false));
  EXPECT_FALSE(is_simple_pool(make_window(3, 2, 1), true));
  EXPECT_FALSE(is_simple_pool(make_window(3, 1, 2), false));  // pads of more than half a kernel
  EXPECT_FALSE(is_simple_pool({{2, 2}, {2, 2}, {1, 1}, {0, 0}, {1, 1}}, false));
}

}  // namespace
}  // namespace ripple::dense
