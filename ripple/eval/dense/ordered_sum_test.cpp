#include "ripple/eval/dense/ordered_sum.h"

#include <vector>

#include <gtest/gtest.h>

#include "ripple/base/rng.h"

namespace ripple::dense {
namespace {

std::vector<float> random_floats(Rng& rng, std::int64_t count) {
  std::vector<float> values;
  for (std::int64_t i = 0; i < count; ++i)
    values.push_back(static_cast<float>(rng.normal(0.0, 1.0)));
  return values;
}

TEST(OrderedSum, IsTheLoopBitForBitAndWritesNothingElse) {
  constexpr std::int64_t kTerms = 37;
  constexpr float kUntouched = -7.0f;
  Rng rng({1});
  // Numbers of outputs that fill rounds of every instruction set, and that do not.
  for (const int outputs : {1, 2, 4, 7, 8, 17}) {
    for (const int count : {1, 5, kColumns}) {
      for (const bool with_first : {false, true}) {
        const std::vector<float> weights = random_floats(rng, outputs * kTerms);
        const std::vector<float> first = random_floats(rng, outputs);
        const std::vector<float> columns = random_floats(rng, kTerms * kColumns);
        const std::ptrdiff_t stride = kColumns + 3;
        std::vector<float> out(std::size_t(outputs * stride), kUntouched);
        OrderedSumArgs args;
        args.weights = weights.data();
        if (with_first) args.first = first.data();
        args.columns = columns.data();
        args.outputs = outputs;
        args.terms = kTerms;
        args.count = count;
        args.out = out.data();
        args.out_stride = stride;
        sum_in_order(args);
        for (int o = 0; o < outputs; ++o) {
          for (int j = 0; j < stride; ++j) {
            float want = kUntouched;
            if (j < count) {
              want = with_first ? first[std::size_t(o)] : 0.0f;
              for (std::int64_t k = 0; k < kTerms; ++k) {
                const float product =
                    weights[std::size_t(o * kTerms + k)] * columns[std::size_t(k * kColumns + j)];
                want += product;
              }
            }
            EXPECT_EQ(out[std::size_t(o * stride + j)], want) << outputs << " " << o << " " << j;
          }
        }
      }
    }
  }
}

}  // namespace
}  // namespace ripple::dense
