#include "ripple/app/bench_run.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <ctime>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "ripple/attack/judge.h"
#include "ripple/base/error.h"
#include "ripple/base/statistics.h"
#include "ripple/eval/dense/dense.h"
#include "ripple/eval/scores.h"
#include "ripple/search/make_search.h"

namespace ripple {
namespace {

/// Shorter samples are mostly the clock and the start of threads.
constexpr double kShortestSample = 0.05;

void stop_if(const CancelFlag* cancel) {
  if (cancel != nullptr && *cancel) {
    throw Error(ErrorCode::kCancelled, "bench", "stopped before the end");
  }
}

std::vector<CandidateBatch> split(const CandidateBatch& batch, int size) {
  std::vector<CandidateBatch> parts;
  for (int first = 0; first < batch.size(); first += size) {
    parts.push_back(part_of(batch, first, size));
  }
  return parts;
}

/// Distance of the two largest logits.
double top_gap(std::span<const float> logits) {
  const int top = argmax(logits);
  return double{logits[static_cast<std::size_t>(top)]} - double{largest_other(logits, top)};
}

/// Adds one candidate's answers to the comparison; says what is wrong with them.
std::optional<std::string> compare_rows(std::span<const float> first, std::span<const float> second,
                                        double limit, Agreement& sum) {
  const std::vector<double> p = softmax(first);
  const std::vector<double> q = softmax(second);
  ++sum.candidates;
  for (std::size_t k = 0; k < p.size(); ++k) {
    const double difference = std::abs(p[k] - q[k]);
    if (!(difference <= limit)) {
      return fmt::format("probability of class {}: {:.9g} and {:.9g}, the limit is {:g}", k, p[k],
                         q[k], limit);
    }
    sum.largest = std::max(sum.largest, difference);
  }
  if (argmax(first) == argmax(second)) return std::nullopt;
  ++sum.labels_changed;
  if (std::isfinite(limit) && !(top_gap(first) <= Agreement::kTie)) {
    return fmt::format("class {} and class {}, with the two largest logits {:g} apart",
                       argmax(first), argmax(second), top_gap(first));
  }
  return std::nullopt;
}

/// As `ripple predict --edit` takes them.
std::string edit_arguments(std::span<const PixelEdit> edits) {
  std::vector<std::string> parts;
  for (const PixelEdit& edit : edits) {
    parts.push_back(fmt::format("{},{},{},{},{}", edit.x, edit.y, edit.r, edit.g, edit.b));
  }
  return fmt::format("{}", fmt::join(parts, " "));
}

void refresh_all(TimedEngine& engine, const Image& image) {
  if (engine.refresh) {
    engine.refresh(image);
    return;
  }
  for (const std::unique_ptr<Evaluator>& evaluator : engine.evaluators) evaluator->refresh(image);
}

/// Seconds that `threads` evaluators take to score all parts `repeats` times each.
double seconds_of(TimedEngine& engine, std::span<const CandidateBatch> parts, int repeats,
                  const TimingOptions& options) {
  const auto classes = static_cast<std::size_t>(engine.evaluators.front()->classes());
  const auto room = static_cast<std::size_t>(parts.front().size()) * classes;
  std::vector<std::vector<float>> logits(static_cast<std::size_t>(options.threads),
                                         std::vector<float>(room));
  const auto start = std::chrono::steady_clock::now();
  parallel_for(options.threads, options.threads, options.cancel, [&](std::int64_t, int worker) {
    const auto w = static_cast<std::size_t>(worker);
    for (int repeat = 0; repeat < repeats; ++repeat) {
      for (const CandidateBatch& part : parts) {
        stop_if(options.cancel);
        engine.evaluators[w]->score(
            part, std::span(logits[w]).first(static_cast<std::size_t>(part.size()) * classes));
      }
    }
  });
  stop_if(options.cancel);
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

CandidateBatch part_of(const CandidateBatch& batch, int first, int count) {
  const auto d = static_cast<std::size_t>(batch.edits_per_candidate);
  const auto n = static_cast<std::size_t>(std::min(count, batch.size() - first));
  const std::span<const PixelEdit> edits =
      std::span(batch.edits).subspan(static_cast<std::size_t>(first) * d, n * d);
  return {batch.edits_per_candidate, {edits.begin(), edits.end()}};
}

BenchImage record_candidates(Evaluator& evaluator, Image image, std::int64_t index, int count,
                             int pixels) {
  const auto classes = static_cast<std::size_t>(evaluator.classes());
  std::vector<float> logits(classes);
  evaluator.logits_of(image, logits);
  Judge judge({.label = argmax(logits)}, evaluator.classes(), fmt::format("image {}", index));
  const auto search =
      make_search({SearchMethod::kPaper, pixels, std::min(count, kBenchGeneration)}, image.width,
                  image.height, Rng{0x62656e6368, static_cast<std::uint64_t>(index)});  // "bench"
  BenchImage out{index, std::move(image), {pixels, {}}};
  evaluator.refresh(out.image);
  CandidateBatch batch;
  while (true) {
    search->propose(batch);
    const CandidateBatch wanted = part_of(batch, 0, count - out.candidates.size());
    out.candidates.edits.insert(out.candidates.edits.end(), wanted.edits.begin(),
                                wanted.edits.end());
    if (out.candidates.size() >= count) return out;
    logits.resize(static_cast<std::size_t>(batch.size()) * classes);
    evaluator.score(batch, logits);
    judge.judge(batch, logits);
    search->observe(judge.losses());
  }
}

Agreement check_agreement(NamedEvaluator first, NamedEvaluator second,
                          std::span<const BenchImage> images, int most, double limit,
                          const CancelFlag* cancel) {
  const auto classes = static_cast<std::size_t>(first.evaluator.classes());
  Agreement sum;
  for (const BenchImage& image : images) {
    first.evaluator.refresh(image.image);
    second.evaluator.refresh(image.image);
    for (const CandidateBatch& part : split(part_of(image.candidates, 0, most), kBenchGeneration)) {
      std::vector<float> a(static_cast<std::size_t>(part.size()) * classes);
      std::vector<float> b(a.size());
      stop_if(cancel);
      first.evaluator.score(part, a);
      second.evaluator.score(part, b);
      for (int i = 0; i < part.size(); ++i) {
        const std::size_t row = static_cast<std::size_t>(i) * classes;
        const std::optional<std::string> problem = compare_rows(
            std::span(a).subspan(row, classes), std::span(b).subspan(row, classes), limit, sum);
        if (!problem) continue;
        sum.problem =
            fmt::format("{} and {} disagree on image {} with --edit {}: {}", first.name,
                        second.name, image.index, edit_arguments(part.candidate(i)), *problem);
        return sum;
      }
    }
  }
  return sum;
}

TimedEngine dense_engine(const Model& model, const DenseOptions& options, int threads) {
  const int pass = options.batch;
  TimedEngine engine{pass == 0 ? "own choice" : std::to_string(pass), {}};
  for (int t = 0; t < threads; ++t) {
    engine.evaluators.push_back(make_dense_evaluator(model, options));
  }
  engine.call = std::max(pass, kBenchGeneration);
  return engine;
}

TimedEngine delta_engine(const std::shared_ptr<const delta::DeltaPlan>& plan, float tolerance,
                         int threads) {
  TimedEngine engine{tolerance == 0.0f ? "exact" : fmt::format("tolerance {:g}", tolerance), {}};
  std::vector<DeltaEvaluator*> all;
  for (int t = 0; t < threads; ++t) {
    auto delta = make_delta_evaluator(plan, {.tolerance = tolerance});
    all.push_back(delta.get());
    engine.evaluators.push_back(std::move(delta));
  }
  engine.refresh = [all](const Image& image) {
    all.front()->refresh(image);
    for (DeltaEvaluator* delta : all) delta->adopt(all.front()->base());
  };
  return engine;
}

std::vector<EngineSpeed> time_engines(std::span<TimedEngine* const> engines,
                                      std::span<const BenchImage> images,
                                      const TimingOptions& options) {
  std::vector<std::vector<double>> rates(engines.size());
  std::vector<std::vector<double>> processor(engines.size());
  std::vector<int> repeats(engines.size());
  for (std::size_t e = 0; e < engines.size(); ++e) {  // warm-up
    refresh_all(*engines[e], images.front().image);
    const auto parts = split(images.front().candidates, engines[e]->call);
    const double seconds = seconds_of(*engines[e], parts, 1, options);
    repeats[e] = static_cast<int>(std::clamp(std::ceil(kShortestSample / seconds), 1.0, 1e4));
  }
  const auto start = std::chrono::steady_clock::now();
  const auto done = [&](std::size_t round) {
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
    return round % images.size() == 0 && round >= static_cast<std::size_t>(options.rounds) &&
           elapsed.count() >= options.seconds;
  };
  for (std::size_t round = 0; !done(round); ++round) {
    const BenchImage& image = images[round % images.size()];
    for (std::size_t i = 0; i < engines.size(); ++i) {
      const std::size_t e = round % 2 == 0 ? i : engines.size() - 1 - i;
      refresh_all(*engines[e], image.image);
      const auto parts = split(image.candidates, engines[e]->call);
      const std::clock_t before = std::clock();
      const double seconds = seconds_of(*engines[e], parts, repeats[e], options);
      const double used = static_cast<double>(std::clock() - before) / CLOCKS_PER_SEC;
      const double scored = 1.0 * options.threads * repeats[e] * image.candidates.size();
      rates[e].push_back(scored / seconds);
      processor[e].push_back(used / scored);
    }
  }
  std::vector<EngineSpeed> speeds;
  for (std::size_t e = 0; e < engines.size(); ++e) {
    speeds.push_back({median(rates[e]), median(processor[e])});
  }
  return speeds;
}

}  // namespace ripple
