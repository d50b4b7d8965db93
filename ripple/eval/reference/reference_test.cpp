#include "ripple/eval/reference/reference.h"

#include <gtest/gtest.h>

#include "ripple/model/graph_builder.h"
#include "tests/expect_error.h"

namespace ripple {
namespace {

/// A network of a 1x1 convolution (weight 1 for red), a Relu and a layer that sums all cells of a
/// 2 x 1 image for class 0 and takes the second cell for class 1.
Model tiny_model() {
  GraphBuilder b({3, 1, 2});
  Conv conv = make_conv(1, 3, 1);
  conv.weight.data = {1, 0, 0};
  Gemm fc = make_gemm(2, 2);
  fc.weight.data = {1, 1, 0, 1};
  fc.bias.data = {0, 0.5f};
  ValueId x = b.add("conv", conv, {b.input()});
  x = b.add("relu", Relu{}, {x});
  Model model;
  model.graph = b.finish(b.add("fc", fc, {b.flatten("flat", x)}));
  model.preprocessing = Preprocessing{{100, 0, 0}, {10, 1, 1}};
  return model;
}

TEST(Reference, GivesEveryActivation) {
  const Model model = tiny_model();
  const auto values = reference_activations(model.graph, {{3, 1, 2}, {-1, 4, 0, 0, 0, 0}});
  ASSERT_EQ(values.size(), 5u);
  EXPECT_EQ(values[1].data, (std::vector<double>{-1, 4}));
  EXPECT_EQ(values[2].data, (std::vector<double>{0, 4}));
  EXPECT_EQ(values[3].shape, (Shape{2}));
  EXPECT_EQ(values[4].data, (std::vector<double>{4, 4.5}));
}

TEST(Reference, RefusesAnInputOfAnotherShape) {
  const Model model = tiny_model();
  expect_error(
      [&] {
        reference_activations(model.graph, {{3, 2, 1}, {0, 0, 0, 0, 0, 0}});
      },
      ErrorCode::kBadArgument, {"3x2x1", "3x1x2"});
}

TEST(ReferenceEvaluator, ScoresEditsOfTheCleanImage) {
  const Model model = tiny_model();
  const auto evaluator = make_reference_evaluator(model);
  EXPECT_EQ(evaluator->classes(), 2);
  evaluator->refresh(make_image(2, 1, 110));
  CandidateBatch batch;
  batch.edits = {{0, 0, 130, 0, 0}, {1, 0, 90, 0, 0}};
  std::vector<float> logits(4);
  evaluator->score(batch, logits);
  EXPECT_EQ(logits, (std::vector<float>{4, 1.5f, 1, 0.5f}));
  evaluator->logits_of(make_image(2, 1, 120), std::span(logits).first(2));
  EXPECT_EQ(logits[0], 4.0f);
  evaluator->score(batch, logits);
  EXPECT_EQ(logits, (std::vector<float>{4, 1.5f, 1, 0.5f}));
}

TEST(ReferenceEvaluator, RefusesAnImageOfAnotherSize) {
  const Model model = tiny_model();
  const auto evaluator = make_reference_evaluator(model);
  expect_error([&] { evaluator->refresh(make_image(1, 2)); }, ErrorCode::kBadData, {"1 wide"});
}

}  // namespace
}  // namespace ripple
