#include "ripple/attack/introduce.h"

#include <cmath>
#include <string>

#include "ripple/attack/pgd.h"
#include "tests/expect_error.h"

namespace ripple {
namespace {

TEST(Introduce, LabelsAreClassesOfTheNetwork) {
  check_label(std::nullopt, 3, 7);
  check_label(0, 3, 7);
  check_label(2, 3, 7);
  for (const int label : {-1, 3}) {
    expect_error([&] { check_label(label, 3, 7); }, ErrorCode::kBadData,
                 {"image 7", std::to_string(label).c_str(), "0 to 2"});
  }
}

TEST(Introduce, ATargetThatIsTheLabelComesBeforeAWrongAnswer) {
  EXPECT_EQ(skip_reason(1, 1, std::nullopt), SkipReason::kNone);
  EXPECT_EQ(skip_reason(1, 1, 2), SkipReason::kNone);
  EXPECT_EQ(skip_reason(1, 2, std::nullopt), SkipReason::kMisclassified);
  EXPECT_EQ(skip_reason(1, 2, 2), SkipReason::kMisclassified);
  EXPECT_EQ(skip_reason(1, 1, 1), SkipReason::kAlreadyTarget);
  EXPECT_EQ(skip_reason(1, 2, 1), SkipReason::kAlreadyTarget);
}

template <typename Result>
void expect_introduced() {
  // Probabilities 0.7, 0.1, 0.1, 0.1.
  const std::vector<float> logits{std::log(7.0f), 0.0f, 0.0f, 0.0f};
  Result known;
  introduce(known, 2, 3, Goal::kTarget, logits);
  EXPECT_EQ(known.label, 2);
  EXPECT_FALSE(known.label_assumed);
  EXPECT_EQ(known.target, 3);
  EXPECT_EQ(known.predicted, 0);
  EXPECT_EQ(known.skipped, SkipReason::kMisclassified);
  EXPECT_NEAR(known.confidence_before, 0.1, 1e-6);
  EXPECT_NEAR(known.confidence_after, 0.1, 1e-6);
  EXPECT_NEAR(known.confidence_predicted, 0.7, 1e-6);
  // Without a label the answer stands for it; of equally unlikely classes the first is the target.
  Result assumed;
  introduce(assumed, std::nullopt, std::nullopt, Goal::kLeastLikely, logits);
  EXPECT_EQ(assumed.label, 0);
  EXPECT_TRUE(assumed.label_assumed);
  EXPECT_EQ(assumed.target, 1);
  EXPECT_EQ(assumed.skipped, SkipReason::kNone);
  Result untargeted;
  introduce(untargeted, 0, std::nullopt, Goal::kUntargeted, logits);
  EXPECT_FALSE(untargeted.target.has_value());
  EXPECT_NEAR(untargeted.confidence_before, 0.7, 1e-6);
}

TEST(Introduce, FillsInWhatTheCleanImageDecides) {
  expect_introduced<AttackResult>();
  expect_introduced<PgdResult>();
}

}  // namespace
}  // namespace ripple
