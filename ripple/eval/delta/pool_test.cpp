#include "ripple/eval/delta/pool.h"

#include <algorithm>
#include <atomic>

#include <gtest/gtest.h>

#include "ripple/base/error.h"
#include "tests/delta_networks.h"

namespace ripple {
namespace {

using namespace delta_test;

constexpr int kWidth = 14, kHeight = 12, kClasses = 4;

Model small_network() {
  Rng rng({11});
  GraphBuilder b({3, kHeight, kWidth});
  ValueId x = b.add("c1", random_conv(rng, 8, 3, make_window(3, 1, 1)), {b.input()});
  x = b.add("r1", Relu{}, {x});
  x = b.add("pool", MaxPool{make_window(2, 2), false}, {x});
  x = b.add("c2", random_conv(rng, 20, 8, make_window(3, 2, 1)), {x});
  return finish(b, rng, b.add("r2", Relu{}, {x}), kClasses);
}

std::vector<float> scored(DeltaEvaluator& evaluator, const CandidateBatch& batch) {
  std::vector<float> logits(std::size_t(batch.size()) * kClasses, -1.0f);
  evaluator.score(batch, logits);
  return logits;
}

TEST(DeltaPool, TheNumberOfThreadsChangesNoBit) {
  const auto plan = make_delta_plan(small_network());
  for (const float tolerance : {0.0f, 1e-2f}) {
    const DeltaOptions options{.tolerance = tolerance};
    const auto alone = make_delta_evaluator(plan, options);
    for (const int threads : {1, 2, 3, 5}) {
      const auto pool = make_delta_pool(plan, options, threads);
      EXPECT_EQ(pool->classes(), kClasses);
      Rng rng({12});
      for (int image_index = 0; image_index < 6; ++image_index) {
        const Image image = random_image(kWidth, kHeight, rng);
        alone->refresh(image);
        pool->refresh(image);
        for (const int count : {0, 1, 2, 7, 64, 400}) {
          const CandidateBatch batch = random_candidates(rng, image, 1 + image_index % 5, count);
          ASSERT_EQ(scored(*pool, batch), scored(*alone, batch))
              << threads << " threads, " << count;
        }
        std::vector<float> full(kClasses), want(kClasses);
        pool->logits_of(image, full);
        alone->logits_of(image, want);
        EXPECT_EQ(full, want);
        EXPECT_TRUE(std::ranges::equal(pool->clean_logits(), want));
      }
    }
  }
}

TEST(DeltaPool, ManyImagesAndShortBatches) {
  const auto plan = make_delta_plan(small_network());
  const auto alone = make_delta_evaluator(plan);
  const auto pool = make_delta_pool(plan, {}, 3);
  Rng rng({13});
  for (int i = 0; i < 150; ++i) {
    const Image image = random_image(kWidth, kHeight, rng);
    pool->refresh(image);
    alone->adopt(pool->base());
    for (int k = 0; k < 3; ++k) {
      const CandidateBatch batch = random_candidates(rng, image, 1, 1 + i % 40);
      ASSERT_EQ(scored(*pool, batch), scored(*alone, batch)) << "image " << i;
    }
  }
}

TEST(DeltaPool, StatisticsAndMemoryAreSums) {
  const auto plan = make_delta_plan(small_network());
  const DeltaOptions options{.measure_time = true};
  const auto alone = make_delta_evaluator(plan, options);
  const auto pool = make_delta_pool(plan, options, 3);
  EXPECT_EQ(pool->thread_bytes(), 3 * alone->thread_bytes());
  EXPECT_EQ(pool->plan_bytes(), alone->plan_bytes());
  EXPECT_EQ(pool->target(), alone->target());
  Rng rng({14});
  const Image image = random_image(kWidth, kHeight, rng);
  pool->refresh(image);
  alone->adopt(pool->base());
  EXPECT_EQ(pool->base_bytes(), alone->base_bytes());
  const CandidateBatch batch = random_candidates(rng, image, 1, 300);
  EXPECT_EQ(scored(*pool, batch), scored(*alone, batch));
  const DeltaStatistics sum = pool->statistics(), one = alone->statistics();
  EXPECT_EQ(sum.candidates, 300);
  EXPECT_EQ(sum.unchanged, one.unchanged);
  EXPECT_EQ(sum.multiply_adds_dense, one.multiply_adds_dense);
  EXPECT_GT(sum.multiply_adds_done, 0);
  ASSERT_EQ(sum.seconds.size(), one.seconds.size());
  EXPECT_GT(sum.seconds.front().second, 0.0);
  pool->reset_statistics();
  EXPECT_EQ(pool->statistics().candidates, 0);
}

TEST(DeltaPool, RefusesTheStateOfAnotherPlanAndAnImageOfAnotherSize) {
  const auto pool = make_delta_pool(make_delta_plan(small_network()), {}, 2);
  Rng rng({15});
  const Image image = random_image(kWidth, kHeight, rng);
  const auto other = make_delta_evaluator(small_network());
  other->refresh(image);
  EXPECT_THROW(pool->adopt(other->base()), Error);
  EXPECT_THROW(pool->refresh(make_image(kWidth + 1, kHeight)), Error);
  pool->refresh(image);
  const CandidateBatch batch = random_candidates(rng, image, 1, 50);
  EXPECT_EQ(scored(*pool, batch), scored(*other, batch));
}

TEST(DeltaPool, EndsWithAndWithoutWork) {
  const auto plan = make_delta_plan(small_network());
  Rng rng({16});
  const Image image = random_image(kWidth, kHeight, rng);
  const CandidateBatch batch = random_candidates(rng, image, 1, 40);
  for (int i = 0; i < 40; ++i) {
    const auto pool = make_delta_pool(plan, {}, 4);
    if (i % 3 == 0) continue;
    pool->refresh(image);
    if (i % 3 == 1) scored(*pool, batch);
  }
}

/// Answers with the edit's column; throws, where it is told to, at the first candidate in column 7.
class Fragile final : public DeltaEvaluator {
 public:
  explicit Fragile(const std::atomic<bool>& breaks) : breaks_(breaks) {}
  int classes() const override { return 1; }
  void refresh(const Image&) override {}
  void score(const CandidateBatch& batch, std::span<float> logits) override {
    for (int i = 0; i < batch.size(); ++i) {
      const int x = batch.candidate(i).front().x;
      if (breaks_ && x == 7) throw Error(ErrorCode::kBadData, "column 7", "it broke; mend it");
      logits[std::size_t(i)] = static_cast<float>(x);
    }
  }
  void logits_of(const Image&, std::span<float>) override {}
  std::shared_ptr<const delta::BaseState> base() const override { return nullptr; }
  void adopt(std::shared_ptr<const delta::BaseState>) override {}
  std::span<const float> clean_logits() const override { return {}; }
  DeltaStatistics statistics() const override { return {}; }
  void reset_statistics() override {}
  std::string_view target() const override { return ""; }
  std::size_t thread_bytes() const override { return 0; }
  std::size_t plan_bytes() const override { return 0; }
  std::size_t base_bytes() const override { return 0; }

 private:
  const std::atomic<bool>& breaks_;
};

TEST(DeltaPool, ThrowsWhatAThreadThrewAndWorksOn) {
  std::atomic<bool> breaks{false};
  for (const int threads : {1, 2, 5}) {
    std::vector<std::unique_ptr<DeltaEvaluator>> evaluators;
    for (int i = 0; i < threads; ++i) evaluators.push_back(std::make_unique<Fragile>(breaks));
    const auto pool = delta::make_pool(std::move(evaluators), 4);
    CandidateBatch batch;
    std::vector<float> want;
    for (int i = 0; i < 90; ++i) {
      batch.edits.push_back({i % 9, i % 5, 0, 0, 0});
      want.push_back(static_cast<float>(i % 9));
    }
    for (int round = 0; round < 50; ++round) {
      std::vector<float> logits(want.size());
      breaks = true;
      try {
        pool->score(batch, logits);
        FAIL();
      } catch (const Error& error) {
        EXPECT_EQ(error.code(), ErrorCode::kBadData);
      }
      breaks = false;
      pool->score(batch, logits);
      ASSERT_EQ(logits, want);
    }
  }
}

}  // namespace
}  // namespace ripple
