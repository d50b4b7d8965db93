#include "ripple/analysis/grad_cam.h"

#include <gtest/gtest.h>

#include "ripple/model/graph_builder.h"
#include "tests/expect_error.h"

namespace ripple {
namespace {

TEST(GradCam, FormulasByHand) {
  // Two images, two channels, 1 x 2 positions.
  Gradients gradients;
  gradients.activations = {{{2, 2, 1, 2}, {9, 9, 9, 9, 1, 2, 3, -4}}};
  gradients.by_activation = {{{2, 2, 1, 2}, {7, 7, 7, 7, 1, 3, -2, 0}}};
  // Weights of the channels: 2 and -1.
  EXPECT_EQ(grad_cam(gradients, 0, 1, GradCamFormula::kSelvaraju), (Tensor{{1, 2}, {-1, 8}}));
  // Weights of the positions: -0.5 and 1.5; sums of the activations: 4 and -2.
  EXPECT_EQ(grad_cam(gradients, 0, 1, GradCamFormula::kKotyanVargas), (Tensor{{1, 2}, {-2, -3}}));
  EXPECT_EQ(positive_part({{1, 2}, {-1, 8}}), (Tensor{{1, 2}, {0, 8}}));
}

TEST(GradCam, UpsamplingKeepsCentresAndConstants) {
  const Tensor up = upsample({{2, 1}, {0, 4}}, 4, 2);
  EXPECT_EQ(up, (Tensor{{4, 2}, {0, 0, 1, 1, 3, 3, 4, 4}}));
  EXPECT_EQ(upsample({{3, 2}, {1, 2, 3, 4, 5, 6}}, 3, 2), (Tensor{{3, 2}, {1, 2, 3, 4, 5, 6}}));
  EXPECT_EQ(upsample({{1, 1}, {7}}, 3, 2), filled<float>({3, 2}, 7.0f));
}

TEST(GradCam, TheLastConvolutionUnlessNamed) {
  GraphBuilder b({3, 4, 4});
  ValueId x = b.add("first", make_conv(2, 3, 1), {b.input()});
  x = b.add("relu", Relu{}, {x});
  x = b.add("second", make_conv(2, 2, 1), {x});
  const Graph graph = b.finish(b.flatten("flat", x));
  EXPECT_EQ(find_convolution(graph, "").name, "second");
  EXPECT_EQ(find_convolution(graph, "first").name, "first");
  expect_error([&] { find_convolution(graph, "relu"); }, ErrorCode::kBadArgument,
               {"no convolution", "first, second"});
  expect_error([&] { find_convolution(graph, "third"); }, ErrorCode::kBadArgument,
               {"no node of the network"});
  // One behind a global pool, as of a classifier made of convolutions, is not meant.
  GraphBuilder head({3, 4, 4});
  const ValueId seen = head.add("seen", make_conv(4, 3, 3), {head.input()});
  const ValueId pool = head.add("pool", GlobalAveragePool{}, {seen});
  const Graph ends_in_one =
      head.finish(head.flatten("flat", head.add("classify", make_conv(2, 4, 1), {pool})));
  EXPECT_EQ(find_convolution(ends_in_one, "").name, "seen");
  EXPECT_EQ(find_convolution(ends_in_one, "classify").name, "classify");
  GraphBuilder without({3, 4, 4});
  const Graph flat = without.finish(without.flatten("flat", without.input()));
  expect_error([&] { find_convolution(flat, ""); }, ErrorCode::kBadArgument,
               {"has no convolution"});
}

}  // namespace
}  // namespace ripple
