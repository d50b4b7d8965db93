// Convolution and fully connected kernels over lists of changed values. Included once a target.
#if defined(RIPPLE_EVAL_DELTA_CONV_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef RIPPLE_EVAL_DELTA_CONV_INL_H_
#undef RIPPLE_EVAL_DELTA_CONV_INL_H_
#else
#define RIPPLE_EVAL_DELTA_CONV_INL_H_
#endif

#include <algorithm>

#include "hwy/cache_control.h"
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

/// Max(x, low) and Min(x, high) that leave NaN, which must reach the logits, where it is refused.
/// Of NaN and a number x86 takes the second operand, in one instruction; the portable ones take the
/// number.
HWY_INLINE V at_least(V x, V low) {
#if HWY_ARCH_X86 && HWY_TARGET != HWY_EMU128 && HWY_TARGET != HWY_SCALAR
  return hn::Max(low, x);
#else
  return hn::IfThenElse(hn::Lt(x, low), low, x);
#endif
}
HWY_INLINE V at_most(V x, V high) {
#if HWY_ARCH_X86 && HWY_TARGET != HWY_EMU128 && HWY_TARGET != HWY_SCALAR
  return hn::Min(high, x);
#else
  return hn::IfThenElse(hn::Gt(x, high), high, x);
#endif
}

/// Pins an address to a register: GCC else keeps one a vector, most of them on the stack, and reads
/// them there for every entry, or adds it up in each multiply-add, which the CPU then splits in
/// two.
HWY_INLINE const float* in_register(const float* p) {
#if HWY_COMPILER_GCC || HWY_COMPILER_CLANG
  asm("" : "+r"(p));
#endif
  return p;
}

HWY_INLINE const float* weights_at(const float* weights, std::int32_t bytes) {
  return reinterpret_cast<const float*>(reinterpret_cast<const char*>(weights) + bytes);
}

/// The rows of weights of a list's entries, one after another. kAhead: the address of the next row
/// is there before this one is used, which CPUs else wait for; lists have room for one more.
template <bool kAhead>
class WeightRows {
 public:
  HWY_INLINE WeightRows(const float* weights, const std::int32_t* offset)
      : weights_(weights), offset_(offset) {
    if constexpr (kAhead) ahead_ = weights_at(weights_, *offset_);
  }

  HWY_INLINE const float* next() {
    if constexpr (!kAhead) return in_register(weights_at(weights_, *offset_++));
    const float* row = ahead_;
    ahead_ = in_register(weights_at(weights_, *++offset_));
    return row;
  }

  /// Of the entry that next() would give.
  HWY_INLINE const std::int32_t* offset() const { return offset_; }

 private:
  const float* weights_;
  const std::int32_t* offset_;
  const float* ahead_ = nullptr;
};

/// What of a group's lists has not been walked yet.
template <int kGroup>
struct Unwalked {
  const std::uint16_t* count;
  const std::int32_t* offset;
  const float* value[kGroup];
};

