#include "ripple/eval/delta/convolve.h"

#include <cstring>

#include <gtest/gtest.h>

#include "ripple/eval/delta/delta.h"
#include "tests/delta_networks.h"

namespace ripple::delta {
namespace {

using namespace delta_test;

/// A plan with one fully connected layer of 200 outputs (two chunks) over 3 x 6 x 5 inputs.
Model one_layer() {
  Rng rng({5});
  GraphBuilder b({3, 6, 5});
  return finish(b, rng, b.add("fc", random_gemm(rng, 200, 90), {b.flatten("flat", b.input())}));
}

/// Every input of `step` with a value of its own.
struct AllEntries {
  explicit AllEntries(const ConvStep& step, int rows)
      : offsets(rows + kBlock), values(rows + kBlock) {
    for (int r = 0; r < rows; ++r) {
      offsets[std::size_t(r)] = r * step.chunk_outputs * 4;
      values[std::size_t(r)] = 0.25f * static_cast<float>(r % 7) - 0.6f;
    }
    lists.offsets = offsets.data();
    lists.values[0] = values.data();
    lists.entries = rows;
  }
  std::vector<std::int32_t> offsets;
  std::vector<float> values;
  Lists lists;
};

TEST(Multiply, SumsAreTheSameBitsHoweverTheEntriesAreCut) {
  const Model model = one_layer();
  const auto shared_plan = make_delta_plan(model);
  const DeltaPlan& plan = *shared_plan;
  const Step& step = plan.steps().front();
  const auto& conv = std::get<ConvStep>(step.body);
  const Layout& out = plan.layout(step.output);
  ASSERT_EQ(chunk_count(conv, out), 2);
  const int rows = static_cast<int>(conv.chunk_weights / conv.chunk_outputs);
  AllEntries all(conv, rows);
  AlignedArray<float> once(out.size()), cut(out.size());
  for (int chunk = 0; chunk < 2; ++chunk) {
    float* results[] = {once.data()};
    multiply(plan.kernels(), conv, all.lists, out, results, chunk, {0, rows}, conv.bias.data());
    results[0] = cut.data();
    for (const EntryRange& part : {EntryRange{0, 0}, {0, 7}, {7, 8}, {8, 80}, {80, rows}}) {
      multiply(plan.kernels(), conv, all.lists, out, results, chunk, part, conv.bias.data());
    }
  }
  EXPECT_EQ(std::memcmp(once.data(), cut.data(), out.size() * sizeof(float)), 0);

  // And they are the sums: output 150, in double precision.
  double want = conv.bias[150];
  const float* weights = conv.weights.data() + conv.chunk_weights + (150 - kChunkOutputs);
  for (int r = 0; r < rows; ++r)
    want += double{all.values[std::size_t(r)]} * weights[r * conv.chunk_outputs];
  EXPECT_NEAR(once[150], want, 1e-4 * (1.0 + std::abs(want)));
}

}  // namespace
}  // namespace ripple::delta
