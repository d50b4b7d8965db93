#include "ripple/attack/repeat_table.h"

#include <gtest/gtest.h>

#include "ripple/base/rng.h"

namespace ripple {
namespace {

/// Two logits that tell every effective edit apart; counts what it is asked for.
class CountingEvaluator : public Evaluator {
 public:
  explicit CountingEvaluator(const Image& clean) : clean_(clean) {}
  int classes() const override { return 2; }
  void refresh(const Image&) override {}
  void score(const CandidateBatch& batch, std::span<float> logits) override {
    for (int i = 0; i < batch.size(); ++i) {
      ++asked;
      Image image = clean_;
      apply_edits(image, batch.candidate(i));
      logits_of(image, logits.subspan(2 * std::size_t(i), 2));
    }
  }
  void logits_of(const Image& image, std::span<float> logits) override {
    double sum = 0.0;
    for (std::size_t i = 0; i < image.pixels.size(); ++i)
      sum += image.pixels[i] * double(i * i + 1);
    logits[0] = static_cast<float>(sum);
    logits[1] = -static_cast<float>(sum);
  }

  int asked = 0;

 private:
  const Image& clean_;
};

std::vector<float> scored(RepeatTable& table, Evaluator& evaluator, const CandidateBatch& batch) {
  std::vector<float> logits(2 * std::size_t(batch.size()), -1.0f);
  table.score(evaluator, batch, logits);
  return logits;
}

std::vector<float> direct(Evaluator& evaluator, const CandidateBatch& batch) {
  std::vector<float> logits(2 * std::size_t(batch.size()));
  evaluator.score(batch, logits);
  return logits;
}

TEST(RepeatTable, AsksForEachCandidateOnce) {
  const Image clean = make_image(5, 3, 9, 9, 9);
  CountingEvaluator evaluator(clean);
  RepeatTable table(clean, 2);
  const CandidateBatch batch{1,
                             {{0, 0, 1, 1, 1}, {4, 2, 1, 1, 1}, {0, 0, 1, 1, 1}, {0, 0, 1, 1, 2}}};
  const std::vector<float> first = scored(table, evaluator, batch);
  EXPECT_EQ(evaluator.asked, 3);
  EXPECT_EQ(scored(table, evaluator, batch), first);
  EXPECT_EQ(evaluator.asked, 3);
  EXPECT_EQ(table.distinct(), 3);
  EXPECT_EQ(first, direct(evaluator, batch));
}

TEST(RepeatTable, KnowsTheSameCandidateInOtherWords) {
  const Image clean = make_image(5, 3, 9, 9, 9);
  CountingEvaluator evaluator(clean);
  RepeatTable table(clean, 2);
  scored(table, evaluator, {2, {{1, 0, 5, 5, 5}, {3, 2, 6, 6, 6}}});
  scored(table, evaluator, {2, {{3, 2, 6, 6, 6}, {1, 0, 5, 5, 5}}});  // another order
  EXPECT_EQ(evaluator.asked, 1);
  scored(table, evaluator, {2, {{1, 0, 5, 5, 5}, {1, 0, 7, 7, 7}}});  // the later edit counts
  scored(table, evaluator, {2, {{1, 0, 6, 6, 6}, {1, 0, 7, 7, 7}}});
  scored(table, evaluator, {2, {{4, 1, 9, 9, 9}, {1, 0, 7, 7, 7}}});  // the clean colour is no edit
  EXPECT_EQ(evaluator.asked, 2);
  scored(table, evaluator, {2, {{1, 0, 5, 5, 5}, {1, 0, 9, 9, 9}}});  // nothing is left
  scored(table, evaluator, {2, {{0, 0, 9, 9, 9}, {2, 2, 9, 9, 9}}});
  EXPECT_EQ(evaluator.asked, 3);
}

TEST(RepeatTable, GivesWhatTheEvaluatorGivesOverManyBatches) {
  const Image clean = make_image(7, 4, 0, 1, 2);
  CountingEvaluator evaluator(clean);
  for (const int pixels : {1, 3, 5}) {
    RepeatTable table(clean, 2);
    Rng rng{1, static_cast<std::uint64_t>(pixels)};
    for (int round = 0; round < 40; ++round) {
      CandidateBatch batch{pixels, {}};
      for (int i = 0; i < 100 * pixels; ++i) {
        const auto few = [&] { return static_cast<std::uint8_t>(rng.below(3)); };
        batch.edits.push_back(
            {static_cast<int>(rng.below(7)), static_cast<int>(rng.below(4)), few(), few(), few()});
      }
      ASSERT_EQ(scored(table, evaluator, batch), direct(evaluator, batch))
          << pixels << " " << round;
    }
    if (pixels == 1) {
      EXPECT_LE(table.distinct(), 7 * 4 * 27);  // there are no more
    }
  }
}

TEST(RepeatTable, IsBoundedAndStillRight) {
  const Image clean = make_image(5, 3, 9, 9, 9);
  CountingEvaluator evaluator(clean);
  RepeatTable table(clean, 2, 2);
  const CandidateBatch batch{1,
                             {{0, 0, 1, 1, 1}, {1, 0, 1, 1, 1}, {2, 0, 1, 1, 1}, {2, 0, 1, 1, 1}}};
  const std::vector<float> first = scored(table, evaluator, batch);
  EXPECT_EQ(evaluator.asked, 4);
  EXPECT_EQ(scored(table, evaluator, batch), first);
  EXPECT_EQ(evaluator.asked, 6);
  EXPECT_EQ(first, direct(evaluator, batch));
}

}  // namespace
}  // namespace ripple