/// kRows of the kernel's rows from ky0 on, for one vector of output channels, over the pixels of
/// one row of the lists.
///
/// A pixel (y, x) adds v * w[ky][kx] to the outputs (y + pad - ky, x + pad - kx). While the lists
/// of the pixels of a row are walked from left to right, the sums of the kKernel output columns
/// that the next pixel still adds to stay in registers; only the leftmost is complete and goes to
/// memory.
template <int kKernel, int kRows, int kGroup>
HWY_INLINE void sliding_row(const SlidingArgs& a, const RowList& row, int ky0,
                            Unwalked<kGroup>& lists) {
  const D d;
  const std::ptrdiff_t out_row = a.row;
  const std::uint16_t* HWY_RESTRICT count = lists.count;
  WeightRows<kGroup == 1> weights(a.weights + ky0 * kKernel * kLanes, lists.offset);
  const float* HWY_RESTRICT value[kGroup];
  for (int k = 0; k < kGroup; ++k) value[k] = lists.value[k];
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
  const std::ptrdiff_t first =
      (row.y + a.pad_y - ky0) * out_row + std::ptrdiff_t(row.x0 + a.pad_x - (kKernel - 1)) * kBlock;
  float* HWY_RESTRICT out[kGroup];
  for (int k = 0; k < kGroup; ++k) out[k] = a.out[k] + first;

  for (int x = row.x0; x < row.x1; ++x) {
    for (int n = *count++; n > 0; --n) {
      const float* HWY_RESTRICT w = weights.next();
      V v[kGroup];
      HWY_UNROLL(kMaxGroup)
      for (int k = 0; k < kGroup; ++k) v[k] = hn::Set(d, *value[k]++);
      HWY_UNROLL(7)
      for (int i = 0; i < kRows; ++i) {
        HWY_UNROLL(7)
        for (int j = 0; j < kKernel; ++j) {
          V tap = hn::Load(d, w + (i * kKernel + j) * kLanes);
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
  lists.count = count;
  lists.offset = weights.offset();
  for (int k = 0; k < kGroup; ++k) lists.value[k] = value[k];
}

/// The same of fewer kernel rows, known at run time: at most kMost; of none, the pixels are passed
/// over. For the few rows at the border.
template <int kKernel, int kMost, int kGroup>
HWY_NOINLINE void border_row(const SlidingArgs& a, const RowList& row, int ky0, int rows,
                             Unwalked<kGroup>& lists) {
  if constexpr (kMost > 0) {
    if (rows < kMost) return border_row<kKernel, kMost - 1, kGroup>(a, row, ky0, rows, lists);
    sliding_row<kKernel, kMost, kGroup>(a, row, ky0, lists);
  } else {
    int entries = 0;
    for (int x = row.x0; x < row.x1; ++x) entries += *lists.count++;
    lists.offset += entries;
    for (int k = 0; k < kGroup; ++k) lists.value[k] += entries;
  }
}

/// kRows of the kernel's rows from ky0 on, over all pixels of the lists. Kernel rows that lead out
/// of the image at its upper and lower border are left out: a twelfth of a 3 x 3 kernel over 8
/// rows, a quarter where the image is not padded.
template <int kKernel, int kRows, int kGroup>
HWY_INLINE void sliding_rows(const SlidingArgs& a, int ky0) {
  const Lists& lists = *a.lists;
  Unwalked<kGroup> rest{lists.counts, lists.offsets, {}};
  std::copy_n(lists.values, kGroup, rest.value);
  for (int r = 0; r < lists.row_count; ++r) {
    const RowList row = lists.rows[r];
    const int begin = std::max(ky0, row.y + a.pad_y - (a.height - 1));
    const int rows = std::min(ky0 + kRows, row.y + a.pad_y + 1) - begin;
    if (rows == kRows) {
      sliding_row<kKernel, kRows, kGroup>(a, row, ky0, rest);
    } else {
      border_row<kKernel, kRows - 1, kGroup>(a, row, begin, std::max(rows, 0), rest);
    }
  }
}

template <int kKernel, int kGroup>
void sliding_group(const SlidingArgs& a) {
  if constexpr (kGroup > 1 && kKernel * kGroup > kAccumulators) {
    // One kernel row of so many would not stay in registers.
    sliding_group<kKernel, kGroup - 1>(a);
    Lists last = *a.lists;
    last.values[0] = last.values[kGroup - 1];
    SlidingArgs rest = a;
    rest.lists = &last;
    rest.out[0] = a.out[kGroup - 1];
    return sliding_group<kKernel, 1>(rest);
  }
  constexpr int kRows = std::clamp(kAccumulators / (kKernel * kGroup), 1, kKernel);
  // Kernel rows from the first to the last: an output row then meets the input rows in the same
  // order whether the kernel's rows are taken together or one by one, and the sums are the same
  // bits.
  if constexpr (kRows == kKernel) {
    sliding_rows<kKernel, kKernel, kGroup>(a, 0);
  } else {
    constexpr int kRest = kKernel % kRows;
    for (int ky = 0; ky + kRows <= kKernel; ky += kRows)
      sliding_rows<kKernel, kRows, kGroup>(a, ky);
    if constexpr (kRest > 0) sliding_rows<kKernel, kRest, kGroup>(a, kKernel - kRest);
  }
}

template <int kKernel>
void sliding_kernel(const SlidingArgs& a) {
  if (a.lists->group == 1) return sliding_group<kKernel, 1>(a);
  if (a.lists->group == 2) return sliding_group<kKernel, 2>(a);
  sliding_group<kKernel, 3>(a);
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
  WeightRows<true> rows(weights, offset);
  for (std::int64_t e = 0; e < n; ++e) {
    const float* HWY_RESTRICT w = rows.next();
    V v[kGroup];
    HWY_UNROLL(kMaxGroup)
    for (int k = 0; k < kGroup; ++k) v[k] = hn::Set(d, value[k][e]);
    HWY_UNROLL(12)
    for (int i = 0; i < kVectors; ++i) {
      V row = hn::Load(d, w + i * kLanes);
      if constexpr (kGroup > 1) row = loaded_once(row);
      HWY_UNROLL(kMaxGroup)
      for (int k = 0; k < kGroup; ++k) sum[k][i] = hn::MulAdd(v[k], row, sum[k][i]);
    }
  }
}

/// Output vectors taken together: as many as keep the sums in registers.
template <int kGroup>
constexpr int kMostVectors = kLanes == 16 ? (kGroup == 3 ? 8 : 12) : 12 / kGroup;

/// The quotient rounded down; b > 0.
HWY_INLINE int floor_quotient(int a, int b) {
  return a >= 0 ? a / b : -((b - 1 - a) / b);
}

/// The outputs of one tap, `kVectors` of them from `vector` on, for all pixels of the lists.
template <int kVectors, int kGroup>
void output_vectors(const ScatterArgs& a, int vector) {
  const D d;
  const Lists& lists = *a.lists;
  const std::uint16_t* count = lists.counts;
  const std::int32_t* offset = lists.offsets;
  const float* value[kGroup];
  for (int k = 0; k < kGroup; ++k) value[k] = lists.values[k];
  const float* weights = a.weights + vector * kLanes;

  const std::ptrdiff_t plane = a.layout.plane();
  const auto place = [&](int i) {  // of output vector i, from the cell's place in block 0
    return (vector + i) / kParts * plane + (vector + i) % kParts * kLanes;
  };
  for (int r = 0; r < lists.row_count; ++r) {
    const RowList row = lists.rows[r];
    const int oy = (row.y + a.shift_y) / a.stride_y;
    const bool row_exists =
        row.y + a.shift_y >= 0 && oy * a.stride_y == row.y + a.shift_y && oy < a.layout.height;
    // Pixel x adds to output column ox where `phase` is 0; counted along, for a division costs more
    // than most pixels of a strided convolution, which add nothing.
    const int left = row.x0 + a.shift_x;
    int ox = floor_quotient(left, a.stride_x);
    int phase = left - ox * a.stride_x;
    for (int x = row.x0; x < row.x1; ++x) {
      const int n = *count++;
      if (n > 0 && phase == 0 && row_exists && ox >= 0 && ox < a.layout.width) {
        V sum[kGroup][kVectors];
        HWY_UNROLL(kMaxGroup)
        for (int k = 0; k < kGroup; ++k) {
          HWY_UNROLL(12)
          for (int i = 0; i < kVectors; ++i) sum[k][i] = hn::Zero(d);
        }
        const std::ptrdiff_t cell = a.layout.at(0, oy, ox);
        // Each block is another plane, too many streams for the hardware to foresee.
        for (int k = 0; k < kGroup; ++k) {
          for (int i = 0; i < kVectors; i += kParts) hwy::Prefetch(a.out[k] + cell + place(i));
        }
        accumulate<kVectors, kGroup>(offset, value, n, weights, sum);
        HWY_UNROLL(kMaxGroup)
        for (int k = 0; k < kGroup; ++k) {
          HWY_UNROLL(12)
          for (int i = 0; i < kVectors; ++i) {
            float* p = a.out[k] + cell + place(i);
            hn::Store(hn::Add(hn::Load(d, p), sum[k][i]), d, p);
          }
        }
      }
      offset += n;
      for (int k = 0; k < kGroup; ++k) value[k] += n;
      if (++phase == a.stride_x) phase = 0, ++ox;
    }
  }
}

/// The same of a fully connected layer.
template <int kVectors, int kGroup>
void output_vectors(const FlatArgs& a, int vector) {
  const D d;
  const Lists& lists = *a.lists;
  V sum[kGroup][kVectors];
  HWY_UNROLL(kMaxGroup)
  for (int k = 0; k < kGroup; ++k) {
    HWY_UNROLL(12)
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
    HWY_UNROLL(12)
    for (int i = 0; i < kVectors; ++i) hn::Store(sum[k][i], d, a.out[k] + (vector + i) * kLanes);
  }
}

/// The same of a number of vectors known at run time, at most kMost.
template <int kMost, int kGroup, class Args>
void some_vectors(const Args& a, int vector, int vectors) {
  if constexpr (kMost > 1) {
    if (vectors < kMost) return some_vectors<kMost - 1, kGroup>(a, vector, vectors);
  }
  output_vectors<kMost, kGroup>(a, vector);
}

/// `vectors` output vectors from `first` on, in shares of nearly equal size: a share of one or two
/// would wait for its own sums.
template <int kGroup, class Args>
void all_vectors(const Args& a, int first, int vectors) {
  const int shares = (vectors + kMostVectors<kGroup> - 1) / kMostVectors<kGroup>;
  for (int s = 0; s < shares; ++s) {
    const int begin = vectors * s / shares;
    const int end = vectors * (s + 1) / shares;
    some_vectors<kMostVectors<kGroup>, kGroup>(a, first + begin, end - begin);
  }
}

template <class Args>
void all_vectors(const Args& a, int first, int vectors) {
  if (a.lists->group == 1) return all_vectors<1>(a, first, vectors);
  if (a.lists->group == 2) return all_vectors<2>(a, first, vectors);
  all_vectors<3>(a, first, vectors);
}

void scatter(const ScatterArgs& a) {
  const int first = a.blocks.begin * kParts;
  all_vectors(a, first, std::min(a.blocks.end, a.layout.blocks()) * kParts - first);
}

void flat(const FlatArgs& a) {
  all_vectors(a, 0, a.outputs / kLanes);
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
