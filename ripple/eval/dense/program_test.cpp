#include "ripple/eval/dense/program.h"

#include <ATen/Context.h>
#include <gtest/gtest.h>

#include "ripple/eval/reference/reference.h"
#include "tests/expect_error.h"
#include "tests/expect_gradient.h"
#include "tests/random_graph.h"
#include "tests/relative_error.h"

namespace ripple::dense {
namespace {

/// conv -> relu -> flatten -> fc; every activation but the logits takes 4096 bytes in the blocked
/// layout.
Graph chain() {
  Rng rng({8});
  GraphBuilder b({3, 8, 8});
  const auto add = [&](const char* name, Op op, ValueId in) {
    randomise(op, rng);
    return b.add(name, std::move(op), {in});
  };
  const ValueId relu = add("relu", Relu{}, add("conv", make_conv(16, 3, 3, 1, 1), b.input()));
  return b.finish(add("fc", make_gemm(4, 16 * 64), b.flatten("flat", relu)));
}

TEST(Program, CountsTheActivationsThatLiveAtOneTime) {
  const Graph graph = chain();
  const auto bytes = [&](std::vector<ValueId> wanted) {
    return Program(graph, std::move(wanted), ProgramMode::kInference, at::kCPU).bytes_per_image();
  };
  EXPECT_EQ(bytes({graph.logits}).activations, 2 * 4096);
  EXPECT_EQ(bytes({graph.logits}).all, 2 * 4096);
  // What is wanted stays until the end.
  EXPECT_EQ(bytes({value_named(graph, "conv"), graph.logits}).activations, 3 * 4096);
}

TEST(Program, CountsWhatAnOperatorPads) {
  GraphBuilder b({16, 8, 8});
  const ValueId relu = b.add("relu", Relu{}, {b.input()});
  // Windows of 3 at steps of 2 under ceil_mode see one cell behind the last: 16 x 9 x 9 numbers.
  const ValueId pool = b.add("pool", MaxPool{make_window(3, 2), true}, {relu});
  const Graph graph = b.finish(b.add("fc", make_gemm(2, 16 * 16), {b.flatten("flat", pool)}));
  const ImageBytes bytes =
      Program(graph, {graph.logits}, ProgramMode::kInference, at::kCPU).bytes_per_image();
  EXPECT_EQ(bytes.activations, 2 * 4096);
  EXPECT_EQ(bytes.all, 4096 + 1024 + 16 * 81 * 4);
  EXPECT_EQ(bytes.largest, "pool");
}

TEST(Program, WantedValuesAreNotOverwritten) {
  const Graph graph = chain();
  const ValueId conv = value_named(graph, "conv");
  Rng rng({9});
  const Tensor input = random_tensor({1, 3, 8, 8}, rng);
  const auto want = reference_activations(graph, {{3, 8, 8}, input.data});
  for (const ProgramMode mode : {ProgramMode::kInference, ProgramMode::kAutograd}) {
    Program program(graph, {conv, graph.logits}, mode, at::kCPU);
    for (int again = 0; again < 2; ++again) {
      const std::vector<at::Tensor> got = program.run(to_torch(input, at::kCPU));
      ASSERT_EQ(got.size(), 2u);
      EXPECT_TRUE(relative_error(from_torch(got[0]).data, want[std::size_t(conv)].data) <= 1e-5);
      EXPECT_TRUE(relative_error(from_torch(got[1]).data, want[std::size_t(graph.logits)].data) <=
                  1e-5);
    }
  }
}

TEST(Program, OutOfMemoryIsNoMatterOfTheOperator) {
#ifdef __SANITIZE_ADDRESS__
  GTEST_SKIP() << "its allocator ends the program instead";
#endif
  const Graph graph = chain();
  const at::Tensor images = at::zeros({1, 3, 8, 8}).expand({std::int64_t{1} << 42, 3, 8, 8});
  for (const ProgramMode mode : {ProgramMode::kInference, ProgramMode::kAutograd}) {
    Program program(graph, {graph.logits}, mode, at::kCPU);
    EXPECT_THROW(program.run(images), std::bad_alloc);
  }
}

TEST(Program, DropsInTrainingOnlyAndBySeed) {
  const Graph graph = chain();
  const ValueId flat = value_named(graph, "flat");
  Program program(graph, {value_named(graph, "relu"), flat}, ProgramMode::kAutograd, at::kCPU);
  program.set_dropout({{"flat", 0.25}});
  Rng rng({10});
  const at::Tensor input = to_torch(random_tensor({8, 3, 8, 8}, rng, 2.0, 1.0), at::kCPU);
  const auto run = [&](std::optional<std::uint64_t> seed) {
    const std::vector<at::Tensor> values = program.run(input, seed);
    return std::pair{from_torch(values[0]).data, from_torch(values[1]).data};
  };
  const auto [whole, as_it_is] = run(std::nullopt);
  EXPECT_EQ(as_it_is, whole);
  const auto [before, after] = run(5);
  EXPECT_EQ(before, whole);
  int alive = 0;
  int dropped = 0;
  for (std::size_t i = 0; i < before.size(); ++i) {
    if (before[i] <= 0.0f) continue;
    ++alive;
    dropped += after[i] == 0.0f;
    if (after[i] != 0.0f) {
      EXPECT_FLOAT_EQ(after[i], before[i] / 0.75f);
    }
  }
  ASSERT_GT(alive, 2000);
  EXPECT_NEAR(double(dropped) / alive, 0.25, 0.05);  // five deviations
  EXPECT_EQ(run(5).second, after);
  EXPECT_NE(run(6).second, after);
  expect_error([&] { program.set_dropout({{"none", 0.5}}); }, ErrorCode::kBadArgument, {"'none'"});
}

TEST(Program, FusesConvolutionsThatOnlyARectifierReads) {
  const Graph graph = chain();
  const auto fused = [&](std::vector<ValueId> wanted) {
    return Program(graph, std::move(wanted), ProgramMode::kAutograd, at::kCPU).fuse_rectifiers();
  };
  EXPECT_EQ(fused({graph.logits}), 1);
  EXPECT_EQ(fused({value_named(graph, "relu"), graph.logits}), 1);
  EXPECT_EQ(fused({value_named(graph, "conv"), graph.logits}), 0);
}

TEST(Program, FusedRectifiersAndChannelsLastChangeNothing) {
  int fused = 0;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    SCOPED_TRACE(seed);
    const Graph graph = fold_batch_normalization(random_graph(seed));
    Rng rng({seed});
    const at::Tensor input = to_torch(random_tensor({3, 3, 13, 10}, rng), at::kCPU);
    // Plain tensors, as on a device.
    Program program(graph, {graph.logits}, ProgramMode::kAutograd, at::kCPU);
    const std::vector<float> want = from_torch(program.run(input).front()).data;
    fused += program.fuse_rectifiers();
    for (int again = 0; again < 2; ++again) {
      const std::vector<float> got = from_torch(program.run(input).front()).data;
      EXPECT_TRUE(relative_error(got, {want.begin(), want.end()}) <= 1e-5);
      program.use_channels_last();
    }
  }
  EXPECT_GT(fused, 10);
}

TEST(Program, RefusesValuesThatDoNotExist) {
  const Graph graph = chain();
  expect_error([&] { Program(graph, {99}, ProgramMode::kInference, at::kCPU); },
               ErrorCode::kBadArgument, {"no value 99", "has 5"});
}

TEST(ImagesAPass, FitsMemoryAndTheWish) {
  const ImageBytes each{.activations = 20, .all = 100, .largest = "pool"};
  EXPECT_EQ(images_a_pass(each, 7, {.max_memory = 1000}), 7);
  EXPECT_EQ(images_a_pass(each, 70, {.max_memory = 1000}), 10);
  EXPECT_EQ(images_a_pass(each, 0, {.max_memory = 1000}), 1);
  EXPECT_EQ(images_a_pass(each, 7, {.batch = 3, .max_memory = 1000}), 3);
  EXPECT_EQ(images_a_pass({1, 1, ""}, 7, {.batch = 5000}), kMostImages);
  expect_error([&] { images_a_pass(each, 7, {.max_memory = 99}); }, ErrorCode::kBadArgument,
               {"--max-memory", "100 bytes", "'pool'", "99"});
  expect_error([&] { images_a_pass(each, 7, {.batch = -2}); }, ErrorCode::kBadArgument, {"-2"});
}

TEST(CheckInputs, TakesImagesOfTheInputOnly) {
  const Graph graph = chain();
  const auto check = [&](Shape shape) {
    check_inputs(graph, filled<float>(std::move(shape), 0.0f), "here");
  };
  check({1, 3, 8, 8});
  check({5, 3, 8, 8});
  for (const Shape& shape : {Shape{3, 8, 8}, Shape{1, 3, 8, 9}, Shape{0, 3, 8, 8}, Shape{}}) {
    expect_error([&] { check(shape); }, ErrorCode::kBadArgument, {"here: inputs are", "n x 3x8x8"});
  }
}

TEST(Arithmetic, NamesTheLibraryAndTheInstructions) {
  EXPECT_THAT(arithmetic(),
              testing::MatchesRegex("LibTorch [12]\\.[0-9a-z.+]* .kernels .*, CPU .*"));
}

TEST(MakeDevice, KnowsTheProcessorAndSaysWhatItIsNot) {
  EXPECT_TRUE(make_device("cpu").is_cpu());
  expect_error([] { make_device("abacus"); }, ErrorCode::kBadArgument, {"'abacus'", "use cpu"});
  expect_error([] { make_device("cpu", /*tf32=*/true); }, ErrorCode::kBadArgument,
               {"--tf32", "cuda"});
  expect_error([] { make_device("xla"); }, ErrorCode::kBadArgument,
               {"'xla' cannot be used; use cpu, cuda or cuda:N"});
  if (at::hasCUDA()) return;
  expect_error([] { make_device("cuda"); }, ErrorCode::kBadArgument, {"'cuda' is not a device"});
}

TEST(FirstLine, LeavesTheStackTrace) {
  EXPECT_EQ(first_line("what went wrong\nframe 1\nframe 2"), "what went wrong");
  EXPECT_EQ(first_line("one line"), "one line");
}

}  // namespace
}  // namespace ripple::dense
