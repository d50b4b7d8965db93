// Convolution and fully connected kernels over lists of changed values. Included once a target.
#if defined(RIPPLE_EVAL_DELTA_CONV_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef RIPPLE_EVAL_DELTA_CONV_INL_H_
#undef RIPPLE_EVAL_DELTA_CONV_INL_H_
#else
#define RIPPLE_EVAL_DELTA_CONV_INL_H_
#endif

#include <algorithm>

#include "hwy/highway.h"
#include "ripple/eval/delta/kernels.h"

HWY_BEFORE_NAMESPACE();
namespace ripple::delta::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using D = hn::CappedTag<float, kBlock>;
using V = hn::Vec<D>;
constexpr int kLanes = static_cast<int>(hn::MaxLanes(D()));
/// Vectors in a block.
constexpr int kParts = kBlock / kLanes;
/// Accumulators that leave registers for weights and values.
constexpr int kAccumulators = kLanes == 16 ? 27 : 12;

/// Pins a loaded vector to a register: compilers else fold the load into each of its uses, and
/// three loads of one cache line cost more than the three multiply-adds.
HWY_INLINE V loaded_once(V v) {
#if (HWY_COMPILER_GCC || HWY_COMPILER_CLANG) && HWY_ARCH_X86 && HWY_TARGET != HWY_EMU128 && \
    HWY_TARGET != HWY_SCALAR
  asm("" : "+v"(v.raw));
#endif
  return v;
}

HWY_INLINE const float* weights_at(const float* weights, std::int32_t bytes) {
  return reinterpret_cast<const float*>(reinterpret_cast<const char*>(weights) + bytes);
}

/// kRows of the kernel's rows, for one vector of output channels, over all pixels of the lists.
///
/// A pixel (y, x) adds v * w[ky][kx] to the outputs (y + pad - ky, x + pad - kx). While the lists
/// of the pixels of a row are walked from left to right, the sums of the kKernel output columns
/// that the next pixel still adds to stay in registers; only the leftmost is complete and goes to
/// memory.
template <int kKernel, int kRows, int kGroup>
HWY_INLINE void sliding_rows(const SlidingArgs& a, int part, int ky0) {
  const D d;
  const Lists& lists = *a.lists;
  const std::ptrdiff_t out_row = a.row;
  const std::uint16_t* HWY_RESTRICT count = lists.counts;
  const std::int32_t* HWY_RESTRICT offset = lists.offsets;
  const float* HWY_RESTRICT value[kGroup];
  for (int k = 0; k < kGroup; ++k) value[k] = lists.values[k];
  const float* HWY_RESTRICT weights = a.weights + ky0 * kKernel * kBlock + part * kLanes;

  for (int r = 0; r < lists.row_count; ++r) {
    const RowList row = lists.rows[r];
    V sum[kGroup][kRows][kKernel];
    HWY_UNROLL(kMaxGroup)
    for (int k = 0; k < kGroup; ++k) {
      HWY_UNROLL(7)
      for (int i = 0; i < kRows; ++i) {
        HWY_UNROLL(7)
        for (int j = 0; j < kKernel; ++j) sum[k][i][j] = hn::Zero(d);
      }
    }
    // The output cell of the leftmost column and kernel row ky0.
    const std::ptrdiff_t first = (row.y + a.pad_y - ky0) * out_row +
                                 std::ptrdiff_t(row.x0 + a.pad_x - (kKernel - 1)) * kBlock +
                                 part * kLanes;
    float* HWY_RESTRICT out[kGroup];
    for (int k = 0; k < kGroup; ++k) out[k] = a.out[k] + first;

    for (int x = row.x0; x < row.x1; ++x) {
      for (int n = *count++; n > 0; --n) {
        const float* HWY_RESTRICT w = weights_at(weights, *offset++);
        V v[kGroup];
        HWY_UNROLL(kMaxGroup)
        for (int k = 0; k < kGroup; ++k) v[k] = hn::Set(d, *value[k]++);
        HWY_UNROLL(7)
        for (int i = 0; i < kRows; ++i) {
          HWY_UNROLL(7)
          for (int j = 0; j < kKernel; ++j) {
            V tap = hn::Load(d, w + (i * kKernel + j) * kBlock);
            if constexpr (kGroup > 1) tap = loaded_once(tap);
            HWY_UNROLL(kMaxGroup)
            for (int k = 0; k < kGroup; ++k) {
              sum[k][i][j] = hn::MulAdd(v[k], tap, sum[k][i][j]);
            }
          }
        }
      }
      HWY_UNROLL(kMaxGroup)
      for (int k = 0; k < kGroup; ++k) {
        HWY_UNROLL(7)
        for (int i = 0; i < kRows; ++i) {
          float* HWY_RESTRICT cell = out[k] - i * out_row;
          hn::Store(hn::Add(hn::Load(d, cell), sum[k][i][kKernel - 1]), d, cell);
          HWY_UNROLL(7)
          for (int j = kKernel - 1; j > 0; --j) sum[k][i][j] = sum[k][i][j - 1];
          sum[k][i][0] = hn::Zero(d);
        }
        out[k] += kBlock;
      }
    }
    HWY_UNROLL(kMaxGroup)
    for (int k = 0; k < kGroup; ++k) {
      HWY_UNROLL(7)
      for (int i = 0; i < kRows; ++i) {
        HWY_UNROLL(7)
        for (int j = kKernel - 1; j > 0; --j) {
          float* HWY_RESTRICT cell = out[k] - i * out_row + (kKernel - 1 - j) * kBlock;
          hn::Store(hn::Add(hn::Load(d, cell), sum[k][i][j]), d, cell);
        }
      }
    }
  }
}

