#include "ripple/eval/delta/pool.h"

#include <algorithm>
#include <utility>

#include "ripple/base/thread_team.h"
#include "ripple/eval/delta/order.h"
#include "ripple/eval/delta/plan.h"

namespace ripple {
namespace delta {
namespace {

class Pool final : public DeltaEvaluator {
 public:
  Pool(std::vector<std::unique_ptr<DeltaEvaluator>> evaluators, int mini_batch)
      : mini_batch_(mini_batch),
        team_(static_cast<int>(evaluators.size())),
        body_([this](std::int64_t part, int worker) { score_part(part, worker); }) {
    members_.resize(evaluators.size());
    for (std::size_t i = 0; i < evaluators.size(); ++i) {
      members_[i].evaluator = std::move(evaluators[i]);
    }
  }

  int classes() const override { return first().classes(); }
  void refresh(const Image& image) override {
    first().refresh(image);
    share(first().base());
  }
  void score(const CandidateBatch& batch, std::span<float> logits) override;
  void logits_of(const Image& image, std::span<float> logits) override {
    first().logits_of(image, logits);
  }
  std::shared_ptr<const BaseState> base() const override { return first().base(); }
  void adopt(std::shared_ptr<const BaseState> base) override {
    first().adopt(base);
    share(base);
  }
  std::span<const float> clean_logits() const override { return first().clean_logits(); }

  DeltaStatistics statistics() const override;
  void reset_statistics() override {
    for (Member& member : members_) member.evaluator->reset_statistics();
  }
  std::string_view target() const override { return first().target(); }
  std::size_t thread_bytes() const override {
    std::size_t bytes = 0;
    for (const Member& member : members_) bytes += member.evaluator->thread_bytes();
    return bytes;
  }
  std::size_t plan_bytes() const override { return first().plan_bytes(); }
  std::size_t base_bytes() const override { return first().base_bytes(); }

 private:
  struct Member {
    std::unique_ptr<DeltaEvaluator> evaluator;
    CandidateBatch part{};
    std::vector<float> logits{};  ///< of part
  };

  DeltaEvaluator& first() const { return *members_.front().evaluator; }
  void share(const std::shared_ptr<const BaseState>& base) {
    for (std::size_t i = 1; i < members_.size(); ++i) members_[i].evaluator->adopt(base);
  }
  void score_part(std::int64_t part, int worker);

  int mini_batch_;
  std::vector<Member> members_;

  // The call that runs; read by all members.
  const CandidateBatch* batch_ = nullptr;
  std::span<float> logits_;
  std::vector<std::pair<std::uint32_t, int>> order_;  ///< (place, candidate), ascending
  int part_size_ = 0;

  ThreadTeam team_;  // after what its threads use
  ThreadTeam::Body body_;
};

void Pool::score(const CandidateBatch& batch, std::span<float> logits) {
  // Whole mini-batches; in a small batch, whole groups that share their lists.
  const int n = batch.size();
  const int threads = team_.size();
  const int groups = (n + threads * kMaxGroup - 1) / (threads * kMaxGroup);
  part_size_ = std::min(mini_batch_, std::max(1, groups) * kMaxGroup);
  if (threads == 1 || n <= part_size_) return first().score(batch, logits);

  // Ordered before it is cut, so that near candidates meet in one mini-batch as without threads.
  order_.resize(static_cast<std::size_t>(n));
  for (int c = 0; c < n; ++c) {
    order_[static_cast<std::size_t>(c)] = {place_in_order(batch.candidate(c).front()), c};
  }
  std::sort(order_.begin(), order_.end());
  batch_ = &batch;
  logits_ = logits;
  team_.run((n + part_size_ - 1) / part_size_, nullptr, body_);
}

void Pool::score_part(std::int64_t part, int worker) {
  Member& member = members_[static_cast<std::size_t>(worker)];
  const auto begin = static_cast<std::size_t>(part) * static_cast<std::size_t>(part_size_);
  const std::size_t count = std::min(static_cast<std::size_t>(part_size_), order_.size() - begin);
  const std::span rows = std::span(order_).subspan(begin, count);
  member.part.edits_per_candidate = batch_->edits_per_candidate;
  member.part.edits.clear();
  for (const auto& [place, candidate] : rows) {
    const std::span<const PixelEdit> edits = batch_->candidate(candidate);
    member.part.edits.insert(member.part.edits.end(), edits.begin(), edits.end());
  }
  const auto row_size = static_cast<std::ptrdiff_t>(classes());
  member.logits.resize(count * static_cast<std::size_t>(row_size));
  member.evaluator->score(member.part, member.logits);
  for (std::size_t i = 0; i < count; ++i) {
    std::copy_n(member.logits.begin() + std::ptrdiff_t(i) * row_size, row_size,
                logits_.begin() + rows[i].second * row_size);
  }
}

DeltaStatistics Pool::statistics() const {
  DeltaStatistics sum = first().statistics();
  for (std::size_t m = 1; m < members_.size(); ++m) {
    const DeltaStatistics s = members_[m].evaluator->statistics();
    sum.candidates += s.candidates;
    sum.unchanged += s.unchanged;
    sum.multiply_adds_done += s.multiply_adds_done;
    sum.multiply_adds_dense += s.multiply_adds_dense;
    // Of one plan: the same operators in the same order.
    for (std::size_t i = 0; i < sum.seconds.size(); ++i)
      sum.seconds[i].second += s.seconds[i].second;
  }
  return sum;
}

}  // namespace

std::unique_ptr<DeltaEvaluator> make_pool(std::vector<std::unique_ptr<DeltaEvaluator>> evaluators,
                                          int mini_batch) {
  return std::make_unique<Pool>(std::move(evaluators), mini_batch);
}

}  // namespace delta

std::unique_ptr<DeltaEvaluator> make_delta_pool(std::shared_ptr<const delta::DeltaPlan> plan,
                                                const DeltaOptions& options, int threads) {
  std::vector<std::unique_ptr<DeltaEvaluator>> evaluators;
  for (int i = 0; i < thread_count(threads); ++i) {
    evaluators.push_back(make_delta_evaluator(plan, options));
  }
  return delta::make_pool(std::move(evaluators), plan->mini_batch());
}

}  // namespace ripple
