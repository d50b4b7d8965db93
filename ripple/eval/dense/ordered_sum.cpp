#include "ripple/eval/dense/ordered_sum.h"

#include <cstring>

namespace ripple::dense {
namespace {

/// A register of the instruction set. Every column is computed for itself, so that all instruction
/// sets give the same bits.
template <int kLanes>
struct Register {
  using Type [[gnu::vector_size(kLanes * sizeof(float))]] = float;
};

template <int kLanes, int kRows>
[[gnu::always_inline]] inline void sum_rows(const OrderedSumArgs& a, int o) {
  using Vector = typename Register<kLanes>::Type;
  constexpr int kParts = kColumns / kLanes;
  const float* weights = a.weights + o * a.terms;
  Vector sum[kRows][kParts];
#pragma GCC unroll 8
  for (int r = 0; r < kRows; ++r) {
#pragma GCC unroll 4
    for (int p = 0; p < kParts; ++p) {
      sum[r][p] = Vector{} + (a.first == nullptr ? 0.0f : a.first[o + r]);
    }
  }
  for (std::int64_t k = 0; k < a.terms; ++k) {
    Vector column[kParts];
#pragma GCC unroll 4
    for (int p = 0; p < kParts; ++p) {
      std::memcpy(&column[p], a.columns + k * kColumns + p * kLanes, sizeof(Vector));
    }
#pragma GCC unroll 8
    for (int r = 0; r < kRows; ++r) {
      const float weight = weights[r * a.terms + k];
#pragma GCC unroll 4
      for (int p = 0; p < kParts; ++p) sum[r][p] += column[p] * weight;
    }
  }
#pragma GCC unroll 8
  for (int r = 0; r < kRows; ++r) {
    float row[kColumns];
#pragma GCC unroll 4
    for (int p = 0; p < kParts; ++p) std::memcpy(row + p * kLanes, &sum[r][p], sizeof(Vector));
    std::memcpy(a.out + (o + r) * a.out_stride, row, std::size_t(a.count) * sizeof(float));
  }
}

/// kRows outputs a round: as many sums as hide the latency of an addition and fit the registers.
template <int kLanes, int kRows>
[[gnu::always_inline]] inline void sum_all(const OrderedSumArgs& a) {
  int o = 0;
  for (; o + kRows <= a.outputs; o += kRows) sum_rows<kLanes, kRows>(a, o);
  for (; o < a.outputs; ++o) sum_rows<kLanes, 1>(a, o);
}

#if defined(__x86_64__)
[[gnu::target("avx512f")]] void sum_avx512(const OrderedSumArgs& args) {
  sum_all<16, 8>(args);
}
[[gnu::target("avx2")]] void sum_avx2(const OrderedSumArgs& args) {
  sum_all<8, 4>(args);
}
#endif

}  // namespace

void sum_in_order(const OrderedSumArgs& args) {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f")) return sum_avx512(args);
  if (__builtin_cpu_supports("avx2")) return sum_avx2(args);
#endif
  sum_all<4, 2>(args);
}

}  // namespace ripple::dense
