// Whole networks: random graphs with branches, every target, real networks, long runs.

#include <filesystem>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "ripple/eval/delta/expect_update.h"

namespace ripple {
namespace {

using namespace delta_test;

/// A random graph of 6 to 12 nodes with branches, joins and concatenations.
Model random_network(std::uint64_t seed) {
  Rng rng({seed, 1});
  const int width = 7 + int(rng.below(6));
  const int height = 7 + int(rng.below(6));
  GraphBuilder b({3, height, width});
  std::vector<ValueId> values = {
      b.add("first", random_conv(rng, 16, 3, make_window(3, 1, 1)), {b.input()})};
  const int nodes = 6 + int(rng.below(7));
  for (int i = 0; i < nodes; ++i) {
    const std::string name = fmt::format("n{}", i);
    const ValueId in =
        values[values.size() - 1 - rng.below(std::min<std::uint64_t>(values.size(), 3))];
    const Shape shape = b.shape(in);
    const int channels = int(shape[0]);
    const auto same = [&] {
      for (std::size_t v = values.size(); v-- > 0;) {
        if (values[v] != in && b.shape(values[v]) == shape) return values[v];
      }
      return in;
    };
    ValueId out = -1;
    switch (rng.below(9)) {
      case 0:
        out = b.add(name, random_normalization(rng, channels), {in});
        break;
      case 1:
        out = b.add(name, Binary{BinaryKind::kAdd}, {in, same()});
        break;
      case 2:
        out = channels < 60 ? b.add(name, Concat{0}, {in, same()}) : b.add(name, Relu{}, {in});
        break;
      case 3:
        out = shape[1] > 3 && shape[2] > 3 ? b.add(name, MaxPool{make_window(3, 2, 1)}, {in})
                                           : b.add(name, LeakyRelu{0.1f}, {in});
        break;
      case 4:
        out = b.add(name, random_conv(rng, 24, channels, make_window(3, 2, 1)), {in});
        break;
      case 5:
      case 6:
        out = b.add(name, random_conv(rng, channels, channels, make_window(3, 1, 1)), {in});
        out = b.add(name + "sum", Binary{BinaryKind::kAdd}, {same(), out});
        break;
      default:
        out = b.add(name, Relu{}, {in});
    }
    values.push_back(out);
  }
  return finish(b, rng, values.back());
}

TEST(DeltaNetworks, RandomGraphsEqualReference) {
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    expect_update_equals_reference(random_network(seed), seed, fmt::format("graph {}", seed), 13,
                                   {""}, 1e-4);
  }
}

TEST(DeltaNetworks, EveryTargetOfThisCpu) {
  for (std::uint64_t seed = 100; seed < 106; ++seed) {
    expect_update_equals_reference(random_network(seed), seed, fmt::format("graph {}", seed), 13,
                                   delta_targets(), 1e-4);
  }
}

TEST(DeltaNetworks, RowsDoNotDependOnNeighboursOrOrder) {
  for (const float tolerance : {0.0f, 1e-2f}) {
    for (std::uint64_t seed = 200; seed < 210; ++seed) {
      const Model model = random_network(seed);
      Rng rng({seed, 3});
      const Image image = random_image(rng, model.graph.width(), model.graph.height());
      const auto delta = make_delta_evaluator(model, {.tolerance = tolerance});
      delta->refresh(image);
      const CandidateBatch batch = random_candidates(rng, image, 2, 40);
      std::vector<float> together(40 * 4), alone(4);
      delta->score(batch, together);
      for (int c = 0; c < 40; ++c) {
        CandidateBatch one;
        one.edits_per_candidate = 2;
        one.edits.assign(batch.candidate(c).begin(), batch.candidate(c).end());
        delta->score(one, alone);
        for (std::size_t k = 0; k < 4; ++k) ASSERT_EQ(alone[k], together[std::size_t(c) * 4 + k]);
      }
    }
  }
}

TEST(DeltaNetworks, SharedBaseAndFullPass) {
  const Model model = random_network(300);
  Rng rng({300});
  const Image image = random_image(rng, model.graph.width(), model.graph.height());
  const auto plan = make_delta_plan(model);
  const auto first = make_delta_evaluator(plan);
  const auto second = make_delta_evaluator(plan);
  first->refresh(image);
  second->adopt(first->base());
  const CandidateBatch batch = random_candidates(rng, image, 3, 9);
  std::vector<float> a(36), b(36), whole(4);
  first->score(batch, a);
  second->score(batch, b);
  EXPECT_EQ(a, b);
  EXPECT_GT(first->thread_bytes(), 0u);
  EXPECT_GT(first->base_bytes(), 0u);
  EXPECT_GT(first->plan_bytes(), 0u);
  Image edited = image;
  apply_edits(edited, batch.candidate(4));
  first->logits_of(edited, whole);
  expect_close(std::span(a).subspan(16, 4), whole, 1e-4, "full pass");
  first->score(batch, b);
  EXPECT_EQ(a, b) << "logits_of must leave the clean image as it was";
  EXPECT_THROW(make_delta_evaluator(model)->adopt(first->base()), Error);
  EXPECT_THROW(make_delta_evaluator(model, {.tolerance = -1.0f}), Error);
  EXPECT_THROW(make_delta_evaluator(model, {.target = "AVX9"}), Error);
}

TEST(DeltaNetworks, ToleranceDropsWorkAndExactScoresIgnoreIt) {
  const Model model = random_network(301);
  Rng rng({301});
  const Image image = random_image(rng, model.graph.width(), model.graph.height());
  const auto exact = make_delta_evaluator(model);
  const auto rough = make_delta_evaluator(model, {.tolerance = 0.05f});
  exact->refresh(image);
  rough->refresh(image);
  const CandidateBatch batch = random_candidates(rng, image, 1, 60);
  std::vector<float> a(240), b(240);
  exact->score(batch, a);
  rough->score(batch, b);
  EXPECT_NE(a, b);
  EXPECT_LT(rough->statistics().multiply_adds_done, exact->statistics().multiply_adds_done);
  EXPECT_EQ(exact->statistics().candidates, 60);
  EXPECT_GT(exact->statistics().unchanged, 0);
  rough->score_exact(batch, b);
  EXPECT_EQ(a, b);
}

}  // namespace
}  // namespace ripple
