#include "ripple/attack/judge.h"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

namespace ripple {
namespace {

CandidateBatch batch_of(int count, int d = 1) {
  CandidateBatch batch;
  batch.edits_per_candidate = d;
  for (int i = 0; i < count * d; ++i) batch.edits.push_back({.x = i, .y = 2 * i});
  return batch;
}

TEST(Judge, ProbabilityLossesAreLogOdds) {
  const std::vector<float> logits{1, 0, -1, 0, 2, 0};
  Judge untargeted({.label = 0}, 3, "image 0");
  untargeted.judge(batch_of(2), logits);
  const double p = std::exp(1.0) / (std::exp(1.0) + 1 + std::exp(-1.0));
  EXPECT_NEAR(untargeted.losses()[0], std::log(p / (1 - p)), 1e-6);
  EXPECT_LT(untargeted.losses()[1], untargeted.losses()[0]);
  EXPECT_NEAR(untargeted.best().driven_confidence, 1 / (2 + std::exp(2.0)), 1e-9);

  Judge targeted({.label = 0, .target = 1}, 3, "image 0");
  targeted.judge(batch_of(2), logits);
  EXPECT_EQ(targeted.best().position, 2);
  EXPECT_NEAR(targeted.best().driven_confidence, std::exp(2.0) / (2 + std::exp(2.0)), 1e-9);
}

TEST(Judge, MarginLossesAreLogitDifferences) {
  const std::vector<float> logits{1, 0.25f, -1, 0, 2, 0.5f};
  Judge untargeted({.label = 0, .target = {}, .objective = Objective::kMargin}, 3, "image 0");
  untargeted.judge(batch_of(2), logits);
  EXPECT_EQ(untargeted.losses()[0], 0.75f);
  EXPECT_EQ(untargeted.losses()[1], -2.0f);
  Judge targeted({.label = 0, .target = 2, .objective = Objective::kMargin}, 3, "image 0");
  targeted.judge(batch_of(2), logits);
  EXPECT_EQ(targeted.losses()[0], 2.0f);
  EXPECT_EQ(targeted.losses()[1], 1.5f);
}

TEST(Judge, RemembersTheFirstOfEqualsOverBatches) {
  Judge judge({.label = 0}, 2, "image 0");
  judge.judge(batch_of(3, 2), std::vector<float>{3, 0, 1, 0, 1, 0});
  EXPECT_EQ(judge.best().position, 2);
  EXPECT_EQ(judge.best().edits.at(1).x, 3);
  EXPECT_FALSE(judge.best().reaches);
  EXPECT_EQ(judge.best_flip().position, 0);
  EXPECT_EQ(judge.first_flip_of_batch().position, 0);

  judge.judge(batch_of(3, 2), std::vector<float>{1, 0, -1, 0, -2, 0});
  EXPECT_EQ(judge.evaluations(), 6);
  EXPECT_EQ(judge.best().position, 6);
  EXPECT_EQ(judge.best_flip().position, 6);
  EXPECT_EQ(judge.first_flip_of_batch().position, 5);
  EXPECT_EQ(judge.best_flip_of_batch().position, 6);

  judge.judge(batch_of(1, 2), std::vector<float>{-2, 0});
  EXPECT_EQ(judge.best().position, 6);
  EXPECT_EQ(judge.best_flip().position, 6);
  EXPECT_EQ(judge.first_flip_of_batch().position, 7);
  EXPECT_EQ(judge.best_flip_of_batch().position, 7);
  judge.judge(batch_of(1, 2), std::vector<float>{0.5f, 0});
  EXPECT_EQ(judge.first_flip_of_batch().position, 0);
  EXPECT_EQ(judge.best_flip_of_batch().position, 0);
}

TEST(Judge, LogitsAtTheEndsOfFloatHaveAFiniteLoss) {
  const float most = std::numeric_limits<float>::max();
  for (const Objective objective : {Objective::kProbability, Objective::kMargin}) {
    Judge judge({.label = 0, .target = {}, .objective = objective}, 2, "image 0");
    judge.judge(batch_of(2), std::vector<float>{most, -most, -most, most});
    EXPECT_EQ(judge.losses()[0], most);
    EXPECT_EQ(judge.losses()[1], -most);
    EXPECT_EQ(judge.best_flip_of_batch().position, 2);
  }
}

}  // namespace
}  // namespace ripple
