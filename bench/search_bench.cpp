// What searching and judging cost beside the network, as time a candidate; a LeNet on
// LibTorch needs about 25 us for one on one core.
//   build/dev/bin/search_bench
#include <vector>

#include <benchmark/benchmark.h>

#include "ripple/attack/attack.h"
#include "ripple/attack/judge.h"
#include "ripple/search/make_search.h"

namespace ripple {
namespace {

constexpr int kClasses = 10;
constexpr int kGenerations = 100;

/// A network that costs next to nothing: the logits move a little with the edit and never flip.
class FreeEvaluator : public Evaluator {
 public:
  int classes() const override { return kClasses; }
  void refresh(const Image&) override {}
  void score(const CandidateBatch& batch, std::span<float> logits) override {
    for (int i = 0; i < batch.size(); ++i) {
      const PixelEdit& edit = batch.candidate(i).front();
      float* row = logits.data() + std::size_t(i) * kClasses;
      for (int j = 0; j < kClasses; ++j) row[j] = 0.1f * static_cast<float>(j);
      row[0] = 9.0f - 0.01f * static_cast<float>(edit.x + edit.y) - 0.001f * edit.r;
    }
  }
  void logits_of(const Image&, std::span<float> logits) override {
    for (float& logit : logits) logit = 0.0f;
    logits[0] = 9.0f;
  }
};

void count_candidates(benchmark::State& state, std::int64_t candidates) {
  state.SetItemsProcessed(candidates);
  state.counters["per_candidate"] = benchmark::Counter(
      static_cast<double>(candidates), benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

void search_only(benchmark::State& state, SearchMethod method) {
  const int pixels = static_cast<int>(state.range(0));
  const auto search = make_search({method, pixels, 0}, 32, 32, Rng{1});
  CandidateBatch batch;
  std::int64_t candidates = 0;
  std::vector<float> losses;
  for (auto _ : state) {
    search->propose(batch);
    losses.resize(std::size_t(batch.size()));
    for (std::size_t i = 0; i < losses.size(); ++i) losses[i] = batch.edits[i * pixels].r;
    search->observe(losses);
    candidates += batch.size();
  }
  count_candidates(state, candidates);
}

void judge_only(benchmark::State& state) {
  const CandidateBatch batch{1, std::vector<PixelEdit>(400)};
  std::vector<float> logits(400 * kClasses);
  for (std::size_t i = 0; i < logits.size(); ++i) logits[i] = static_cast<float>((i * 7919) % 31);
  Judge judge({.label = 3}, kClasses, "image 0");
  for (auto _ : state) judge.judge(batch, logits);
  count_candidates(state, judge.evaluations());
}

/// The whole attack around a network that is free. First the answer: all of the budget is counted.
void whole_attack(benchmark::State& state, SearchMethod method) {
  AttackOptions options = attack_preset(method, static_cast<int>(state.range(0)));
  options.stop = StopRule::kBudget;
  options.generations = kGenerations;
  FreeEvaluator network;
  const Image image = make_image(32, 32, 100, 100, 100);
  std::int64_t candidates = 0;
  for (auto _ : state) {
    const AttackResult result = attack_image(network, image, 0, std::nullopt, 0, options, nullptr);
    if (result.success || result.evaluations != (kGenerations + 1) * options.population) {
      state.SkipWithError("the attack did not evaluate what it should");
      return;
    }
    candidates += result.evaluations;
  }
  count_candidates(state, candidates);
}

BENCHMARK_CAPTURE(search_only, paper, SearchMethod::kPaper)->Arg(1)->Arg(5);
BENCHMARK_CAPTURE(search_only, scipy_best1bin, SearchMethod::kScipyBest1Bin)->Arg(1)->Arg(5);
BENCHMARK_CAPTURE(search_only, random, SearchMethod::kRandom)->Arg(1)->Arg(5);
BENCHMARK(judge_only);
BENCHMARK_CAPTURE(whole_attack, paper, SearchMethod::kPaper)->Arg(1)->Arg(5);
BENCHMARK_CAPTURE(whole_attack, scipy_best1bin, SearchMethod::kScipyBest1Bin)->Arg(1)->Arg(5);

}  // namespace
}  // namespace ripple

BENCHMARK_MAIN();
