#include <cmath>
#include <functional>
#include <thread>

#include <gtest/gtest.h>

#include "ripple/eval/dense/dense.h"
#include "ripple/eval/reference/reference.h"
#include "tests/expect_error.h"
#include "tests/random_graph.h"
#include "tests/relative_error.h"

namespace ripple {
namespace {

Model model_of(Graph graph) {
  Model model;
  model.graph = std::move(graph);
  model.preprocessing = Preprocessing{{120, 130, 110}, {60, 70, 50}};
  return model;
}

TEST(Dense, EveryOperatorAgreesWithTheReference) {
  Rng rng({5});
  for (const OpCase& c : op_cases()) {
    SCOPED_TRACE(c.name);
    const CaseGraph made = graph_of(c);
    const Shape& in = made.graph.shape(made.graph.input);
    const Tensor inputs = random_tensor({2, in[0], in[1], in[2]}, rng);
    const auto got = make_dense_activations(made.graph, {made.output})->run(inputs);
    ASSERT_EQ(got.size(), 1u);
    const std::size_t each = inputs.data.size() / 2;
    for (std::size_t i = 0; i < 2; ++i) {
      const Tensor one{in,
                       {inputs.data.begin() + std::ptrdiff_t(i * each),
                        inputs.data.begin() + std::ptrdiff_t((i + 1) * each)}};
      const auto want = reference_activations(made.graph, one)[std::size_t(made.output)];
      Shape shape = want.shape;
      shape.insert(shape.begin(), 2);
      EXPECT_EQ(got[0].shape, shape);
      const std::span<const float> row =
          std::span(got[0].data).subspan(i * want.data.size(), want.data.size());
      const double error = relative_error(row, want.data);
      EXPECT_TRUE(error <= 1e-5) << error;
    }
  }
}

TEST(Dense, ScoresOfRandomNetworksAgreeWithTheReference) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    SCOPED_TRACE(seed);
    const Model model = model_of(random_graph(seed));
    Rng rng({seed});
    const Image image = random_image(10, 13, rng);
    const CandidateBatch batch = random_candidates(7, 1 + static_cast<int>(seed % 5), 10, 13, rng);
    std::vector<float> got(7 * 5);
    const auto dense = make_dense_evaluator(model, {.batch = 3});
    dense->refresh(image);
    dense->score(batch, got);
    std::vector<float> want(7 * 5);
    const auto reference = make_reference_evaluator(model);
    reference->refresh(image);
    reference->score(batch, want);
    const double error = relative_error(got, {want.begin(), want.end()});
    EXPECT_TRUE(error <= 1e-5) << error;
    dense->logits_of(image, std::span(got).first(5));
    reference->logits_of(image, std::span(want).first(5));
    const double clean = relative_error(std::span(got).first(5), {want.begin(), want.begin() + 5});
    EXPECT_TRUE(clean <= 1e-5) << clean;
  }
}

TEST(Dense, EveryActivationOfRandomNetworksAgreesWithTheReference) {
  for (std::uint64_t seed = 100; seed < 110; ++seed) {
    const Graph graph = random_graph(seed);
    std::vector<ValueId> all;
    for (std::size_t i = 0; i < graph.values.size(); ++i) all.push_back(static_cast<ValueId>(i));
    Rng rng({seed});
    const Tensor input = random_tensor({1, 3, 13, 10}, rng);
    const auto got = make_dense_activations(graph, all)->run(input);
    const auto want = reference_activations(graph, {{3, 13, 10}, input.data});
    ASSERT_EQ(got.size(), want.size());
    for (std::size_t i = 0; i < got.size(); ++i) {
      const double error = relative_error(got[i].data, want[i].data);
      EXPECT_TRUE(error <= 1e-5) << seed << " " << graph.values[i].name << " " << error;
    }
  }
}

/// Scores of 40 candidates on a random network.
std::vector<float> scores(Evaluator& evaluator, const Image& image, const CandidateBatch& batch) {
  std::vector<float> logits(std::size_t(batch.size()) * 5);
  evaluator.refresh(image);
  evaluator.score(batch, logits);
  return logits;
}

TEST(Dense, ARowDoesNotDependOnNeighboursOrEarlierCalls) {
  const Model model = model_of(random_graph(3));
  Rng rng({1});
  const Image image = random_image(10, 13, rng);
  const CandidateBatch batch = random_candidates(40, 2, 10, 13, rng);
  const auto evaluator = make_dense_evaluator(model, {.batch = 16});
  const std::vector<float> first = scores(*evaluator, image, batch);
  scores(*evaluator, random_image(10, 13, rng), random_candidates(33, 5, 10, 13, rng));
  EXPECT_EQ(scores(*evaluator, image, batch), first);
  CandidateBatch other = random_candidates(40, 2, 10, 13, rng);
  other.edits[20] = batch.edits[20];
  other.edits[21] = batch.edits[21];
  const std::vector<float> mixed = scores(*evaluator, image, other);
  for (std::size_t k = 50; k < 55; ++k) EXPECT_EQ(mixed[k], first[k]);
  EXPECT_NE(mixed[0], first[0]);
}

