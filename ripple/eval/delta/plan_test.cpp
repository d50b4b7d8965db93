#include "ripple/eval/delta/plan.h"

#include <gtest/gtest.h>

#include "tests/expect_update.h"

namespace ripple {
namespace {

using namespace delta_test;

Model fully_connected(int hidden) {
  Rng rng({9, std::uint64_t(hidden)});
  GraphBuilder b({3, 16, 16});
  const ValueId conv = b.add("conv", random_conv(rng, 12, 3, make_window(3, 1, 1)), {b.input()});
  const ValueId relu = b.add("relu", Relu{}, {conv});
  const ValueId flat = b.flatten("flat", relu);
  const ValueId fc = b.add("fc", random_gemm(rng, hidden, 12 * 256), {flat});
  return finish(b, rng, b.add("relu2", Relu{}, {fc}));
}

TEST(DeltaPlan, ActivationIsTakenOverByTheNextLayer) {
  const auto plan = make_delta_plan(fully_connected(20));
  int updated = 0;
  for (const delta::Step& step : plan->steps()) updated += step.in_update;
  // conv, fc and the classifier of finish(); both Relus are done where the lists are built.
  EXPECT_EQ(updated, 3);
}

/// One convolution of the input, and a second one where `again`, concatenated.
Model input_readers(bool again) {
  Rng rng({10, std::uint64_t(again)});
  GraphBuilder b({3, 16, 16});
  ValueId last = b.add("conv", random_conv(rng, 12, 3, make_window(5, 2, 2)), {b.input()});
  if (again) {
    const Conv second = random_conv(rng, 5, 3, make_window(3, 2, 1));
    last = b.add("join", Concat{0}, {last, b.add("conv2", second, {b.input()})});
  }
  return finish(b, rng, b.add("relu", Relu{}, {last}));
}

TEST(DeltaPlan, TheOnlyReaderOfTheInputTakesTheEdits) {
  for (const bool again : {false, true}) {
    const Model model = input_readers(again);
    const auto plan = make_delta_plan(model);
    EXPECT_EQ(plan->slot(plan->graph().input) < 0, !again);
    // Far and near pixels: groups that share their lists from the start, and groups that do not.
    expect_update_equals_reference(model, 4, again ? "two readers" : "one reader", 40,
                                   delta_targets(), 1e-4);
  }
}

TEST(DeltaPlan, LargeFullyConnectedLayersGetLargeMiniBatches) {
  const auto small = make_delta_plan(fully_connected(20));
  const auto large = make_delta_plan(fully_connected(1000));
  EXPECT_EQ(small->mini_batch() % delta::kMaxGroup, 0);
  EXPECT_GT(large->mini_batch(), small->mini_batch());
}

TEST(DeltaPlan, AThreadStaysWithinItsMemoryWhereACandidateFits) {
  // Of a large image the lists and the planes that take the edits weigh as much as the differences.
  Rng rng({13});
  GraphBuilder b({3, 200, 210});
  ValueId x = b.add("conv", random_conv(rng, 16, 3, make_window(3, 1, 1)), {b.input()});
  x = b.add("conv2", random_conv(rng, 16, 16, make_window(3, 1, 1)), {b.add("relu", Relu{}, {x})});
  const Model model = finish(b, rng, b.add("mean", GlobalAveragePool{}, {x}));
  const auto bytes = [&](std::size_t most) {
    const DeltaOptions options{.thread_bytes = most};
    return make_delta_evaluator(model, options)->thread_bytes();
  };
  const std::size_t one = bytes(1);
  for (const std::size_t times : {1, 2, 3, 4, 9, 30}) {
    const std::size_t most = times * one + one / 10;  // regions and scratch memory are not counted
    EXPECT_LE(bytes(times * one), most) << times;
  }
  EXPECT_GT(bytes(30 * one), 3 * one);
}

TEST(DeltaPlan, FullyConnectedLayersOfEverySizeEqualTheReference) {
  // Weights that stay in L1, in L2 (whole lists), that go tile by tile, and those with large
  // mini-batches: more candidates than a mini-batch holds, outputs that fill no whole chunk.
  expect_update_equals_reference(fully_connected(20), 1, "20 outputs", 30, delta_targets(), 1e-4);
  expect_update_equals_reference(fully_connected(130), 2, "130 outputs", 30, delta_targets(), 1e-4);
  expect_update_equals_reference(fully_connected(715), 3, "715 outputs", 100, delta_targets(),
                                 1e-4);
}

}  // namespace
}  // namespace ripple
