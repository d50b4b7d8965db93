#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "ripple/base/error.h"
#include "ripple/eval/delta/delta.h"
#include "ripple/eval/delta/engine.h"
#include "ripple/eval/delta/order.h"

namespace ripple {

namespace delta {
namespace {

class Evaluator final : public DeltaEvaluator {
 public:
  Evaluator(std::shared_ptr<const DeltaPlan> plan, const DeltaOptions& options)
      : plan_(std::move(plan)), options_(options), engine_(*plan_) {
    engine_.measure_time(options.measure_time);
    const auto batch = static_cast<std::size_t>(plan_->mini_batch());
    batch_changes_.resize(batch);
    batch_logits_.resize(batch);
  }

  int classes() const override { return plan_->graph().classes(); }
  void refresh(const Image& image) override { base_ = std::make_shared<BaseState>(plan_, image); }
  void score(const CandidateBatch& batch, std::span<float> logits) override;
  void logits_of(const Image& image, std::span<float> logits) override {
    const BaseState state(plan_, image);
    std::copy(state.logits().begin(), state.logits().end(), logits.begin());
  }
  std::shared_ptr<const BaseState> base() const override { return base_; }
  void adopt(std::shared_ptr<const BaseState> base) override {
    if (!base || &base->plan() != plan_.get()) {
      throw Error(ErrorCode::kBadArgument, "delta engine",
                  "the clean state belongs to another plan; make both evaluators from one plan");
    }
    base_ = std::move(base);
  }
  std::span<const float> clean_logits() const override { return base_->logits(); }

  DeltaStatistics statistics() const override;
  void reset_statistics() override {
    candidates_ = unchanged_ = 0;
    engine_.reset_statistics();
  }
  std::string_view target() const override { return plan_->kernels().target; }
  std::size_t thread_bytes() const override { return engine_.bytes(); }
  std::size_t plan_bytes() const override { return plan_->weight_bytes(); }
  std::size_t base_bytes() const override { return base_ ? base_->bytes() : 0; }

 private:
  /// A candidate that changes something: its pixels are changes_[first, first + count).
  struct Job {
    std::uint32_t order = 0;
    int candidate = 0;
    int first = 0;
    int count = 0;
  };

  Job find_changes(const CandidateBatch& batch, int candidate);

