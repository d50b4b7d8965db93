#include "ripple/analysis/saliency.h"

#include <cmath>

#include <gtest/gtest.h>

#include "tests/expect_error.h"

namespace ripple {
namespace {

/// score of class c = sum of (c + 1) * input^2: gradient 2 (c + 1) input.
class Squares : public GradientEvaluator {
 public:
  int classes() const override { return 3; }
  Gradients run(const Tensor& inputs, std::span<const int> classes,
                const GradientQuery& query) override {
    last = query;
    ++runs;
    Gradients out{{}, inputs, {}, {}};
    const std::size_t each = inputs.data.size() / classes.size();
    for (std::size_t i = 0; i < inputs.data.size(); ++i) {
      out.input.data[i] *= 2.0f * static_cast<float>(classes[i / each] + 1);
    }
    return out;
  }
  GradientQuery last;
  int runs = 0;
};

const Tensor kBlack{{3, 1, 2}, {-1, -1, -2, -2, -3, -3}};
const Tensor kInputs{{2, 3, 1, 2}, {1, 2, -3, 0, 0.5, 1, 4, -1, 2, 0, -8, 0.25}};
const std::vector<int> kClasses{0, 2};
const std::vector<std::int64_t> kKeys{5, 6};

TEST(Saliency, IsTheLargestAbsoluteGradientOverChannels) {
  Squares network;
  const auto maps = saliency(network, kInputs, kClasses, kKeys, kBlack,
                             {.score = Score::kProbability, .rule = ReluRule::kGuided});
  ASSERT_EQ(maps.size(), 2u);
  EXPECT_EQ(maps[0].signed_map, (Tensor{{3, 1, 2}, {2, 4, -6, 0, 1, 2}}));
  EXPECT_EQ(maps[0].map, (Tensor{{1, 2}, {6, 4}}));
  EXPECT_EQ(maps[1].map, (Tensor{{1, 2}, {48, 6}}));
  EXPECT_EQ(network.last.score, Score::kProbability);
  EXPECT_EQ(network.last.rule, ReluRule::kGuided);
  EXPECT_EQ(network.runs, 1);
}

TEST(Saliency, IntegratedGradientsSumToTheDifferenceOfScores) {
  Squares network;
  const auto maps = saliency(network, kInputs, kClasses, kKeys, kBlack,
                             {.method = SaliencyMethod::kIntegratedGradients, .samples = 7});
  for (std::size_t k = 0; k < 2; ++k) {
    double sum = 0.0;
    double want = 0.0;
    for (std::size_t i = 0; i < 6; ++i) {
      sum += maps[k].signed_map.data[i];
      want +=
          (kClasses[k] + 1) * (std::pow(kInputs.data[k * 6 + i], 2) - std::pow(kBlack.data[i], 2));
    }
    EXPECT_TRUE(std::abs(sum - want) <= 1e-4) << sum << " " << want;
  }
  EXPECT_EQ(network.runs, 7);
}

TEST(Saliency, SmoothGradAveragesAndIsKeyedByImage) {
  Squares network;
  const SaliencyOptions options{.method = SaliencyMethod::kSmoothGrad, .samples = 400};
  const auto maps = saliency(network, kInputs, kClasses, kKeys, kBlack, options);
  for (std::size_t i = 0; i < 6; ++i) {  // noise of mean 0 through a linear gradient
    EXPECT_TRUE(std::abs(maps[0].signed_map.data[i] - 2.0 * kInputs.data[i]) <= 0.3);
  }
  const Tensor second{{1, 3, 1, 2}, {kInputs.data.begin() + 6, kInputs.data.end()}};
  const auto alone = saliency(network, second, std::span(kClasses).subspan(1),
                              std::span(kKeys).subspan(1), kBlack, options);
  EXPECT_EQ(alone[0].signed_map, maps[1].signed_map);
}

TEST(Saliency, RefusesOptionsThatMeanNothing) {
  expect_error([] { check_saliency_options({.samples = 0}); }, ErrorCode::kBadArgument,
               {"--samples"});
  expect_error([] { check_saliency_options({.noise = std::nan("")}); }, ErrorCode::kBadArgument,
               {"--noise"});
  expect_error([] { parse_saliency_method("edges"); }, ErrorCode::kBadArgument, {"smoothgrad"});
}

}  // namespace
}  // namespace ripple
