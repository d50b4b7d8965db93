#include "ripple/app/bench_run.h"

#include <chrono>
#include <cmath>
#include <limits>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/expect_error.h"
#include "tests/fake_evaluator.h"

namespace ripple {
namespace {

/// Class 0 as far as the middle pixel's red is below 200, plus `offset` on logit 0.
FakeEvaluator::Function by_red(float offset = 0.0f) {
  return [offset](const Image& image) {
    return std::vector<float>{2.0f + offset - 0.01f * image.at(2, 1)[0], 0.0f};
  };
}

std::vector<BenchImage> one_image(int candidates, int pixels = 1) {
  FakeEvaluator scorer(2, by_red());
  return {record_candidates(scorer, make_image(5, 3, 10, 20, 30), 4, candidates, pixels)};
}

TEST(BenchRun, RecordsGenerationsOfASearch) {
  FakeEvaluator scorer(2, by_red());
  const BenchImage image = record_candidates(scorer, make_image(5, 3, 10, 20, 30), 4, 1000, 1);
  EXPECT_EQ(image.candidates.size(), 1000);
  EXPECT_EQ(scorer.evaluations, 800);  // the last generation is only proposed
  check_edits(image.candidates.edits, 5, 3);
  // Children are built from the population: they keep to values that random ones need not have.
  const auto again = one_image(1000);
  EXPECT_EQ(again[0].candidates.edits, image.candidates.edits);
  EXPECT_EQ(one_image(7)[0].candidates.size(), 7);
}

TEST(BenchRun, RecordsCandidatesOfSeveralPixels) {
  const auto images = one_image(450, 3);
  const CandidateBatch& candidates = images[0].candidates;
  EXPECT_EQ(candidates.edits_per_candidate, 3);
  EXPECT_EQ(candidates.size(), 450);
  check_edits(candidates.edits, 5, 3);
  expect_error([] { one_image(450, 6); }, ErrorCode::kBadArgument, {"6 pixels", "1 to 5"});
}

TEST(BenchRun, PartsAreCutAtTheEnd) {
  const CandidateBatch batch{2, std::vector<PixelEdit>(10)};
  EXPECT_EQ(part_of(batch, 0, 3).size(), 3);
  EXPECT_EQ(part_of(batch, 3, 3).size(), 2);
  EXPECT_EQ(part_of(batch, 3, 3).edits_per_candidate, 2);
}

TEST(BenchRun, AgreementIsMeasured) {
  const auto images = one_image(500);
  FakeEvaluator a(2, by_red());
  FakeEvaluator b(2, by_red(1e-5f));
  const Agreement same = check_agreement({"a", a}, {"b", b}, images);
  EXPECT_FALSE(same.problem);
  EXPECT_EQ(same.candidates, 500);
  EXPECT_TRUE(same.largest > 0.0 && same.largest < 1e-5) << same.largest;
  EXPECT_EQ(check_agreement({"a", a}, {"b", b}, images, 3).candidates, 3);
}

TEST(BenchRun, DisagreementSaysWhere) {
  using testing::HasSubstr;
  const auto images = one_image(50);
  FakeEvaluator a(2, by_red());
  FakeEvaluator b(2, by_red(0.1f));
  const Agreement apart = check_agreement({"a", a}, {"b", b}, images);
  EXPECT_THAT(apart.problem.value_or(""), HasSubstr("a and b disagree on image 4 with --edit "));
  EXPECT_THAT(apart.problem.value_or(""), HasSubstr("probability of class 0"));
  FakeEvaluator broken(2, [](const Image&) { return std::vector<float>{NAN, 0.0f}; });
  const double any = std::numeric_limits<double>::infinity();
  EXPECT_TRUE(check_agreement({"a", a}, {"x", broken}, images, 50, any).problem);
  const Agreement free = check_agreement({"a", a}, {"b", b}, images, 50, any);
  EXPECT_FALSE(free.problem);
  EXPECT_TRUE(free.largest > 1e-3) << free.largest;
}

TEST(BenchRun, AnotherClassIsNoAgreementUnlessTied) {
  const std::vector<BenchImage> images = one_image(4);
  const auto constant = [](float logit) {
    return FakeEvaluator::Function([logit](const Image&) {
      return std::vector<float>{logit, 0.0f};
    });
  };
  FakeEvaluator above(2, constant(5e-6f));
  FakeEvaluator below(2, constant(-5e-6f));
  const Agreement tied = check_agreement({"a", above}, {"b", below}, images);
  EXPECT_FALSE(tied.problem);
  EXPECT_EQ(tied.labels_changed, 4);
  FakeEvaluator far(2, constant(3e-5f));
  const Agreement apart = check_agreement({"a", far}, {"b", below}, images, 4, 1.0);
  EXPECT_THAT(apart.problem.value_or(""), testing::HasSubstr("class 0 and class 1"));
  EXPECT_THAT(apart.problem.value_or(""), testing::HasSubstr("3e-05 apart"));
}

/// Takes `milliseconds` a call.
class Sleeper : public FakeEvaluator {
 public:
  explicit Sleeper(int milliseconds) : FakeEvaluator(2, by_red()), milliseconds_(milliseconds) {}
  void score(const CandidateBatch& batch, std::span<float> logits) override {
    std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds_));
    FakeEvaluator::score(batch, logits);
  }

 private:
  int milliseconds_;
};

TimedEngine sleepers(int milliseconds, int threads) {
  TimedEngine engine{"sleeper", {}};
  for (int t = 0; t < threads; ++t) {
    engine.evaluators.push_back(std::make_unique<Sleeper>(milliseconds));
  }
  return engine;
}

TEST(BenchRun, TimesWhatEnginesTake) {
  const auto images = one_image(10);
  TimedEngine slow = sleepers(20, 2);
  TimedEngine quick = sleepers(2, 2);
  TimedEngine* const both[] = {&slow, &quick};
  const auto one = time_engines(both, images, {.threads = 1, .seconds = 0.0});
  EXPECT_TRUE(one[0].rate <= 10 / 0.020) << one[0].rate;
  EXPECT_TRUE(one[1].rate <= 10 / 0.002) << one[1].rate;
  EXPECT_TRUE(one[1].rate > one[0].rate);
  EXPECT_TRUE(one[0].processor < 0.02 / 10) << "sleeping takes no processor time";
  const auto two = time_engines(both, images, {.threads = 2, .seconds = 0.0});
  EXPECT_TRUE(two[0].rate > one[0].rate) << two[0].rate << " " << one[0].rate;
}

TEST(BenchRun, TimingCanBeStopped) {
  const auto images = one_image(10);
  TimedEngine engine = sleepers(1, 1);
  TimedEngine* const only[] = {&engine};
  const CancelFlag cancel{true};
  expect_error([&] { time_engines(only, images, {.cancel = &cancel}); }, ErrorCode::kCancelled,
               {"stopped"});
}

}  // namespace
}  // namespace ripple
