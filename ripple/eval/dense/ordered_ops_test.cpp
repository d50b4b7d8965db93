#include <vector>

#include <gtest/gtest.h>

#include "ripple/eval/dense/dense.h"
#include "tests/expect_gradient.h"
#include "tests/random_graph.h"

namespace ripple {
namespace {

/// The sums of Summation::kOrdered, written out; products are rounded before they are added: [n, K,
/// H', W'] of [n, C, H, W].
std::vector<float> ordered_sums(const Conv& op, const Tensor& in, const Shape& out) {
  std::vector<float> sums;
  const Window& w = op.window;
  const Shape& kernel = op.weight.shape;
  const std::int64_t outputs = out[0] / op.groups;
  for (std::int64_t n = 0; n < in.shape[0]; ++n) {
    for (std::int64_t k = 0; k < out[0]; ++k) {
      for (std::int64_t cell = 0; cell < out[1] * out[2]; ++cell) {
        float sum = op.bias.data[std::size_t(k)];
        std::int64_t tap = k * kernel[1] * kernel[2] * kernel[3];
        for (std::int64_t c = 0; c < kernel[1]; ++c) {
          for (std::int64_t i = 0; i < kernel[2]; ++i) {
            for (std::int64_t j = 0; j < kernel[3]; ++j, ++tap) {
              const std::int64_t y =
                  cell / out[2] * w.stride[0] - w.pad_begin[0] + i * w.dilation[0];
              const std::int64_t x =
                  cell % out[2] * w.stride[1] - w.pad_begin[1] + j * w.dilation[1];
              if (y < 0 || y >= in.shape[2] || x < 0 || x >= in.shape[3]) continue;
              const std::int64_t plane = n * in.shape[1] + k / outputs * kernel[1] + c;
              const float product =
                  op.weight.data[std::size_t(tap)] *
                  in.data[std::size_t((plane * in.shape[2] + y) * in.shape[3] + x)];
              sum += product;
            }
          }
        }
        sums.push_back(sum);
      }
    }
  }
  return sums;
}

TEST(OrderedOps, AreTheSumsOfALoopBitForBit) {
  const Window wide{.kernel = {3, 5},
                    .stride = {2, 1},
                    .pad_begin = {1, 3},
                    .pad_end = {1, 2}};  // pads of its own on each side
  const std::vector<Conv> convolutions{make_conv(19, 6, 3, 1, 1),   make_conv(8, 6, 3, 2, 1),
                                       make_conv(4, 6, 1),          make_conv(6, 6, 3, 1, 1, 6),
                                       make_conv(9, 6, 3, 1, 0, 3), make_conv(5, 6, 3, 1, 2, 1, 2),
                                       window_conv(11, 6, wide)};
  Rng rng({3});
  for (const Conv& form : convolutions) {
    Op op = form;
    randomise(op, rng);
    GraphBuilder b({6, 9, 35});
    const ValueId x = b.add("conv", op, {b.input()});
    const Shape shape = b.shape(x);
    Op last = make_gemm(7, static_cast<int>(element_count(shape)));
    randomise(last, rng);
    const Graph graph = b.finish(b.add("fc", last, {b.flatten("flat", x)}));
    const ValueId value = value_named(graph, "conv");
    const Tensor inputs = random_tensor({18, 6, 9, 35}, rng);  // more than the columns of a round
    const std::vector<int> classes(18, 1);
    const Gradients got = make_dense_gradients(graph, {value})->run(inputs, classes, {});
    ASSERT_EQ(got.activations.size(), 1u);
    const std::vector<float> want = ordered_sums(std::get<Conv>(op), inputs, shape);
    EXPECT_EQ(got.activations[0].data, want) << to_string(shape);

    const Gemm& gemm = std::get<Gemm>(last);
    const std::size_t terms = want.size() / 18;
    for (std::size_t i = 0; i < got.logits.data.size(); ++i) {
      float sum = 0.0f;
      for (std::size_t k = 0; k < terms; ++k) {
        const float product = gemm.weight.data[i % 7 * terms + k] * want[i / 7 * terms + k];
        sum += product;
      }
      EXPECT_EQ(got.logits.data[i], sum + gemm.bias.data[i % 7]) << i;
    }
    // The derivatives are those of the fast sums.
    const Gradients fast =
        make_dense_gradients(graph, {value}, {}, Summation::kFast)->run(inputs, classes, {});
    expect_gradient(got.input, 0, {fast.input.data.begin(), fast.input.data.end()});
    expect_gradient(got.by_activation[0], 0,
                    {fast.by_activation[0].data.begin(), fast.by_activation[0].data.end()});
  }
}

}  // namespace
}  // namespace ripple