template <int kKernel, int kGroup>
void sliding_block(const SlidingArgs& a) {
  constexpr int kRows = kKernel * kKernel * kGroup <= kAccumulators ? kKernel : 1;
  for (int part = 0; part < kParts; ++part) {
    // Kernel rows from the first to the last: an output row then meets the input rows in the same
    // order whether the kernel's rows are taken together or one by one, and the sums are the same
    // bits.
    if constexpr (kRows == kKernel) {
      sliding_rows<kKernel, kKernel, kGroup>(a, part, 0);
    } else {
      for (int ky = 0; ky < kKernel; ++ky) sliding_rows<kKernel, 1, kGroup>(a, part, ky);
    }
  }
}

template <int kKernel>
void sliding_kernel(const SlidingArgs& a) {
  if (a.lists->group == 1) return sliding_block<kKernel, 1>(a);
  if (a.lists->group == 2) return sliding_block<kKernel, 2>(a);
  sliding_block<kKernel, 3>(a);
}

void sliding(const SlidingArgs& a) {
  if (a.kernel == 3) return sliding_kernel<3>(a);
  if (a.kernel == 5) return sliding_kernel<5>(a);
  sliding_kernel<7>(a);
}

/// kVectors output vectors of one tap: sum over the n entries of a pixel.
template <int kVectors, int kGroup>
HWY_INLINE void accumulate(const std::int32_t* HWY_RESTRICT offset,
                           const float* const* HWY_RESTRICT value, std::int64_t n,
                           const float* HWY_RESTRICT weights, V (&sum)[kGroup][kVectors]) {
  const D d;
  for (std::int64_t e = 0; e < n; ++e) {
    const float* HWY_RESTRICT w = weights_at(weights, offset[e]);
    V v[kGroup];
    HWY_UNROLL(kMaxGroup)
    for (int k = 0; k < kGroup; ++k) v[k] = hn::Set(d, value[k][e]);
    HWY_UNROLL(8)
    for (int i = 0; i < kVectors; ++i) {
      V row = hn::Load(d, w + i * kLanes);
      if constexpr (kGroup > 1) row = loaded_once(row);
      HWY_UNROLL(kMaxGroup)
      for (int k = 0; k < kGroup; ++k) sum[k][i] = hn::MulAdd(v[k], row, sum[k][i]);
    }
  }
}

template <int kVectors, int kGroup>
HWY_INLINE void scatter_cell(const ScatterArgs& a, const std::int32_t* offset,
                             const float* const* value, int n, const float* weights, int vector,
                             std::ptrdiff_t cell) {
  const D d;
  V sum[kGroup][kVectors];
  HWY_UNROLL(kMaxGroup)
  for (int k = 0; k < kGroup; ++k) {
    HWY_UNROLL(8)
    for (int i = 0; i < kVectors; ++i) sum[k][i] = hn::Zero(d);
  }
  accumulate<kVectors, kGroup>(offset, value, n, weights + vector * kLanes, sum);
  HWY_UNROLL(kMaxGroup)
  for (int k = 0; k < kGroup; ++k) {
    HWY_UNROLL(8)
    for (int i = 0; i < kVectors; ++i) {
      const int block = (vector + i) / kParts;
      float* p = a.out[k] + block * a.layout.plane() + cell + (vector + i) % kParts * kLanes;
      hn::Store(hn::Add(hn::Load(d, p), sum[k][i]), d, p);
    }
  }
}

/// Output vectors taken together: as many as keep the sums in registers.
template <int kGroup>
constexpr int kScatterVectors = kLanes == 16  ? 8
                                : kGroup == 1 ? 8
                                              : 4;

