// Update == full pass of the reference executor, operator by operator.

#include <string_view>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/expect_update.h"

namespace ripple {
namespace {

using namespace delta_test;

void expect_op(std::uint64_t seed, int width, int height, const Op& op, const std::string& what) {
  expect_update_equals_reference(around_op(seed, width, height, op), seed, what);
}

TEST(DeltaPointwise, EveryActivation) {
  Rng rng({5});
  PRelu prelu{random_tensor({12}, rng)};
  const std::vector<Op> ops = {Relu{},
                               LeakyRelu{0.2f},
                               Clip{-0.5f, 0.7f},
                               Clip{0.0f, 6.0f},
                               Sigmoid{},
                               Tanh{},
                               HardSigmoid{0.3f, 0.4f},
                               HardSwish{},
                               Elu{0.8f},
                               prelu,
                               random_normalization(rng, 12)};
  std::uint64_t seed = 300;
  for (const Op& op : ops) {
    expect_op(++seed, 7, 9, op, std::string(op_name(op)));
    // Behind a normalisation that has no other reader (fused) and in front of a convolution.
    const Model model = around(++seed, 7, 9, [&](GraphBuilder& b, Rng& r, ValueId in) {
      const ValueId pool = b.add("pool", AveragePool{make_window(2, 1)}, {in});
      const ValueId bn = b.add("bn", random_normalization(r, 12), {pool});
      return b.add("op", op, {bn});
    });
    expect_update_equals_reference(model, seed, "normalised " + std::string(op_name(op)));
  }
}

TEST(DeltaPooling, Windows) {
  std::uint64_t seed = 400;
  for (const bool ceil_mode : {false, true}) {
    for (const Window& w :
         {make_window(2, 2), make_window(3, 2, 1), make_window(3, 1, 1),
          Window{{3, 2}, {2, 3}, {1, 1}, {1, 0}, {0, 1}}, make_window(2, 1, 0, 2)}) {
      expect_op(++seed, 9, 8, MaxPool{w, ceil_mode}, "MaxPool");
      for (const bool count : {false, true}) {
        expect_op(++seed, 9, 8, AveragePool{w, ceil_mode, count}, "AveragePool");
      }
    }
  }
  expect_op(++seed, 9, 8, GlobalAveragePool{}, "Global");
}

TEST(DeltaPooling, AWindowThatDilationLeavesNoCell) {
  // Output 0 sees columns -3 and 2 of 0 and 1: -inf, which the activation behind makes finite.
  const Model model = around(450, 2, 2, [](GraphBuilder& b, Rng&, ValueId in) {
    return b.add("elu", Elu{0.8f}, {b.add("pool", MaxPool{make_window(2, 1, 3, 5)}, {in})});
  });
  expect_update_equals_reference(model, 450, "empty window");
  // A Relu in front, which an update takes together with the pool, does not make it 0.
  const Model rectified = around(450, 2, 2, [](GraphBuilder& b, Rng&, ValueId in) {
    const ValueId relu = b.add("relu", Relu{}, {in});
    return b.add("elu", Elu{0.8f}, {b.add("pool", MaxPool{make_window(2, 1, 3, 5)}, {relu})});
  });
  expect_update_equals_reference(rectified, 450, "empty window behind a Relu");
}

/// One edit of a 3x3 image scores as a full pass over the edited image does, in finite numbers.
void expect_score_of_full_pass(const Model& model, const PixelEdit& edit, std::string_view what) {
  const Image clean = make_image(3, 3, 250, 120, 120);
  const CandidateBatch batch{1, {edit}};
  Image edited = clean;
  apply_edits(edited, batch.edits);
  std::vector<float> logits(4), whole(4);
  for (const std::string& target : delta_targets()) {
    const auto delta = make_delta_evaluator(model, {.target = target});
    delta->refresh(clean);
    delta->score(batch, logits);
    delta->logits_of(edited, whole);
    EXPECT_TRUE(std::isfinite(whole[0])) << what << ' ' << target;
    EXPECT_EQ(logits, whole) << what << ' ' << target;
  }
}

TEST(DeltaPointwise, AnInfinityThatStaysHasNoDifference) {
  // Red overflows in the clean image and in the edited one; a ceiling makes both finite.
  for (const Op& op : {Op{Relu{}}, Op{LeakyRelu{0.1f}}, Op{Elu{1.0f}}}) {
    GraphBuilder b({3, 3, 3});
    Conv huge = make_conv(1, 3, 1);
    huge.weight.data = {3e38f, 0, 0};
    huge.bias.data = {3e38f};
    const ValueId infinite = b.add("op", op, {b.add("huge", huge, {b.input()})});
    Rng rng({1});
    const Model model = finish(b, rng, b.add("clip", Clip{0.0f, 6.0f}, {infinite}));
    expect_score_of_full_pass(model, {1, 1, 255, 0, 0}, op_name(op));
  }
}

TEST(DeltaArithmetic, AnInfinityThatStaysHasNoDifference) {
  // Red over zero, before and after.
  GraphBuilder b({3, 3, 3});
  Conv red = make_conv(1, 3, 1);
  red.weight.data = {1, 0, 0};
  red.bias.data = {300};
  Conv nothing = make_conv(1, 3, 1);
  nothing.weight.data = {0, 0, 0};
  const ValueId above = b.add("red", red, {b.input()});
  const ValueId below = b.add("nothing", nothing, {b.input()});
  const ValueId over = b.add("over", Binary{BinaryKind::kDiv}, {above, below});
  Rng rng({1});
  const Model model = finish(b, rng, b.add("clip", Clip{0.0f, 6.0f}, {over}));
  expect_score_of_full_pass(model, {1, 1, 0, 0, 0}, "division");
}

TEST(DeltaPointwise, NotANumberReachesTheLogits) {
  // The edit makes two infinities, whose difference is no number, whatever stands behind.
  for (const Op& op : {Op{Relu{}}, Op{Clip{0.0f, 6.0f}}, Op{Sigmoid{}}, Op{Tanh{}},
                       Op{MaxPool{make_window(2, 1)}}}) {
    GraphBuilder b({3, 3, 3});
    Conv huge = make_conv(2, 3, 1);
    huge.weight.data = {3e38f, 0, 0, 3e38f, 0, 0};
    Conv minus = make_conv(1, 2, 1);
    minus.weight.data = {1, -1};
    const ValueId infinite = b.add("huge", huge, {b.input()});
    const ValueId nothing = b.add("minus", minus, {infinite});
    Rng rng({1});
    const Model model = finish(b, rng, b.add("op", op, {nothing}));
    const Image clean = make_image(3, 3, 120, 120, 120);
    const CandidateBatch batch{1, {{1, 1, 255, 0, 0}}};
    Image edited = clean;
    apply_edits(edited, batch.edits);
    std::vector<float> logits(4);
    for (const std::string& target : delta_targets()) {
      const auto delta = make_delta_evaluator(model, {.target = target});
      delta->refresh(clean);
      delta->score(batch, logits);
      EXPECT_TRUE(std::isnan(logits[0])) << op_name(op) << ' ' << target;
      delta->logits_of(edited, logits);
      EXPECT_TRUE(std::isnan(logits[0])) << op_name(op) << ' ' << target;
    }
  }
}

TEST(DeltaLrn, OddAndEvenSizes) {
  for (const int size : {1, 4, 5}) {
    expect_op(500 + std::uint64_t(size), 6, 5, Lrn{size, 0.1f, 0.75f, 1.0f}, "LRN");
  }
}

TEST(DeltaBinary, ConstantsOfEveryForm) {
  std::uint64_t seed = 600;
  for (const Shape& shape :
       {Shape{}, Shape{1}, Shape{12, 1, 1}, Shape{1, 5, 1}, Shape{12, 5, 6}, Shape{6}}) {
    for (const BinaryKind kind :
         {BinaryKind::kAdd, BinaryKind::kSub, BinaryKind::kMul, BinaryKind::kDiv}) {
      for (const bool first : {false, true}) {
        const Model model = around(++seed, 6, 5, [&](GraphBuilder& b, Rng& rng, ValueId in) {
          Tensor constant = filled(shape, 0.0f);
          for (float& x : constant.data) x = float(rng.uniform(1.0, 2.0));
          // A divisor far from zero.
          if (first) in = b.add("positive", Clip{0.5f, 3.0f}, {in});
          return b.add("op", Binary{kind, true, first, constant}, {in});
        });
        expect_update_equals_reference(model, seed, fmt::format("binary {} {}", int(kind), seed),
                                       4);
      }
    }
  }
}

TEST(DeltaBinary, TwoActivationsAndGates) {
  std::uint64_t seed = 700;
  for (const BinaryKind kind :
       {BinaryKind::kAdd, BinaryKind::kSub, BinaryKind::kMul, BinaryKind::kDiv}) {
    for (const bool gate : {false, true}) {
      for (const bool gate_first : {false, true}) {
        const Model model = around(++seed, 6, 7, [&](GraphBuilder& b, Rng& rng, ValueId in) {
          ValueId other = b.add("other", random_conv(rng, 12, 12, make_window(3, 1, 1)), {in});
          if (gate) other = b.add("mean", GlobalAveragePool{}, {other});
          other = b.add("positive", Sigmoid{}, {other});
          ValueId mine = b.add("positive2", Clip{0.2f, 3.0f}, {in});
          if (gate_first) std::swap(mine, other);
          return b.add("op", Binary{kind}, {mine, other});
        });
        expect_update_equals_reference(model, seed,
                                       fmt::format("arithmetic {} {}", int(kind), seed), 4);
      }
    }
  }
}

TEST(DeltaRemap, ConcatPadSlice) {
  std::uint64_t seed = 800;
  for (const int axis : {0, 1, 2}) {
    const Model model = around(++seed, 6, 5, [&](GraphBuilder& b, Rng& rng, ValueId in) {
      const ValueId other = b.add("other", random_conv(rng, 12, 12, make_window(3, 1, 1)), {in});
      return b.add("op", Concat{axis}, {in, other, in});
    });
    expect_update_equals_reference(model, seed, fmt::format("concat {}", axis));
  }
  for (const PadMode mode : {PadMode::kConstant, PadMode::kReflect, PadMode::kEdge}) {
    expect_op(++seed, 6, 5, Pad{{2, 1, 3}, {1, 2, 0}, mode, 0.7f}, "pad");
  }
  expect_op(++seed, 6, 5, Pad{{-2, 1, -1}, {-1, -2, 2}, PadMode::kConstant, 0.0f}, "crop");
  expect_op(++seed, 8, 7, Slice{{0, 0, 0}, {1, 2, 2}, {12, 4, 4}}, "option A");
  expect_op(++seed, 8, 7, Slice{{11, 6, 1}, {-2, -1, 3}, {5, 6, 3}}, "backwards");
  expect_op(++seed, 64, 7, Slice{{0, 0, 16}, {1, 1, 1}, {12, 7, 32}}, "columns");
}

TEST(DeltaShape, FlattenOrdersAndTransposes) {
  std::uint64_t seed = 900;
  // Keras: [C, H, W] -> [H, W, C] -> flat.
  Model model = around(++seed, 6, 5, [&](GraphBuilder& b, Rng&, ValueId in) {
    const ValueId t = b.add("nhwc", Transpose{{1, 2, 0}}, {in});
    return b.flatten("flat", t);
  });
  expect_update_equals_reference(model, seed, "keras flatten");
  model = around_op(++seed, 6, 5, Transpose{{0, 2, 1}});
  expect_update_equals_reference(model, seed, "transpose");
  model = around_op(++seed, 6, 5, Reshape{{6, 10, 6}});
  expect_update_equals_reference(model, seed, "reshape");
  model = around(++seed, 6, 5, [&](GraphBuilder& b, Rng& rng, ValueId in) {
    const ValueId flat = b.add("relu", Relu{}, {b.flatten("flat", in)});
    const ValueId fc = b.add("fc", random_gemm(rng, 33, 12 * 30), {flat});
    return b.add("fc2", random_gemm(rng, 150, 33), {b.add("tanh", Tanh{}, {fc})});
  });
  expect_update_equals_reference(model, seed, "flatten, then elementwise");
  model = around(++seed, 6, 5, [&](GraphBuilder& b, Rng&, ValueId in) {
    const ValueId mean = b.add("mean", GlobalAveragePool{}, {in});
    return b.add("vector", Reshape{{12}}, {mean});
  });
  expect_update_equals_reference(model, seed, "mean as vector");
}

}  // namespace
}  // namespace ripple
