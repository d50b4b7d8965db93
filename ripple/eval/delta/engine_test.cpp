// Whole networks: random graphs with branches, every target, real networks, long runs.

#include <filesystem>
#include <set>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ripple/eval/delta/convolve.h"
#include "tests/expect_update.h"

namespace ripple {
namespace {

using namespace delta_test;

/// Of a random graph.
constexpr std::size_t kClasses = 5;

TEST(DeltaNetworks, RandomGraphsEqualReference) {
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    expect_update_equals_reference(random_graph_model(seed), seed, fmt::format("graph {}", seed),
                                   13, {""}, 1e-4);
  }
}

TEST(DeltaNetworks, EveryFormOfEveryOperator) {
  std::uint64_t seed = 400;
  int unsupported = 0;
  for (const OpCase& c : op_cases()) {
    Rng rng({++seed});
    GraphBuilder b({3, 9, 7});
    std::vector<ValueId> inputs;
    for (const Shape& shape : c.inputs) {
      const std::string name = "in" + std::to_string(inputs.size());
      const auto count = static_cast<int>(element_count(shape));
      // Each input depends on the image: a convolution where the planes agree, else fully
      // connected.
      if (shape.size() == 3 && shape[1] == 9 && shape[2] == 7) {
        inputs.push_back(
            b.add(name, random_conv(rng, int(shape[0]), 3, make_window(3, 1, 1)), {b.input()}));
        continue;
      }
      const ValueId flat = b.flatten(name + "flat", b.input());
      const ValueId all = b.add(name + "fc", random_gemm(rng, count, 3 * 63), {flat});
      inputs.push_back(shape.size() == 1 ? all : b.add(name, Reshape{shape}, {all}));
    }
    if (c.name.starts_with("Div"))
      inputs.back() = b.add("positive", Clip{0.5f, 9.0f}, {inputs.back()});
    const Model model = finish(b, rng, b.add("op", c.op, inputs));
    if (delta_unsupported(model.graph)) {
      ++unsupported;
      continue;
    }
    expect_update_equals_reference(model, seed, c.name, 4, delta_targets(), 1e-4);
  }
  // Softmax inside the network, and constants or vectors that broadcast to a larger activation.
  EXPECT_EQ(unsupported, 3 + 4 + 4);
}

/// Networks whose last operator is a convolution to one cell of more classes than a block holds:
/// its margin lies between the blocks.
TEST(DeltaNetworks, ConvolutionsThatEndTheNetwork) {
  struct Case {
    int side, kernel, pad;
    bool residual;
  };
  std::uint64_t seed = 700;
  for (const Case& c : {Case{5, 3, 0, false}, Case{9, 7, 0, false}, Case{3, 3, 1, false},
                        Case{3, 3, 1, true}, Case{3, 1, 0, true}}) {
    Rng rng({++seed});
    constexpr int kMany = 43;
    GraphBuilder b({3, c.side, c.side});
    ValueId x = b.add("first", random_conv(rng, kMany, 3, make_window(3, 1)), {b.input()});
    x = b.add("relu", Relu{}, {x});
    const ValueId last =
        b.add("last", random_conv(rng, kMany, kMany, make_window(c.kernel, 1, c.pad)), {x});
    Model model;
    model.graph =
        b.finish(b.flatten("flatten", c.residual ? b.add("sum", Binary{}, {x, last}) : last));
    model.preprocessing = Preprocessing{{120, 125, 110}, {60, 65, 70}};
    ASSERT_EQ(model.graph.classes(), kMany);
    expect_update_equals_reference(model, seed,
                                   fmt::format("{}x{}, pad {}", c.kernel, c.kernel, c.pad), 13,
                                   delta_targets(), 1e-4);
  }
}

TEST(DeltaNetworks, EveryTargetOfThisCpu) {
  for (std::uint64_t seed = 100; seed < 106; ++seed) {
    expect_update_equals_reference(random_graph_model(seed), seed, fmt::format("graph {}", seed),
                                   13, delta_targets(), 1e-4);
  }
}

/// 40 candidates of two edits: scored together and alone they get the same bits.
void expect_rows_stand_alone(const Model& model, std::uint64_t seed, const DeltaOptions& options) {
  Rng rng({seed, 3});
  const Image image = random_image(model.graph.width(), model.graph.height(), rng);
  SCOPED_TRACE(options.target);
  const auto delta = make_delta_evaluator(model, options);
  delta->refresh(image);
  const CandidateBatch batch = random_candidates(rng, image, 2, 40);
  const auto classes = std::size_t(delta->classes());
  std::vector<float> together(40 * classes), alone(classes);
  delta->score(batch, together);
  for (int c = 0; c < 40; ++c) {
    CandidateBatch one;
    one.edits_per_candidate = 2;
    one.edits.assign(batch.candidate(c).begin(), batch.candidate(c).end());
    delta->score(one, alone);
    for (std::size_t k = 0; k < classes; ++k) {
      ASSERT_EQ(alone[k], together[std::size_t(c) * classes + k]);
    }
  }
}

TEST(DeltaNetworks, RowsDoNotDependOnNeighboursOrOrder) {
  for (const std::string& target : delta_targets()) {
    for (const float tolerance : {0.0f, 1e-2f}) {
      for (std::uint64_t seed = 200; seed < 210; ++seed) {
        expect_rows_stand_alone(random_graph_model(seed), seed,
                                {.tolerance = tolerance, .target = target});
      }
    }
  }
}

/// Every kernel that takes groups: all sizes of sliding ones, a stride, a fully connected layer
/// between others.
Model kernels_network() {
  Rng rng({12});
  GraphBuilder b({3, 9, 10});
  ValueId x = b.input();
  int channels = 3;
  for (const Window& window : {make_window(3, 1, 1), make_window(5, 1, 2), make_window(7, 1, 3),
                               make_window(5, 1, 1), make_window(3, 2, 1), make_window(1, 1)}) {
    const std::string name = fmt::format("conv{}", x);
    x = b.add(name, random_conv(rng, 20, channels, window), {x});
    x = b.add(name + "relu", Relu{}, {x});
    channels = 20;
  }
  const ValueId flat = b.flatten("flat", x);
  const ValueId wide = b.add("fc", random_gemm(rng, 150, int(element_count(b.shape(x)))), {flat});
  return finish(b, rng, b.add("fcrelu", Relu{}, {wide}));
}

TEST(DeltaNetworks, GroupsOfEverySizeGiveTheBitsOfSingleCandidates) {
  // Mini-batches of 12, 9, 6, 3, 2 and 1: groups of three, of two, and none.
  const Model model = kernels_network();
  for (const std::string& target : delta_targets()) {
    std::set<int> batches;
    for (std::size_t bytes = std::size_t{4} << 20; bytes > 1000; bytes = bytes * 3 / 4) {
      const DeltaOptions options{.target = target, .thread_bytes = bytes};
      if (!batches.insert(make_delta_plan(model, options)->mini_batch()).second) continue;
      expect_rows_stand_alone(model, 5, options);
    }
    EXPECT_THAT(batches, testing::IsSupersetOf({1, 2, 3, 6})) << target;
  }
  expect_update_equals_reference(model, 6, "kernels", 13, delta_targets(), 1e-4);
}

/// Layers wide enough for several slices of input channels and several chunks of outputs. The first
/// 80 channels see no pixel, so that the second layer's first slice is empty.
Model wide_network() {
  Rng rng({11});
  GraphBuilder b({3, 11, 12});
  int channels = 3, number = 0;
  ValueId last = b.input();
  const auto conv = [&](int out, const Window& window) {
    const std::string name = std::to_string(++number);
    Conv op = random_conv(rng, out, channels, window);
    if (number == 1) std::fill_n(op.weight.data.begin(), 80 * 3 * 9, 0.0f);
    last = b.add("conv" + name, op, {last});
    last = b.add("relu" + name, Relu{}, {last});
    channels = out;
  };
  conv(152, make_window(3, 1, 1));
  conv(72, make_window(3, 1, 1));
  conv(216, make_window(3, 2, 1));
  conv(100, make_window(1, 1));
  conv(20, make_window(5, 1, 2));
  return finish(b, rng, last);
}

TEST(DeltaNetworks, WideLayersInSlicesAndPartsEqualReference) {
  const Model model = wide_network();
  for (const std::string& target : delta_targets()) {
    const auto shared_plan = make_delta_plan(model, {.target = target});
    const delta::DeltaPlan& plan = *shared_plan;
    const int lanes = plan.kernels().lanes;
    if (lanes != 16 && lanes != 8) continue;
    std::vector<int> slices, parts;
    for (const delta::Step& step : plan.steps()) {
      const auto* conv = std::get_if<delta::ConvStep>(&step.body);
      if (conv == nullptr || conv->path == delta::ConvPath::kFlat) continue;
      slices.push_back(conv->slices);
      parts.push_back(part_count(plan.kernels(), *conv, plan.layout(step.output)));
    }
    // 216 outputs are three chunks of 9 taps; a slice is at most 36 KB of a part's weights.
    EXPECT_EQ(slices, lanes == 16 ? (std::vector{1, 3, 1, 2, 7}) : (std::vector{1, 2, 1, 2, 4}));
    EXPECT_EQ(parts,
              lanes == 16 ? (std::vector{10, 5, 27, 2, 2}) : (std::vector{20, 10, 27, 2, 4}));
  }
  expect_update_equals_reference(model, 5, "wide", 13, delta_targets(), 1e-4);
  for (const float tolerance : {0.0f, 1e-2f}) {
    expect_rows_stand_alone(model, 6, {.tolerance = tolerance});
  }
}

TEST(DeltaNetworks, SharedBaseAndFullPass) {
  const Model model = random_graph_model(300);
  Rng rng({300});
  const Image image = random_image(model.graph.width(), model.graph.height(), rng);
  const auto plan = make_delta_plan(model);
  const auto first = make_delta_evaluator(plan);
  const auto second = make_delta_evaluator(plan);
  first->refresh(image);
  second->adopt(first->base());
  const CandidateBatch batch = random_candidates(rng, image, 3, 9);
  std::vector<float> a(9 * kClasses), b(9 * kClasses), whole(kClasses);
  first->score(batch, a);
  second->score(batch, b);
  EXPECT_EQ(a, b);
  EXPECT_GT(first->thread_bytes(), 0u);
  EXPECT_GT(first->base_bytes(), 0u);
  EXPECT_GT(first->plan_bytes(), 0u);
  Image edited = image;
  apply_edits(edited, batch.candidate(4));
  first->logits_of(edited, whole);
  expect_close(std::span(a).subspan(4 * kClasses, kClasses), whole, 1e-4, "full pass");
  first->score(batch, b);
  EXPECT_EQ(a, b) << "logits_of must leave the clean image as it was";
  EXPECT_THROW(make_delta_evaluator(model)->adopt(first->base()), Error);
  EXPECT_THROW(make_delta_evaluator(model, {.tolerance = -1.0f}), Error);
  EXPECT_THROW(make_delta_evaluator(model, {.target = "AVX9"}), Error);
}

TEST(DeltaNetworks, ToleranceDropsWork) {
  const Model model = random_graph_model(301);
  Rng rng({301});
  const Image image = random_image(model.graph.width(), model.graph.height(), rng);
  const auto exact = make_delta_evaluator(model);
  const auto rough = make_delta_evaluator(model, {.tolerance = 0.05f});
  exact->refresh(image);
  rough->refresh(image);
  const CandidateBatch batch = random_candidates(rng, image, 1, 60);
  std::vector<float> a(60 * kClasses), b(60 * kClasses);
  exact->score(batch, a);
  rough->score(batch, b);
  EXPECT_NE(a, b);
  EXPECT_LT(rough->statistics().multiply_adds_done, exact->statistics().multiply_adds_done);
  EXPECT_EQ(exact->statistics().candidates, 60);
  EXPECT_GT(exact->statistics().unchanged, 0);
}

}  // namespace
}  // namespace ripple