TEST(Dense, AFullPassKeepsWhatIsNoNumber) {
  // Two infinities, whose difference is no number, whatever stands behind.
  for (const Op& op : {Op{Relu{}}, Op{MaxPool{{{2, 2}, {1, 1}, {1, 1}, {0, 0}, {0, 0}}, false}}}) {
    GraphBuilder b({3, 3, 3});
    Conv huge = make_conv(2, 3, 1);
    std::fill(huge.weight.data.begin(), huge.weight.data.end(), 3e38f);
    Conv minus = make_conv(1, 2, 1);
    minus.weight.data = {1, -1};
    const ValueId nothing = b.add("minus", minus, {b.add("huge", huge, {b.input()})});
    const ValueId behind = b.add("op", op, {nothing});
    Model model;
    const std::int64_t count = element_count(b.shape(behind));
    model.graph =
        b.finish(b.add("fc", make_gemm(2, static_cast<int>(count)), {b.flatten("flat", behind)}));
    model.preprocessing = Preprocessing{{0, 0, 0}, {1, 1, 1}};
    std::vector<float> logits(2);
    make_dense_evaluator(model)->logits_of(make_image(3, 3, 250, 120, 120), logits);
    EXPECT_TRUE(std::isnan(logits[0])) << op_name(op);
  }
}

TEST(Dense, ThreadsGiveTheSameBits) {
  const Model model = model_of(random_graph(4));
  Rng rng({2});
  const Image image = random_image(10, 13, rng);
  const CandidateBatch batch = random_candidates(40, 1, 10, 13, rng);
  const std::vector<float> alone = scores(*make_dense_evaluator(model), image, batch);
  std::vector<std::vector<float>> got(4);
  std::vector<std::thread> threads;
  for (auto& mine : got) {
    threads.emplace_back([&] {
      const auto evaluator = make_dense_evaluator(model);
      for (int i = 0; i < 5; ++i) mine = scores(*evaluator, image, batch);
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const auto& mine : got) EXPECT_EQ(mine, alone);
}

TEST(Dense, RefusesToPadWhatExceedsTheMemory) {
  const Window window{.kernel = {65536, 65536}, .pad_begin = {65535, 65535}};
  const Window steps{.stride = {65536, 65536}, .pad_begin = {65535, 65535}};
  for (const Op& op : {Op(MaxPool{window}), Op(AveragePool{window}),
                       Op(window_conv(3, 3, steps))}) {  // 3 x 65543 x 65543 numbers
    SCOPED_TRACE(op_name(op));
    GraphBuilder b({3, 8, 8});
    const ValueId x = b.add("wide", op, {b.input()});
    const auto cells = static_cast<int>(element_count(b.shape(x)));
    const Graph graph = b.finish(b.add("fc", make_gemm(2, cells), {b.flatten("flat", x)}));
    for (const auto& make : std::vector<std::function<void()>>{
             [&] { make_dense_evaluator(model_of(graph)); },
             [&] { make_dense_activations(graph, {graph.logits}); },
             [&] { make_dense_gradients(graph); },
             [&] { make_dense_gradients(graph, {}, {}, Summation::kFast); }}) {
      expect_error(make, ErrorCode::kBadArgument, {"--max-memory", "'wide'"});
    }
  }
}

TEST(Dense, RefusesWhatItCannotRunOn) {
  const Model model = model_of(random_graph(1));
  expect_error([&] { make_dense_evaluator(model, {.device = "abacus"}); }, ErrorCode::kBadArgument,
               {"abacus", "use cpu"});
  expect_error([&] { make_dense_evaluator(model, {.batch = -1}); }, ErrorCode::kBadArgument,
               {"-1"});
  expect_error([&] { make_dense_evaluator(model, {.max_memory = 100}); }, ErrorCode::kBadArgument,
               {"--max-memory", "100"});
  expect_error([&] { make_dense_activations(model.graph, {1000}); }, ErrorCode::kBadArgument,
               {"1000"});
  const auto activations = make_dense_activations(model.graph, {0});
  expect_error(
      [&] {
        activations->run(filled<float>({2, 3, 10, 13}, 0.0f));
      },
      ErrorCode::kBadArgument, {"2x3x10x13", "3x13x10"});
  const auto evaluator = make_dense_evaluator(model);
  expect_error([&] { evaluator->refresh(make_image(13, 10)); }, ErrorCode::kBadData, {"13 wide"});
}

}  // namespace
}  // namespace ripple
