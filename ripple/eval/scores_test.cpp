#include "ripple/eval/scores.h"

#include <gtest/gtest.h>

#include "tests/expect_error.h"

namespace ripple {
namespace {

TEST(Scores, ANumberThatIsNoneNamesItsImage) {
  EXPECT_NO_THROW(check_finite(std::vector<float>{1, -3e38f}, 7));
  for (const float bad : {std::nanf(""), -INFINITY})
    expect_error(
        [&] {
          check_finite(std::vector<float>{1, bad}, 7);
        },
        ErrorCode::kBadModel, {"image 7", "check its weights"});
}

TEST(Scores, ArgmaxTakesTheLowestOfEquals) {
  EXPECT_EQ(argmax(std::vector<float>{1, 3, 3, 2}), 1);
  EXPECT_EQ(argmax(std::vector<float>{-1}), 0);
}

TEST(Scores, SoftmaxOfKnownAndOfLargeLogits) {
  const std::vector<double> p = softmax(std::vector<float>{0.0f, std::log(3.0f)});
  EXPECT_NEAR(p[0], 0.25, 1e-7);
  EXPECT_NEAR(p[1], 0.75, 1e-7);
  const std::vector<double> large = softmax(std::vector<float>{1e30f, 1e30f, -1e30f});
  EXPECT_EQ(large, (std::vector<double>{0.5, 0.5, 0.0}));
}

TEST(Scores, LargestOtherLeavesOutTheClass) {
  EXPECT_EQ(largest_other(std::vector<float>{9, 2, 5}, 0), 5.0f);
  EXPECT_EQ(largest_other(std::vector<float>{9, 2, 5}, 1), 9.0f);
  EXPECT_EQ(largest_other(std::vector<float>{-9, -2}, 1), -9.0f);
}

TEST(Scores, LogOddsMatchTheSoftmax) {
  const std::vector<float> logits{0.5f, -1.25f, 2.0f, 0.0f};
  const std::vector<double> p = softmax(logits);
  for (int i = 0; i < 4; ++i) {
    const double expected = std::log(p[std::size_t(i)] / (1 - p[std::size_t(i)]));
    EXPECT_NEAR(log_odds(logits, i), expected, 1e-12);
  }
}

TEST(Scores, LogOddsTellSaturatedProbabilitiesApart) {
  EXPECT_LT(log_odds(std::vector<float>{40, 0, 0}, 0), log_odds(std::vector<float>{41, 0, 0}, 0));
}

}  // namespace
}  // namespace ripple