  std::shared_ptr<const DeltaPlan> plan_;
  DeltaOptions options_;
  Engine engine_;
  std::shared_ptr<const BaseState> base_;
  std::vector<ChangedPixel> changes_;
  std::vector<Job> jobs_;
  std::vector<std::span<const ChangedPixel>> batch_changes_;
  std::vector<float*> batch_logits_;
  std::int64_t candidates_ = 0;
  std::int64_t unchanged_ = 0;
};

/// Appends the pixels whose final colour differs from the clean one.
Evaluator::Job Evaluator::find_changes(const CandidateBatch& batch, int candidate) {
  const std::span<const PixelEdit> edits = batch.candidate(candidate);
  const PixelNormalizer& normalize = plan_->normalizer();
  Job job{0, candidate, static_cast<int>(changes_.size()), 0};
  for (std::size_t i = 0; i < edits.size(); ++i) {
    const PixelEdit& edit = edits[i];
    const auto overridden = [&](const PixelEdit& later) {
      return later.x == edit.x && later.y == edit.y;
    };
    if (std::any_of(edits.begin() + std::ptrdiff_t(i) + 1, edits.end(), overridden)) continue;
    const std::uint8_t* old = base_->image().at(edit.x, edit.y);
    if (edit.r == old[0] && edit.g == old[1] && edit.b == old[2]) continue;
    ChangedPixel pixel{edit.x, edit.y, {}};
    pixel.change = {normalize(0, edit.r) - normalize(0, old[0]),
                    normalize(1, edit.g) - normalize(1, old[1]),
                    normalize(2, edit.b) - normalize(2, old[2])};
    if (job.count == 0) job.order = place_in_order(edit);
    changes_.push_back(pixel);
    ++job.count;
  }
  return job;
}

void Evaluator::score(const CandidateBatch& batch, std::span<float> logits) {
  const int n = batch.size();
  const auto classes = static_cast<std::size_t>(plan_->graph().classes());
  changes_.clear();
  changes_.reserve(batch.edits.size());
  jobs_.clear();
  jobs_.reserve(static_cast<std::size_t>(n));
  for (int c = 0; c < n; ++c) {
    const Job job = find_changes(batch, c);
    if (job.count > 0) {
      jobs_.push_back(job);
    } else {
      std::copy(base_->logits().begin(), base_->logits().end(),
                logits.begin() + std::ptrdiff_t(std::size_t(c) * classes));
    }
  }
  candidates_ += n;
  unchanged_ += n - static_cast<std::int64_t>(jobs_.size());
  // Neighbours in the image become neighbours in a mini-batch: their dirty regions nearly coincide.
  std::sort(jobs_.begin(), jobs_.end(), [](const Job& a, const Job& b) {
    return a.order != b.order ? a.order < b.order : a.candidate < b.candidate;
  });
  const auto most = static_cast<std::size_t>(plan_->mini_batch());
  for (std::size_t begin = 0; begin < jobs_.size(); begin += most) {
    const std::size_t count = std::min(most, jobs_.size() - begin);
    for (std::size_t i = 0; i < count; ++i) {
      const Job& job = jobs_[begin + i];
      batch_changes_[i] =
          std::span(changes_).subspan(std::size_t(job.first), std::size_t(job.count));
      batch_logits_[i] = logits.data() + std::size_t(job.candidate) * classes;
    }
    engine_.run(*base_, options_.tolerance, std::span(batch_changes_).first(count),
                std::span(batch_logits_).first(count));
  }
}

DeltaStatistics Evaluator::statistics() const {
  DeltaStatistics s;
  s.candidates = candidates_;
  s.unchanged = unchanged_;
  s.multiply_adds_done = engine_.multiply_adds();
  s.multiply_adds_dense = candidates_ * plan_->dense_multiply_adds();
  if (!options_.measure_time) return s;
  const auto add = [&](std::string_view name, double seconds) {
    for (auto& [known, sum] : s.seconds) {
      if (known == name) {
        sum += seconds;
        return;
      }
    }
    s.seconds.emplace_back(name, seconds);
  };
  const std::vector<Step>& steps = plan_->steps();
  for (std::size_t i = 0; i < steps.size(); ++i) {
    if (steps[i].in_update) add(steps[i].op, engine_.seconds()[i]);
  }
  add("lists", engine_.seconds().back());
  return s;
}

}  // namespace
}  // namespace delta

std::optional<std::string> delta_unsupported(const Graph& graph) {
  return delta::unsupported(graph);
}

std::shared_ptr<const delta::DeltaPlan> make_delta_plan(const Model& model,
                                                        const DeltaOptions& options) {
  return std::make_shared<delta::DeltaPlan>(model, delta::kernel_table(options.target),
                                            options.thread_bytes);
}

std::unique_ptr<DeltaEvaluator> make_delta_evaluator(std::shared_ptr<const delta::DeltaPlan> plan,
                                                     const DeltaOptions& options) {
  if (!(options.tolerance >= 0.0f) || !std::isfinite(options.tolerance)) {
    throw Error(ErrorCode::kBadArgument, "--tolerance",
                fmt::format("{} is no tolerance; give 0 (exact) or a small fraction such as 1e-4",
                            options.tolerance));
  }
  return std::make_unique<delta::Evaluator>(std::move(plan), options);
}

std::unique_ptr<DeltaEvaluator> make_delta_evaluator(const Model& model,
                                                     const DeltaOptions& options) {
  return make_delta_evaluator(make_delta_plan(model, options), options);
}

}  // namespace ripple