template <int kGroup>
void scatter_group(const ScatterArgs& a) {
  const Lists& lists = *a.lists;
  const std::uint16_t* count = lists.counts;
  const std::int32_t* offset = lists.offsets;
  const float* value[kGroup];
  for (int k = 0; k < kGroup; ++k) value[k] = lists.values[k];
  const int vectors = a.layout.blocks() * kParts;
  constexpr int kMany = kScatterVectors<kGroup>;

  for (int r = 0; r < lists.row_count; ++r) {
    const RowList row = lists.rows[r];
    for (int x = row.x0; x < row.x1; ++x) {
      const int n = *count++;
      for (int ky = 0; n > 0 && ky < a.kernel_y; ++ky) {
        const int y_scaled = row.y + a.pad_y - ky * a.dilation_y;
        const int oy = y_scaled / a.stride_y;
        if (y_scaled < 0 || oy * a.stride_y != y_scaled || oy >= a.layout.height) continue;
        for (int kx = 0; kx < a.kernel_x; ++kx) {
          const int x_scaled = x + a.pad_x - kx * a.dilation_x;
          const int ox = x_scaled / a.stride_x;
          if (x_scaled < 0 || ox * a.stride_x != x_scaled || ox >= a.layout.width) continue;
          const float* weights = a.weights + (ky * a.kernel_x + kx) * a.tap;
          const std::ptrdiff_t cell = oy * a.layout.row() + ox * std::ptrdiff_t(kBlock);
          int i = 0;
          for (; i + kMany <= vectors; i += kMany) {
            scatter_cell<kMany, kGroup>(a, offset, value, n, weights, i, cell);
          }
          for (; i + 4 <= vectors; i += 4) {
            scatter_cell<4, kGroup>(a, offset, value, n, weights, i, cell);
          }
          for (; i + 2 <= vectors; i += 2) {
            scatter_cell<2, kGroup>(a, offset, value, n, weights, i, cell);
          }
          if (i < vectors) scatter_cell<1, kGroup>(a, offset, value, n, weights, i, cell);
        }
      }
      offset += n;
      for (int k = 0; k < kGroup; ++k) value[k] += n;
    }
  }
}

void scatter(const ScatterArgs& a) {
  if (a.lists->group == 1) return scatter_group<1>(a);
  if (a.lists->group == 2) return scatter_group<2>(a);
  scatter_group<3>(a);
}

template <int kVectors, int kGroup>
HWY_INLINE void flat_chunk(const FlatArgs& a, int vector) {
  const D d;
  const Lists& lists = *a.lists;
  V sum[kGroup][kVectors];
  HWY_UNROLL(kMaxGroup)
  for (int k = 0; k < kGroup; ++k) {
    HWY_UNROLL(8)
    for (int i = 0; i < kVectors; ++i) {
      const float* start = a.continues ? a.out[k] : a.start;
      sum[k][i] = start != nullptr ? hn::Load(d, start + (vector + i) * kLanes) : hn::Zero(d);
    }
  }
  const float* value[kGroup];
  for (int k = 0; k < kGroup; ++k) value[k] = lists.values[k] + a.begin;
  accumulate<kVectors, kGroup>(lists.offsets + a.begin, value, a.end - a.begin,
                               a.weights + vector * kLanes, sum);
  HWY_UNROLL(kMaxGroup)
  for (int k = 0; k < kGroup; ++k) {
    HWY_UNROLL(8)
    for (int i = 0; i < kVectors; ++i) hn::Store(sum[k][i], d, a.out[k] + (vector + i) * kLanes);
  }
}

template <int kGroup>
void flat_group(const FlatArgs& a) {
  const int vectors = a.outputs / kLanes;
  constexpr int kMany = kScatterVectors<kGroup>;
  int i = 0;
  for (; i + kMany <= vectors; i += kMany) flat_chunk<kMany, kGroup>(a, i);
  for (; i + 4 <= vectors; i += 4) flat_chunk<4, kGroup>(a, i);
  for (; i + 2 <= vectors; i += 2) flat_chunk<2, kGroup>(a, i);
  if (i < vectors) flat_chunk<1, kGroup>(a, i);
}

void flat(const FlatArgs& a) {
  if (a.lists->group == 1) return flat_group<1>(a);
  if (a.lists->group == 2) return flat_group<2>(a);
  flat_group<3>(a);
}

float multiply_add_loop(std::int64_t rounds) {
  const D d;
  V sum[kLoopVectors];
  HWY_UNROLL(kLoopVectors)
  for (int i = 0; i < kLoopVectors; ++i) sum[i] = hn::Set(d, static_cast<float>(i));
  const V factor = loaded_once(hn::Set(d, 0.999f));
  const V term = loaded_once(hn::Set(d, 0.001f));
  for (std::int64_t r = 0; r < rounds; ++r) {
    HWY_UNROLL(kLoopVectors)
    for (int i = 0; i < kLoopVectors; ++i) sum[i] = hn::MulAdd(sum[i], factor, term);
  }
  V total = hn::Zero(d);
  for (int i = 0; i < kLoopVectors; ++i) total = hn::Add(total, sum[i]);
  return hn::GetLane(total);
}

}  // namespace ripple::delta::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
