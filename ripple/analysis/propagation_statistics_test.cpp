#include "ripple/analysis/propagation_statistics.h"

#include <cmath>

#include <gtest/gtest.h>

#include "ripple/base/rng.h"
#include "tests/expect_error.h"

namespace ripple {
namespace {

Layer layer_of(int rows, int columns) {
  Layer layer;
  layer.name = "layer";
  layer.channels = 1;
  layer.rows = rows;
  layer.columns = columns;
  return layer;
}

/// Stands for a network: its one map is made of the red value of the edit.
class FakePropagator final : public Propagator {
 public:
  Trace trace(const Image& clean, std::span<const PixelEdit> edits) override {
    LayerMaps maps;
    maps.rows = 1;
    maps.columns = 2;
    const float red = edits.empty() ? 0.0f : edits[0].r;
    maps.max = {2 * red, red};
    maps.average = {red, red / 2};
    maps.clean_max = 10.0f;
    maps.clean_mean = clean.pixels[0];
    return {{maps}, {}, {}};
  }
};

ImageSource coloured_images() {
  return [](std::int64_t index) {
    Sample sample;
    sample.image = make_image(2, 2, static_cast<std::uint8_t>(index));
    return sample;
  };
}

PropagationStatistics run(const std::vector<TracedAttack>& attacks, int threads) {
  const CancelFlag cancel{false};
  return trace_many(
      attacks, {layer_of(1, 2)}, coloured_images(),
      [] { return std::make_unique<FakePropagator>(); }, threads, cancel,
      [](std::int64_t, const Trace&) {});
}

TracedAttack attack(std::int64_t index, std::uint8_t red, bool success) {
  return {index, {{0, 0, red, 0, 0}}, success};
}

TEST(PropagationStatistics, AveragesOfEachGroup) {
  const auto statistics =
      run({attack(1, 2, true), attack(2, 4, true), attack(3, 10, false), attack(6, 0, false)}, 1);
  EXPECT_EQ(statistics.count(true), 2);
  EXPECT_EQ(statistics.count(false), 2);
  EXPECT_EQ(statistics.of(true, 0).max, (std::vector<double>{6, 3}));
  EXPECT_EQ(statistics.of(true, 0).average, (std::vector<double>{3, 1.5}));
  EXPECT_EQ(statistics.of(false, 0).average, (std::vector<double>{5, 2.5}));
  EXPECT_DOUBLE_EQ(statistics.of(true, 0).mean_difference.mean(), (1.5 + 3.0) / 2);
  EXPECT_DOUBLE_EQ(statistics.of(true, 0).mean_difference.standard_error(), 0.75);
  EXPECT_DOUBLE_EQ(statistics.of(true, 0).peak.mean(), 0.6);
  EXPECT_EQ(statistics.of(false, 0).radius.count(), 1);  // the other one changed nothing
  EXPECT_DOUBLE_EQ(statistics.clean(0).mean(), 3.0);
  EXPECT_DOUBLE_EQ(statistics.compare(0).a12, 0.5);
}

TEST(PropagationStatistics, TheSameForAnyNumberOfThreads) {
  Rng rng{1};
  std::vector<TracedAttack> attacks;
  for (int i = 0; i < 150; ++i) {
    attacks.push_back(attack(i, static_cast<std::uint8_t>(rng.below(256)), rng.below(3) == 0));
  }
  const auto one = run(attacks, 1);
  const auto four = run(attacks, 4);
  for (const bool success : {false, true}) {
    EXPECT_EQ(one.of(success, 0).max, four.of(success, 0).max);
    EXPECT_EQ(one.of(success, 0).average, four.of(success, 0).average);
    EXPECT_EQ(one.of(success, 0).mean_difference.standard_error(),
              four.of(success, 0).mean_difference.standard_error());
  }
  EXPECT_EQ(one.compare(0).u, four.compare(0).u);
}

TEST(PropagationStatistics, TheRankTestSeesWhichGroupIsLarger) {
  std::vector<TracedAttack> attacks;
  for (int i = 0; i < 20; ++i)
    attacks.push_back(attack(i, static_cast<std::uint8_t>(i % 2 == 0 ? 100 + i : i), i % 2 == 0));
  const RankTest test = run(attacks, 2).compare(0);
  EXPECT_EQ(test.a12, 1.0);
  EXPECT_TRUE(test.p_value < 1e-3);
}

TEST(PropagationStatistics, AnEmptyGroupHasNoNumbers) {
  const auto statistics = run({attack(0, 3, true)}, 1);
  EXPECT_TRUE(std::isnan(statistics.of(false, 0).mean_difference.mean()));
  EXPECT_TRUE(std::isnan(statistics.compare(0).p_value));
}

TEST(PropagationStatistics, StopsWhenAsked) {
  const CancelFlag cancel{true};
  expect_error(
      [&] {
        trace_many(
            {attack(0, 3, true)}, {layer_of(1, 2)}, coloured_images(),
            [] { return std::make_unique<FakePropagator>(); }, 1, cancel,
            [](std::int64_t, const Trace&) {});
      },
      ErrorCode::kCancelled, {"stopped"});
}

}  // namespace
}  // namespace ripple
