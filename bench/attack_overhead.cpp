// What search, judging and bookkeeping add to the time that the dense engine needs for the same
// batches: runs whole attacks of the paper's setting and times the engine's calls inside them.
//   usage: attack_overhead [MODEL [DATA]]
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <exception>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "ripple/attack/attack.h"
#include "ripple/base/statistics.h"
#include "ripple/eval/dense/dense.h"
#include "ripple/image/dataset.h"
#include "ripple/model/model.h"
#include "tests/source_folder.h"

namespace {

using Clock = std::chrono::steady_clock;
using ripple::CandidateBatch;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

/// Passes calls on and adds up the time they take.
class TimedEvaluator : public ripple::Evaluator {
 public:
  explicit TimedEvaluator(std::unique_ptr<ripple::Evaluator> inner) : inner_(std::move(inner)) {}
  int classes() const override { return inner_->classes(); }
  void refresh(const ripple::Image& image) override {
    timed([&] { inner_->refresh(image); });
  }
  void score(const CandidateBatch& batch, std::span<float> logits) override {
    timed([&] { inner_->score(batch, logits); });
  }
  void logits_of(const ripple::Image& image, std::span<float> logits) override {
    timed([&] { inner_->logits_of(image, logits); });
  }
  double take_seconds() { return std::exchange(seconds_, 0.0); }

 private:
  template <typename Call>
  void timed(const Call& call) {
    const auto start = Clock::now();
    call();
    seconds_ += seconds_since(start);
  }

  std::unique_ptr<ripple::Evaluator> inner_;
  double seconds_ = 0.0;
};

int run(const std::string& path, const std::string& data) {
  const ripple::Model model = ripple::read_onnx(path);
  const auto dataset = ripple::open_dataset(data);
  TimedEvaluator evaluator(ripple::make_dense_evaluator(model));
  ripple::AttackOptions options;
  options.stop = ripple::StopRule::kBudget;
  options.generations = 24;        // 10,000 evaluations
  options.answer_repeats = false;  // so that the engine sees each of them
  std::vector<double> overheads;
  fmt::print("image  dense ns/candidate  whole attack ns/candidate  added\n");
  for (std::int64_t index = 0; index < std::min<std::int64_t>(12, dataset->size()); ++index) {
    const ripple::Sample sample = dataset->sample(index);
    const auto start = Clock::now();
    const ripple::AttackResult result = ripple::attack_image(evaluator, sample.image, sample.label,
                                                             std::nullopt, index, options, nullptr);
    const double all = seconds_since(start);
    const double dense = evaluator.take_seconds();
    if (result.evaluations == 0 || index == 0) continue;  // skipped, or the warm-up
    const auto each = [&](double seconds) {
      return 1e9 * seconds / static_cast<double>(result.evaluations);
    };
    overheads.push_back((all - dense) / dense);
    fmt::print("{:>5}  {:>18.0f}  {:>25.0f}  {:>4.1f} %\n", index, each(dense), each(all),
               100.0 * overheads.back());
  }
  fmt::print("median added: {:.1f} % of the dense engine's time\n",
             100.0 * ripple::median(overheads));
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc > 1 ? argv[1] : (ripple::source_folder() / "models/shapes/lenet.onnx").string(),
               argc > 2 ? argv[2] : "shapes:100:2");
  } catch (const std::exception& error) {
    std::fprintf(stderr, "attack_overhead: %s\n", error.what());
    return 1;
  }
}
