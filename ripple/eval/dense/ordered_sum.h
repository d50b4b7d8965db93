#pragma once

#include <cstddef>
#include <cstdint>

namespace ripple::dense {

/// Output cells that are summed side by side.
inline constexpr int kColumns = 16;

/// Plain pointers and sizes in floats, so that nothing here depends on the instruction set.
struct OrderedSumArgs {
  const float* weights = nullptr;  ///< [outputs][terms]
  const float* first = nullptr;    ///< [outputs], what each sum begins with; null: 0
  const float* columns = nullptr;  ///< [terms][kColumns]
  int outputs = 0;
  std::int64_t terms = 0;
  int count = 0;  ///< columns to write, at most kColumns
  float* out = nullptr;
  std::ptrdiff_t out_stride = 0;  ///< floats between the outputs of a column
};

/// out[o][j] = (...((first[o] + w[o][0] * c[0][j]) + w[o][1] * c[1][j]) + ...): each product and
/// each sum rounded to float32, nothing fused, so that every CPU computes the same bits. No errors.
/// Cost: two vector operations a product of kColumns cells, where a fused one would be one.
void sum_in_order(const OrderedSumArgs& args);

}  // namespace ripple::dense
