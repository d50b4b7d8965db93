#include <cmath>

#include <gtest/gtest.h>

#include "ripple/eval/dense/dense.h"
#include "ripple/eval/reference/reference.h"
#include "ripple/eval/scores.h"
#include "ripple/model/model.h"
#include "tests/expect_error.h"
#include "tests/expect_gradient.h"
#include "tests/random_graph.h"
#include "tests/source_folder.h"

namespace ripple {
namespace {

/// What the independent backward pass below finds for one image.
struct NumericGradients {
  std::vector<std::vector<double>> by_value;  ///< one a value of the graph
};

/// The score of a class and its derivative by the logits, from the definitions.
std::vector<double> by_logits(const std::vector<double>& logits, int c, Score score) {
  const std::vector<float> rounded(logits.begin(), logits.end());
  const std::vector<double> p = softmax(rounded);
  std::vector<double> out(logits.size());
  for (std::size_t k = 0; k < logits.size(); ++k) {
    const double same = k == std::size_t(c) ? 1.0 : 0.0;
    if (score == Score::kLogit) out[k] = same;
    if (score == Score::kProbability) out[k] = p[std::size_t(c)] * (same - p[k]);
    if (score == Score::kCrossEntropy) out[k] = p[k] - same;
  }
  return out;
}

/// Rectifiers by their rule, written out.
void add_rectifier(const Op& op, const std::vector<double>& in, const std::vector<double>& from,
                   ReluRule rule, std::vector<double>& to) {
  const Clip* clip = std::get_if<Clip>(&op);
  for (std::size_t i = 0; i < in.size(); ++i) {
    const bool open = in[i] > 0.0 && (clip == nullptr || in[i] < clip->high);
    const bool positive = from[i] > 0.0;
    const bool passes = rule == ReluRule::kPlain    ? open
                        : rule == ReluRule::kGuided ? open && positive
                                                    : positive;
    if (passes) to[i] += from[i];
  }
}

/// Every other operator by central differences of the reference executor, in double precision.
void add_differences(const Node& node, std::vector<Array<double>>& values,
                     const std::vector<double>& from, std::size_t which, std::vector<double>& to) {
  constexpr double kStep = 1e-6;
  const Shape& shape = values[std::size_t(node.output)].shape;
  std::vector<Array<double>> inputs;
  for (const ValueId id : node.inputs) inputs.push_back(values[std::size_t(id)]);
  std::vector<const Array<double>*> pointers;
  for (const Array<double>& input : inputs) pointers.push_back(&input);
  std::vector<double>& cells = inputs[which].data;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const double middle = cells[i];
    cells[i] = middle + kStep;
    const Array<double> above = reference_op(node.op, pointers, shape);
    cells[i] = middle - kStep;
    const Array<double> below = reference_op(node.op, pointers, shape);
    cells[i] = middle;
    for (std::size_t k = 0; k < from.size(); ++k) {
      to[i] += from[k] * (above.data[k] - below.data[k]) / (2.0 * kStep);
    }
  }
}

/// A backward pass that shares nothing with LibTorch: node after node from the end.
NumericGradients numeric_gradients(const Graph& graph, const Tensor& input, int c,
                                   const GradientQuery& query) {
  std::vector<Array<double>> values = reference_activations(graph, input);
  NumericGradients out;
  for (const Array<double>& value : values) out.by_value.emplace_back(value.data.size(), 0.0);
  out.by_value[std::size_t(graph.logits)] =
      by_logits(values[std::size_t(graph.logits)].data, c, query.score);
  for (std::size_t n = graph.nodes.size(); n-- > 0;) {
    const Node& node = graph.nodes[n];
    const std::vector<double> from = out.by_value[std::size_t(node.output)];
    for (std::size_t i = 0; i < node.inputs.size(); ++i) {
      std::vector<double>& to = out.by_value[std::size_t(node.inputs[i])];
      if (is_rectifier(node.op)) {
        add_rectifier(node.op, values[std::size_t(node.inputs[i])].data, from, query.rule, to);
      } else {
        add_differences(node, values, from, i, to);
      }
    }
  }
  return out;
}

/// Convolutions, a residual sum that reads a value twice, every kind of rectifier, pools.
Graph small_graph(std::uint64_t seed) {
  Rng rng({seed, 5});
  GraphBuilder b({3, 6, 5});
  const auto add = [&](const char* name, Op op, std::vector<ValueId> inputs) {
    randomise(op, rng);
    return b.add(name, std::move(op), std::move(inputs));
  };
  ValueId x = add("conv1", make_conv(4, 3, 3, 1, 1), {b.input()});
  const ValueId y = add("relu1", Relu{}, {add("bn", make_batch_normalization(4), {x})});
  x = add("sum", Binary{BinaryKind::kAdd}, {x, add("conv2", make_conv(4, 4, 3, 1, 1), {y})});
  // A rectifier comes after what has kinks at its bounds, where no derivative exists.
  x = add("pool", MaxPool{make_window(2, 1)}, {x});
  x = add("relu6", Clip{0.0f, 1.0f}, {add("leaky", LeakyRelu{0.3f}, {x})});
  x = add("conv3", make_conv(5, 4, 2), {x});
  x = add("relu2", Relu{}, {x});
  return b.finish(add("fc", make_gemm(4, 5 * 4 * 3), {b.flatten("flat", x)}));
}

TEST(DenseGradients, AgreeWithAScalarBackwardPass) {
  for (std::uint64_t seed = 0; seed < 2; ++seed) {
    const Graph graph = small_graph(seed);
    const ValueId first = value_named(graph, "conv1");
    const ValueId last = value_named(graph, "conv3");
    Rng rng({seed});
    const Tensor inputs = random_tensor({2, 3, 6, 5}, rng);
    const std::vector<int> classes{1, 3};
    const auto gradients = make_dense_gradients(graph, {last, first});
    for (const Score score : {Score::kLogit, Score::kProbability, Score::kCrossEntropy}) {
      for (const ReluRule rule : {ReluRule::kPlain, ReluRule::kGuided, ReluRule::kDeconvnet}) {
        SCOPED_TRACE(testing::Message() << "score " << int(score) << ", rule " << int(rule));
        const Gradients got = gradients->run(inputs, classes, {score, rule});
        EXPECT_EQ(got.input.shape, inputs.shape);
        ASSERT_EQ(got.by_activation.size(), 2u);
        for (std::size_t i = 0; i < 2; ++i) {
          const Tensor one{{3, 6, 5},
                           {inputs.data.begin() + std::ptrdiff_t(i * 90),
                            inputs.data.begin() + std::ptrdiff_t((i + 1) * 90)}};
          const NumericGradients want = numeric_gradients(graph, one, classes[i], {score, rule});
          expect_gradient(got.input, i, want.by_value[std::size_t(graph.input)]);
          expect_gradient(got.by_activation[0], i, want.by_value[std::size_t(last)]);
          expect_gradient(got.by_activation[1], i, want.by_value[std::size_t(first)]);
          const auto values = reference_activations(graph, one);
          expect_gradient(got.activations[0], i, values[std::size_t(last)].data);
          expect_gradient(got.logits, i, values[std::size_t(graph.logits)].data);
        }
      }
    }
  }
}

TEST(DenseGradients, FoldedNetworkAndSplitBatchesGiveTheSame) {
  const Graph graph = small_graph(7);
  Rng rng({7});
  const Tensor inputs = random_tensor({5, 3, 6, 5}, rng);
  const std::vector<int> classes{0, 1, 2, 3, 0};
  const Gradients want = make_dense_gradients(graph, {0})->run(inputs, classes, {});
  for (const Summation summation : {Summation::kFast, Summation::kOrdered}) {
    for (const DenseOptions& options :
         {DenseOptions{}, DenseOptions{.batch = 2}, DenseOptions{.max_memory = 20000}}) {
      const Gradients got =
          make_dense_gradients(graph, {}, options, summation)->run(inputs, classes, {});
      EXPECT_TRUE(got.activations.empty());
      EXPECT_EQ(got.logits.shape, (Shape{5, 4}));
      expect_gradient(got.input, 0, {want.input.data.begin(), want.input.data.end()});
      if (summation == Summation::kOrdered) {
        EXPECT_EQ(got.logits, want.logits);
      }
    }
  }
  const Gradients without =
      make_dense_gradients(graph, {0})->run(inputs, classes, {.by_input = false});
  EXPECT_TRUE(without.input.data.empty());
  EXPECT_EQ(without.by_activation[0], want.input);
}

TEST(DenseGradients, AnImageHasTheSameBitsBesideAnyOthers) {
  const Graph graph = read_onnx(source_folder() / "models/shapes/lenet.onnx").graph;
  Rng rng({8});
  const Tensor together = random_tensor({5, 3, 32, 32}, rng);
  const std::vector<int> classes{0, 1, 2, 3, 0};
  const auto gradients = make_dense_gradients(graph, {graph.nodes.front().output});
  const Gradients want = gradients->run(together, classes, {});
  const auto row = [](const Tensor& all, std::int64_t i) {
    const auto each = static_cast<std::int64_t>(all.data.size()) / all.shape[0];
    return std::vector<float>(all.data.begin() + i * each, all.data.begin() + (i + 1) * each);
  };
  for (std::int64_t i = 0; i < 5; ++i) {
    const Tensor image{{1, 3, 32, 32}, row(together, i)};
    const Gradients alone = gradients->run(image, {&classes[std::size_t(i)], 1}, {});
    EXPECT_EQ(alone.logits.data, row(want.logits, i)) << "image " << i;
    EXPECT_EQ(alone.input.data, row(want.input, i)) << "image " << i;
    EXPECT_EQ(alone.by_activation[0].data, row(want.by_activation[0], i)) << "image " << i;
  }
}

TEST(DenseGradients, EveryOperatorHasADerivative) {
  for (std::uint64_t seed = 0; seed < 12; ++seed) {
    const Graph graph = random_graph(seed);
    Rng rng({seed});
    const Tensor inputs = random_tensor({1, 3, 13, 10}, rng);
    const std::vector<int> classes{2};
    const Gradients got = make_dense_gradients(graph)->run(inputs, classes, {});
    // One direction, by differences of the whole network.
    Tensor above{{3, 13, 10}, inputs.data};
    Tensor below = above;
    double want_slope = 0.0;
    for (std::size_t i = 0; i < above.data.size(); ++i) {
      const float step = 0.0009765625f * (rng.below(2) == 0 ? 1.0f : -1.0f);
      above.data[i] += step;
      below.data[i] -= step;
      want_slope += got.input.data[i] * (double(above.data[i]) - double(below.data[i]));
    }
    const auto logit = [&](const Tensor& input) {
      return reference_activations(graph, input)[std::size_t(graph.logits)].data[2];
    };
    const double difference = logit(above) - logit(below);
    EXPECT_TRUE(std::abs(difference - want_slope) <= 0.02 * std::abs(difference) + 1e-3)
        << seed << ": " << difference << " " << want_slope;
  }
}

TEST(DenseGradients, AClipIsShutAtItsBounds) {
  GraphBuilder b({3, 2, 2});
  const ValueId clip = b.add("clip", Clip{0.0f, 6.0f}, {b.input()});
  Gemm last = make_gemm(2, 12);
  std::fill(last.weight.data.begin(), last.weight.data.end(), 1.0f);
  const Graph graph = b.finish(b.add("fc", last, {b.flatten("flat", clip)}));
  const auto gradients = make_dense_gradients(graph);
  const std::vector<int> first{0};
  for (const auto& [value, want] : {std::pair{0.0f, 0.0f}, {3.0f, 1.0f}, {6.0f, 0.0f}}) {
    const Gradients got = gradients->run(filled<float>({1, 3, 2, 2}, value), first, {});
    EXPECT_EQ(got.input.data, std::vector<float>(12, want)) << value;
  }
}

TEST(DenseGradients, RefusesWhatItCannotRun) {
  const Graph graph = small_graph(1);
  const auto gradients = make_dense_gradients(graph);
  const Tensor inputs = filled<float>({2, 3, 6, 5}, 0.5f);
  const std::vector<int> good{0, 1};
  const std::vector<int> high{0, 4};
  const std::vector<int> one{0};
  expect_error([&] { gradients->run(inputs, high, {}); }, ErrorCode::kBadArgument, {"4", "0 to 3"});
  expect_error([&] { gradients->run(inputs, one, {}); }, ErrorCode::kBadArgument,
               {"2 images and 1 classes"});
  expect_error(
      [&] {
        gradients->run(filled<float>({2, 3, 5, 6}, 0.f), good, {});
      },
      ErrorCode::kBadArgument, {"3x6x5"});
  const Tensor broken = filled<float>({2, 3, 6, 5}, std::nanf(""));
  expect_error([&] { gradients->run(broken, good, {}); }, ErrorCode::kBadModel, {"not finite"});
  // A bounded activation hides from the logits that a layer overflows.
  GraphBuilder hidden({3, 2, 2});
  Conv far = window_conv(2, 3, {{1, 1}, {1, 1}, {1, 1}, {0, 0}, {0, 0}});
  for (float& weight : far.weight.data) weight = 3e38f;
  const ValueId overflows = hidden.add("conv", std::move(far), {hidden.input()});
  const ValueId bounded = hidden.add("clip", Clip{0.0f, 6.0f}, {overflows});
  const Graph clipped =
      hidden.finish(hidden.add("fc", make_gemm(2, 8), {hidden.flatten("flat", bounded)}));
  const Tensor bright = filled<float>({1, 3, 2, 2}, 9.0f);
  EXPECT_NO_THROW(make_dense_gradients(clipped)->run(bright, one, {}));
  expect_error([&] { make_dense_gradients(clipped, {overflows})->run(bright, one, {}); },
               ErrorCode::kBadModel, {"a layer answers", "not finite"});
  expect_error([&] { make_dense_gradients(graph, {99}); }, ErrorCode::kBadArgument, {"99"});
  expect_error([&] { make_dense_gradients(graph, {}, {.max_memory = 64}); },
               ErrorCode::kBadArgument, {"--max-memory"});
  // Ordered sums copy an input that other convolutions pad on the way.
  GraphBuilder b({3, 8, 8});
  const ValueId conv = b.add(
      "conv", window_conv(2, 3, {{1, 1}, {65536, 65536}, {1, 1}, {65535, 65535}, {65535, 65535}}),
      {b.input()});
  const Graph wide = b.finish(b.add("fc", make_gemm(2, 2 * 3 * 3), {b.flatten("flat", conv)}));
  expect_error([&] { make_dense_gradients(wide); }, ErrorCode::kBadArgument,
               {"--max-memory", "'conv'"});
  make_dense_gradients(wide, {}, {}, Summation::kFast);
}

}  // namespace
}  // namespace ripple
