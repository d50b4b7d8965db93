#include "ripple/analysis/attention_study.h"

#include <cmath>
#include <set>
#include <utility>

#include <gtest/gtest.h>

#include "tests/fake_evaluator.h"

namespace ripple {
namespace {

/// A network whose gradient is the input times (class + 1), and whose one feature map is its first
/// channel; guided gradients are 1 everywhere.
class InputAsGradient : public GradientEvaluator {
 public:
  int classes() const override { return 3; }
  Gradients run(const Tensor& inputs, std::span<const int> classes,
                const GradientQuery& query) override {
    Gradients out{{}, inputs, {}, {}};
    const std::size_t each = inputs.data.size() / classes.size();
    Tensor first{{inputs.shape[0], 1, inputs.shape[2], inputs.shape[3]}, {}};
    for (std::size_t i = 0; i < inputs.data.size(); ++i) {
      if (i % each < each / 3) first.data.push_back(inputs.data[i]);
      out.input.data[i] = query.rule == ReluRule::kGuided
                              ? 1.0f
                              : inputs.data[i] * static_cast<float>(classes[i / each] + 1);
    }
    out.by_activation = {filled<float>(first.shape, 1.0f)};
    out.activations = {std::move(first)};
    return out;
  }
};

AttentionCase made_case(std::int64_t index, std::uint8_t colour) {
  AttentionCase attack;
  attack.index = index;
  attack.label = 0;
  attack.clean = make_image(6, 6, 10, 10, 10);
  AlteredImage altered{Alteration::kPixel, attack.clean, {{2, 3, colour, 0, 0}}, 1, 1};
  apply_edits(altered.image, altered.at);
  attack.altered.push_back(altered);
  AlteredImage control = altered;
  control.alteration = Alteration::kSamePixel;
  control.image = attack.clean;
  control.predicted = 0;
  attack.altered.push_back(control);
  return attack;
}

const AttentionFigure& find(const std::vector<AttentionFigure>& figures, const std::string& metric,
                            Alteration alteration, AttentionMap map, AttentionClass of) {
  for (const AttentionFigure& figure : figures) {
    if (figure.metric == metric && figure.alteration == alteration && figure.map == map &&
        figure.of == of) {
      return figure;
    }
  }
  static const AttentionFigure kMissing;
  ADD_FAILURE() << metric << " is missing";
  return kMissing;
}

TEST(AttentionStudy, FindsTheAttentionThatAPixelCalls) {
  const PixelNormalizer normalizer(Preprocessing{{0, 0, 0}, {1, 1, 1}});
  InputAsGradient network;
  std::vector<CaseAttention> cases;
  for (int i = 0; i < 12; ++i) {
    cases.push_back(
        study_attention(network, normalizer, made_case(i, static_cast<std::uint8_t>(200 + i))));
  }
  ASSERT_EQ(cases[0].rows.size(), 18u);
  ASSERT_EQ(cases[0].maps.size(), 2u);
  const auto figures = summarise_attention(cases, 1);
  using enum AttentionMap;
  const auto& change =
      find(figures, "near_change_1", Alteration::kPixel, kSaliency, AttentionClass::kTrue);
  EXPECT_EQ(change.n, 12);
  EXPECT_GT(change.low, 0.2);
  EXPECT_LT(change.p, 0.01);
  EXPECT_LT(change.p_against, 0.01);
  const auto& calls =
      find(figures, "calls_1", Alteration::kPixel, kGradCam, AttentionClass::kPredicted);
  EXPECT_EQ(calls.mean, 1.0);
  EXPECT_LT(calls.low, 0.9);  // Wilson's of 12 of 12
  const auto& control =
      find(figures, "near_change_1", Alteration::kSamePixel, kSaliency, AttentionClass::kTrue);
  EXPECT_EQ(control.mean, 0.0);
  EXPECT_TRUE(std::isnan(control.p));  // no image differs
  EXPECT_TRUE(std::isnan(control.p_against));
  const auto& guided =
      find(figures, "total_variation", Alteration::kPixel, kGuided, AttentionClass::kTrue);
  EXPECT_EQ(guided.mean, 0.0);
  // Both change at the one pixel alone.
  const auto& join =
      find(figures, "propagation_correlation", Alteration::kPixel, kGradCam, AttentionClass::kTrue);
  EXPECT_DOUBLE_EQ(join.mean, 1.0);
}

/// Sees class 1 where red at (4, 1) is over 250, else class 0.
FakeEvaluator sees_red() {
  return FakeEvaluator(2, [](const Image& image) {
    return image.at(4, 1)[0] > 250 ? std::vector<float>{0, 1} : std::vector<float>{1, 0};
  });
}

TEST(AttentionStudy, ControlsChangeAsManyPixelsAndLeaveTheClass) {
  FakeEvaluator evaluator = sees_red();
  const Image clean = make_image(6, 5, 10, 10, 10);
  const std::vector<PixelEdit> attack{{4, 1, 255, 0, 0}, {2, 3, 9, 9, 9}};
  std::set<std::pair<int, int>> places;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const auto same =
        draw_control(evaluator, clean, 0, attack, 1, Alteration::kSamePixel, Rng{seed});
    ASSERT_TRUE(same.has_value());
    EXPECT_EQ(same->alteration, Alteration::kSamePixel);
    EXPECT_EQ(same->adversarial, 1);
    EXPECT_EQ(same->predicted, 0);
    ASSERT_EQ(same->at.size(), 2u);
    EXPECT_EQ(same->at[0].x, 4);
    EXPECT_EQ(same->at[1].y, 3);
    EXPECT_LE(same->image.at(4, 1)[0], 250);
    Image edited = clean;
    apply_edits(edited, same->at);
    EXPECT_EQ(edited, same->image);

    const auto other =
        draw_control(evaluator, clean, 0, attack, 1, Alteration::kRandomPixel, Rng{seed});
    ASSERT_TRUE(other.has_value());
    std::set<std::pair<int, int>> changed{{4, 1}, {2, 3}};
    for (const PixelEdit& edit : other->at) changed.insert({edit.x, edit.y});
    EXPECT_EQ(changed.size(), 4u);  // two others, distinct
    places.insert(changed.begin(), changed.end());
  }
  EXPECT_EQ(places.size(), 30u);  // every pixel is drawn, over the seeds
}

TEST(AttentionStudy, ThereMayBeNoControl) {
  const Image clean = make_image(2, 1, 10, 10, 10);
  FakeEvaluator always_errs(2, [](const Image&) { return std::vector<float>{0, 1}; });
  const std::vector<PixelEdit> one{{0, 0, 1, 1, 1}};
  EXPECT_FALSE(draw_control(always_errs, clean, 0, one, 1, Alteration::kSamePixel, Rng{1}));
  EXPECT_EQ(always_errs.full_passes, 50);
  // Nor another pixel where the attack changed all.
  FakeEvaluator never_errs(2, [](const Image&) { return std::vector<float>{1, 0}; });
  const std::vector<PixelEdit> both{{0, 0, 1, 1, 1}, {1, 0, 1, 1, 1}};
  EXPECT_FALSE(draw_control(never_errs, clean, 0, both, 1, Alteration::kRandomPixel, Rng{1}));
  EXPECT_TRUE(draw_control(never_errs, clean, 0, both, 1, Alteration::kSamePixel, Rng{1}));
}

}  // namespace
}  // namespace ripple
