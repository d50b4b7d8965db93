#include "ripple/eval/gradient.h"

#include <gtest/gtest.h>

#include "ripple/model/graph_builder.h"
#include "tests/expect_error.h"

namespace ripple {
namespace {

TEST(Gradient, RectifiersAreReluAndClipsFromZero) {
  EXPECT_TRUE(is_rectifier(Relu{}));
  EXPECT_TRUE(is_rectifier(Clip{0.0f, 6.0f}));
  EXPECT_TRUE(is_rectifier(Clip{.low = 0.0f}));
  EXPECT_FALSE(is_rectifier(Clip{-1.0f, 1.0f}));
  EXPECT_FALSE(is_rectifier(LeakyRelu{}));
  EXPECT_FALSE(is_rectifier(HardSwish{}));
  GraphBuilder b({1, 2, 2});
  ValueId x = b.add("relu6", Clip{0.0f, 6.0f}, {b.input()});
  x = b.add("leaky", LeakyRelu{}, {b.add("relu", Relu{}, {x})});
  EXPECT_EQ(count_rectifiers(b.finish(b.flatten("flat", x))), 2);
}

TEST(Gradient, WordsNameRulesAndScores) {
  EXPECT_EQ(parse_relu_rule("plain"), ReluRule::kPlain);
  EXPECT_EQ(parse_relu_rule("guided"), ReluRule::kGuided);
  EXPECT_EQ(parse_relu_rule("deconvnet"), ReluRule::kDeconvnet);
  EXPECT_EQ(parse_score("logit"), Score::kLogit);
  EXPECT_EQ(parse_score("probability"), Score::kProbability);
  EXPECT_EQ(parse_score("cross-entropy"), Score::kCrossEntropy);
  expect_error([] { parse_relu_rule("backwards"); }, ErrorCode::kBadArgument,
               {"backwards", "guided"});
}

}  // namespace
}  // namespace ripple
