#include "ripple/attack/pgd.h"

#include <cmath>

#include <gtest/gtest.h>

#include "ripple/base/rng.h"
#include "ripple/eval/scores.h"
#include "tests/expect_error.h"
#include "tests/fake_evaluator.h"

namespace ripple {
namespace {

constexpr int kSide = 4;
constexpr std::size_t kCells = 3 * kSide * kSide;
const Preprocessing kPreprocessing{{100, 120, 140}, {50, 60, 70}};

/// Weights of class 0 against class 1, of the preprocessed input [3, H, W]; never 0.
double weight(std::size_t i) {
  return (i % 3 == 0 ? -1.0 : 1.0) * (1.0 + 0.1 * static_cast<double>(i % 7)) / 48.0;
}

float input_of(const Image& image, std::size_t i) {
  const std::size_t c = i / (kSide * kSide);
  const std::size_t p = i % (kSide * kSide);
  return (image.pixels[3 * p + c] - kPreprocessing.mean[c]) / kPreprocessing.std[c];
}

/// A linear network of three classes: logits (s + bias, -s - bias, -100).
struct Linear {
  double bias = 0.2;
  std::vector<float> logits(double s) const {
    return {static_cast<float>(s + bias), static_cast<float>(-s - bias), -20.0f};
  }
  std::vector<float> operator()(const Image& image) const {
    double s = 0.0;
    for (std::size_t i = 0; i < kCells; ++i) s += weight(i) * input_of(image, i);
    return logits(s);
  }
};

class LinearGradients : public GradientEvaluator {
 public:
  int classes() const override { return 3; }
  Gradients run(const Tensor& inputs, std::span<const int> classes,
                const GradientQuery& query) override {
    EXPECT_EQ(query.score, Score::kCrossEntropy);
    Gradients out{{}, filled<float>(inputs.shape, 0.0f), {}, {}};
    for (std::size_t k = 0; k < classes.size(); ++k) {
      double s = 0.0;
      for (std::size_t i = 0; i < kCells; ++i) s += weight(i) * inputs.data[k * kCells + i];
      const std::vector<double> p = softmax(Linear{}.logits(s));
      const double by_s = p[0] - p[1] - (classes[k] == 0 ? 1 : classes[k] == 1 ? -1 : 0);
      for (std::size_t i = 0; i < kCells; ++i) {
        out.input.data[k * kCells + i] = static_cast<float>(by_s * weight(i));
      }
    }
    return out;
  }
};

PgdNetwork make_network() {
  return {std::make_unique<LinearGradients>(),
          std::make_unique<FakeEvaluator>(3, [](const Image& image) { return Linear{}(image); })};
}

Sample sample_of(std::uint64_t seed, std::optional<int> label = std::nullopt) {
  Rng rng({seed});
  Image image = make_image(kSide, kSide);
  for (std::uint8_t& v : image.pixels) v = static_cast<std::uint8_t>(rng.below(256));
  return {image, label, "random"};
}

PgdResult attack_one(const Sample& sample, const PgdOptions& options) {
  PgdNetwork network = make_network();
  const std::int64_t index = 3;
  return pgd_attack(network, kPreprocessing, std::span(&sample, 1), std::span(&index, 1), options,
                    nullptr)[0];
}

TEST(Pgd, FgsmMovesEveryComponentByEpsAgainstTheGradient) {
  const Sample sample = sample_of(1);
  const PgdResult result = attack_one(sample, fgsm_preset(8.0));
  ASSERT_EQ(result.skipped, SkipReason::kNone);
  EXPECT_TRUE(result.label_assumed);
  const double side = result.label == 0 ? -1.0 : 1.0;  // lowers s where class 0 is left
  for (std::size_t i = 0; i < kCells; ++i) {
    const std::size_t place = 3 * (i % (kSide * kSide)) + i / (kSide * kSide);
    const int clean = sample.image.pixels[place];
    const int want = std::clamp(clean + (weight(i) * side > 0 ? 8 : -8), 0, 255);
    EXPECT_EQ(int(result.adversarial.pixels[place]), want) << i;
  }
  EXPECT_EQ(result.linf, 8);
  EXPECT_EQ(result.pixels, kSide * kSide);
  EXPECT_EQ(result.gradients, 1);
  EXPECT_LT(result.confidence_after, result.confidence_before);
  EXPECT_EQ(result.success, result.predicted != result.label);
}

TEST(Pgd, EveryNormAndStartStaysWithinEpsAfterRounding) {
  for (const Norm norm : {Norm::kLinf, Norm::kL2}) {
    for (const double eps : {1.0, 2.5, 4.2, 7.3, 40.0, 300.0}) {
      for (const bool random : {false, true}) {
        SCOPED_TRACE(std::string(to_string(norm)) + " " + std::to_string(eps));
        const PgdOptions options{
            .norm = norm, .eps = eps, .step = eps / 3, .iterations = 7, .random_start = random};
        const Sample sample = sample_of(9);
        const PgdResult result = attack_one(sample, options);
        int largest = 0;
        double squares = 0.0;
        for (std::size_t i = 0; i < kCells; ++i) {
          const int change = int(result.adversarial.pixels[i]) - int(sample.image.pixels[i]);
          largest = std::max(largest, std::abs(change));
          squares += change * change;
        }
        EXPECT_EQ(result.linf, largest);
        EXPECT_DOUBLE_EQ(result.l2, std::sqrt(squares));
        // A short L2 step spread over all components rounds to the clean image.
        EXPECT_TRUE(largest > 0 || (norm == Norm::kL2 && eps < 7.0));
        EXPECT_TRUE((norm == Norm::kLinf ? largest : result.l2) <= eps) << result.l2;
      }
    }
  }
}

TEST(Pgd, L2SpendsItsLengthAlongTheGradient) {
  const PgdResult result =
      attack_one(sample_of(2), {.norm = Norm::kL2, .eps = 60.0, .step = 20.0, .iterations = 5});
  EXPECT_TRUE(result.l2 > 55.0) << result.l2;
  EXPECT_LT(result.confidence_after, result.confidence_before);
}

TEST(Pgd, TargetsAreReachedAndTheOwnLabelIsSkipped) {
  Sample sample = sample_of(4);
  const int label = argmax(Linear{}(sample.image));
  sample.label = label;
  PgdOptions options{.eps = 60.0, .step = 10.0, .goal = Goal::kTarget, .target = 1 - label};
  const PgdResult reached = attack_one(sample, options);
  EXPECT_TRUE(reached.success);
  EXPECT_EQ(reached.predicted, 1 - label);
  options.target = label;
  EXPECT_EQ(attack_one(sample, options).skipped, SkipReason::kAlreadyTarget);
  options.goal = Goal::kLeastLikely;
  options.target = -1;
  const PgdResult hopeless = attack_one(sample, options);  // class 2 never wins
  EXPECT_EQ(hopeless.target, 2);
  EXPECT_FALSE(hopeless.success);
  sample.label = 1 - label;
  const PgdResult wrong = attack_one(sample, PgdOptions{});
  EXPECT_EQ(wrong.skipped, SkipReason::kMisclassified);
  EXPECT_EQ(wrong.adversarial, sample.image);
  EXPECT_EQ(wrong.gradients, 0);
}

std::vector<PgdResult> attack_many(int threads, std::uint64_t seed) {
  std::vector<std::int64_t> indices;
  for (std::int64_t i = 0; i < 40; ++i) indices.push_back(2 * i);
  std::vector<PgdResult> results;
  const PgdOptions options{
      .eps = 6.0, .step = 1.0, .iterations = 2, .random_start = true, .restarts = 3, .seed = seed};
  EXPECT_TRUE(pgd_attack_many(
      indices, [](std::int64_t index) { return sample_of(std::uint64_t(index)); }, make_network,
      kPreprocessing, options, threads, nullptr,
      [&](const PgdResult& result) { results.push_back(result); }));
  return results;
}

TEST(Pgd, TheSameForAnyNumberOfThreadsAnotherForAnotherSeed) {
  const std::vector<PgdResult> one = attack_many(1, 1);
  const std::vector<PgdResult> four = attack_many(4, 1);
  const std::vector<PgdResult> other = attack_many(2, 2);
  ASSERT_EQ(one.size(), 40u);
  ASSERT_EQ(four.size(), 40u);
  bool differs = false;
  for (std::size_t i = 0; i < one.size(); ++i) {
    EXPECT_EQ(one[i].index, std::int64_t(2 * i));
    EXPECT_EQ(four[i].adversarial, one[i].adversarial);
    EXPECT_EQ(four[i].gradients, one[i].gradients);
    differs |= other[i].adversarial != one[i].adversarial;
    EXPECT_EQ(one[i].gradients % 2, 0);
  }
  EXPECT_TRUE(differs);
}

TEST(Pgd, OfFailedRunsTheOneThatCameClosestIsReported) {
  // Runs of one restart fewer each are the same runs without the last, so that what is reported
  // can only come closer. The class that never wins fails all of them.
  PgdOptions options{.eps = 6.0, .step = 0.5, .iterations = 1, .random_start = true};
  bool came_closer = false, last_was_worse = false;
  for (const bool targeted : {false, true}) {
    if (targeted) {
      options.goal = Goal::kTarget;
      options.target = 2;
    }
    for (std::uint64_t seed = 20; seed < 30; ++seed) {
      double best = 0.0;
      for (int restarts = 1; restarts <= 4; ++restarts) {
        options.restarts = restarts;
        const PgdResult result = attack_one(sample_of(seed), options);
        if (result.success) break;
        std::vector<float> logits = Linear{}(result.adversarial);
        const int driven = targeted ? 2 : result.label;
        const double reached = (targeted ? -1 : 1) * softmax(logits)[std::size_t(driven)];
        if (restarts > 1) {
          EXPECT_LE(reached, best) << seed << ' ' << restarts;
          came_closer |= reached < best;
          last_was_worse |= reached == best;
        }
        best = reached;
      }
    }
  }
  EXPECT_TRUE(came_closer && last_was_worse);
}

TEST(Pgd, RefusesOptionsThatMeanNothing) {
  const auto refused = [](const PgdOptions& options, const char* name) {
    expect_error([&] { check_pgd_options(options, 10); }, ErrorCode::kBadArgument, {name});
  };
  refused({.eps = 0.0}, "--eps");
  refused({.eps = std::nan("")}, "--eps");
  refused({.step = 0.0}, "--step");
  refused({.iterations = 0}, "--iterations");
  refused({.random_start = true, .restarts = 0}, "--restarts");
  refused({.restarts = 2}, "--random-start");
  refused({.goal = Goal::kAllTargets}, "--target");
  refused({.goal = Goal::kTarget, .target = 10}, "0 to 9");
  check_pgd_options(pgd_toolbox_preset(), 10);
  expect_error([] { check_pgd_options({}, 1); }, ErrorCode::kBadModel, {"two classes"});
  EXPECT_DOUBLE_EQ(pgd_toolbox_preset().eps, 76.5);
}

}  // namespace
}  // namespace ripple
