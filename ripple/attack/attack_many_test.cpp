#include "ripple/attack/attack_many.h"

#include <chrono>
#include <thread>

#include <gtest/gtest.h>

#include "ripple/base/error.h"
#include "tests/fake_evaluator.h"

namespace ripple {
namespace {

/// Image i: one colour; every seventh is classified wrongly.
Sample scene(std::int64_t index) {
  Sample sample;
  sample.image = make_image(9, 6, static_cast<std::uint8_t>(index), 50, 60);
  sample.label = index % 7 == 6 ? 2 : 0;
  sample.name = "scene " + std::to_string(index);
  return sample;
}

std::vector<float> answer(const Image& image) {
  float red = 0;
  for (std::size_t i = 0; i < image.pixels.size(); i += 3) {
    red += static_cast<float>(image.pixels[i]) * static_cast<float>(1 + i % 5);
  }
  return {10.0f - red / 300, 0.0f, -1.0f};
}

EvaluatorFactory factory() {
  return [] { return std::make_unique<FakeEvaluator>(3, answer); };
}

AttackOptions quick() {
  AttackOptions options = attack_preset(SearchMethod::kPaper);
  options.population = 12;
  options.generations = 4;
  return options;
}

std::vector<std::int64_t> first(std::int64_t count) {
  std::vector<std::int64_t> indices;
  for (std::int64_t i = 0; i < count; ++i) indices.push_back(i);
  return indices;
}

using Row = std::tuple<std::int64_t, std::optional<int>, bool, std::vector<PixelEdit>, double,
                       std::int64_t, std::string>;

std::vector<Row> rows_with(int threads, Goal goal, bool uneven = false) {
  AttackOptions options = quick();
  options.goal = goal;
  std::vector<Row> rows;
  const auto source = [&](std::int64_t index) {
    if (uneven && index % 3 == 0) std::this_thread::sleep_for(std::chrono::milliseconds(3));
    return scene(index);
  };
  const bool complete = attack_many(make_jobs(first(30), options, 3, {}), source, factory(),
                                    options, threads, nullptr, [&](const AttackResult& r) {
                                      rows.emplace_back(r.index, r.target, r.success, r.edits,
                                                        r.confidence_after, r.evaluations, r.name);
                                    });
  EXPECT_TRUE(complete);
  return rows;
}

TEST(AttackMany, TheNumberOfThreadsChangesNothing) {
  const std::vector<Row> one = rows_with(1, Goal::kUntargeted);
  ASSERT_EQ(one.size(), 30u);
  EXPECT_EQ(std::get<6>(one[4]), "scene 4");
  EXPECT_EQ(one, rows_with(2, Goal::kUntargeted, true));
  EXPECT_EQ(one, rows_with(5, Goal::kUntargeted, true));
}

TEST(AttackMany, AllTargetsMakesAPairOfEachOtherClass) {
  const std::vector<Row> rows = rows_with(3, Goal::kAllTargets, true);
  ASSERT_EQ(rows.size(), 60u);  // 2 other classes each
  EXPECT_EQ(rows, rows_with(1, Goal::kAllTargets));
  for (std::size_t i = 0; i < rows.size(); ++i) {
    EXPECT_EQ(std::get<0>(rows[i]), static_cast<std::int64_t>(i / 2));
    EXPECT_NE(std::get<1>(rows[i]), scene(std::get<0>(rows[i])).label);
  }
}

TEST(AttackMany, JobsLeaveOutWhatIsDone) {
  AttackOptions options = quick();
  EXPECT_EQ(make_jobs({4, 2}, options, 3, {{4, std::nullopt}}),
            (std::vector<AttackJob>{{2, std::nullopt}}));
  options.goal = Goal::kAllTargets;
  EXPECT_EQ(make_jobs({4}, options, 3, {{4, 1}, {5, 2}}), (std::vector<AttackJob>{{4, 0}, {4, 2}}));
  options.goal = Goal::kTarget;
  options.target = 1;
  EXPECT_EQ(make_jobs({4, 5}, options, 3, {{4, 1}, {5, 2}}), (std::vector<AttackJob>{{5, 1}}));
  options.goal = Goal::kLeastLikely;
  EXPECT_EQ(make_jobs({3, 4, 5}, options, 3, {{4, 2}}),
            (std::vector<AttackJob>{{3, std::nullopt}, {5, std::nullopt}}));
}

TEST(AttackMany, ResultsAreAsManyAsSaid) {
  for (const Goal goal : {Goal::kUntargeted, Goal::kAllTargets, Goal::kLeastLikely}) {
    AttackOptions options = quick();
    options.goal = goal;
    DoneKeys done;
    for (const std::size_t left : {12u, 3u, 0u, 0u}) {
      const std::vector<AttackJob> jobs = make_jobs(first(6), options, 3, done);
      std::vector<std::pair<std::int64_t, std::optional<int>>> keys;
      attack_many(jobs, scene, factory(), options, 1, nullptr, [&](const AttackResult& result) {
        keys.emplace_back(result.index, result.target);
      });
      EXPECT_EQ(result_count(jobs, goal), std::ssize(keys))
          << to_string(goal) << " " << done.size();
      // The next round resumes a run that has only `left` to do, of which some images have nothing.
      while (keys.size() > left) {
        done.insert(keys.front());
        keys.erase(keys.begin());
      }
    }
  }
}

TEST(AttackMany, CancelHandsOverWhatIsFinishedInAscendingOrder) {
  AttackOptions options = quick();
  CancelFlag cancel = false;
  std::atomic<int> started{0};
  // Image 0 holds one worker until the other has finished images 1 to 4 and begun 5; then the work
  // is cancelled, so that neither 0 nor 5 finishes.
  const auto source = [&](std::int64_t index) {
    ++started;
    if (index == 0) {
      while (started.load() < 6) std::this_thread::yield();
      cancel = true;
    }
    while (index == 5 && !cancel.load()) std::this_thread::yield();
    return scene(index);
  };
  std::vector<std::int64_t> seen;
  const bool complete =
      attack_many(make_jobs(first(1000), options, 3, {}), source, factory(), options, 2, &cancel,
                  [&](const AttackResult& r) { seen.push_back(r.index); });
  EXPECT_FALSE(complete);
  EXPECT_EQ(seen, (std::vector<std::int64_t>{1, 2, 3, 4}));
}

TEST(AttackMany, AnErrorOfOneImageKeepsTheOthersAndIsThrown) {
  const auto source = [](std::int64_t index) -> Sample {
    if (index == 5) throw Error(ErrorCode::kBadData, "image 5", "damaged; repair it");
    return scene(index);
  };
  for (const int threads : {1, 3}) {
    std::vector<std::int64_t> seen;
    EXPECT_THROW(
        attack_many(make_jobs(first(20), quick(), 3, {}), source, factory(), quick(), threads,
                    nullptr, [&](const AttackResult& r) { seen.push_back(r.index); }),
        Error);
    // With several threads also those behind it that were under way.
    ASSERT_GE(seen.size(), 5u);
    EXPECT_TRUE(std::is_sorted(seen.begin(), seen.end()));
    EXPECT_EQ(std::vector<std::int64_t>(seen.begin(), seen.begin() + 5),
              (std::vector<std::int64_t>{0, 1, 2, 3, 4}));
    EXPECT_EQ(std::count(seen.begin(), seen.end(), 5), 0);
    if (threads == 1) {
      EXPECT_EQ(seen.size(), 5u);
    }
  }
}

TEST(AttackMany, AFailingSinkIsNotCalledAgain) {
  int calls = 0;
  const auto sink = [&](const AttackResult&) {
    ++calls;
    throw Error(ErrorCode::kIo, "results.jsonl", "the disk is full; make room");
  };
  EXPECT_THROW(attack_many(make_jobs(first(20), quick(), 3, {}), scene, factory(), quick(), 2,
                           nullptr, sink),
               Error);
  EXPECT_EQ(calls, 1);
}

}  // namespace
}  // namespace ripple
