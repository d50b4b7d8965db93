// Differences -> lists of changed values. Included once a target.
#if defined(RIPPLE_EVAL_DELTA_PREPARE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef RIPPLE_EVAL_DELTA_PREPARE_INL_H_
#undef RIPPLE_EVAL_DELTA_PREPARE_INL_H_
#else
#define RIPPLE_EVAL_DELTA_PREPARE_INL_H_
#endif

#include "hwy/highway.h"
#include "ripple/eval/delta/conv-inl.h"

HWY_BEFORE_NAMESPACE();
namespace ripple::delta::HWY_NAMESPACE {

struct NoActivation {
  static constexpr bool kLinear = true;
  explicit NoActivation(const Activation&) {}
  HWY_INLINE V operator()(V x) const { return x; }
};
struct ReluActivation {
  static constexpr bool kLinear = false;
  explicit ReluActivation(const Activation&) {}
  HWY_INLINE V operator()(V x) const { return at_least(x, hn::Zero(D())); }
};
struct ClipActivation {
  static constexpr bool kLinear = false;
  V low, high;
  explicit ClipActivation(const Activation& a) : low(hn::Set(D(), a.a)), high(hn::Set(D(), a.b)) {}
  HWY_INLINE V operator()(V x) const { return at_most(at_least(x, low), high); }
};

#if HWY_TARGET == HWY_AVX2 || HWY_TARGET == HWY_SSE4
/// For each mask of kLanes bits the lanes that it names, in order: what an instruction set without
/// a compress instruction permutes by. Highway's own Compress() looks its table up once a vector;
/// here the offsets and all candidates' values share one lookup (and GCC 12 copies that table to
/// the stack in every call: lists took half of the time on AVX2).
struct CompressTable {
  alignas(kAlignment) std::uint8_t lanes[(1 << kLanes) * kLanes] = {};
  constexpr CompressTable() {
    for (int mask = 0; mask < 1 << kLanes; ++mask) {
      int n = 0;
      for (int lane = 0; lane < kLanes; ++lane) {
        if ((mask >> lane) & 1) lanes[mask * kLanes + n++] = static_cast<std::uint8_t>(lane);
      }
    }
  }
};
constexpr CompressTable kCompressTable;

/// Moves the lanes of a mask to the front.
class Compressor {
 public:
  template <class M>
  explicit Compressor(M mask) {
    std::uint8_t bits[8] = {};
    hn::StoreMaskBits(D(), mask, bits);
    count_ = hwy::PopCount(std::uint64_t{bits[0]});
    const hn::RebindToSigned<D> di;
    const hn::Rebind<std::uint8_t, D> d8;
    indices_ = hn::IndicesFromVec(
        D(), hn::PromoteTo(di, hn::LoadU(d8, kCompressTable.lanes + bits[0] * kLanes)));
  }
  std::size_t count() const { return count_; }
  template <class W>
  HWY_INLINE W operator()(W v) const {
    const hn::DFromV<W> d;
    return hn::BitCast(d, hn::TableLookupLanes(hn::BitCast(D(), v), indices_));
  }

 private:
  decltype(hn::IndicesFromVec(D(), hn::Zero(hn::RebindToSigned<D>()))) indices_;
  std::size_t count_;
};
#else
class Compressor {
 public:
  explicit Compressor(hn::Mask<D> mask) : mask_(mask) {}
  std::size_t count() const { return hn::CountTrue(D(), mask_); }
  HWY_INLINE V operator()(V v) const { return hn::Compress(v, mask_); }
  HWY_INLINE hn::Vec<hn::RebindToSigned<D> > operator()(hn::Vec<hn::RebindToSigned<D> > v) const {
    return hn::Compress(v, hn::RebindMask(hn::RebindToSigned<D>(), mask_));
  }

 private:
  hn::Mask<D> mask_;
};
#endif

/// after - before; of two equal infinities 0, as nothing changed.
HWY_INLINE V difference_of(V after, V before) {
  return hn::IfThenZeroElse(hn::Eq(after, before), hn::Sub(after, before));
}

/// The lists of one group. Entries of a pixel are compressed by a mask in registers and stored
/// whole (16 entries of slack), without a branch a value; what lies behind the count is
/// overwritten.
template <int kGroup, class Function>
void prepare_group(const PrepareArgs& a, Lists& out) {
  const D d;
  const hn::RebindToSigned<D> di;
  const Function function(a.activation);
  const V threshold = hn::Set(d, a.threshold);
  const int first_block = a.blocks.begin;
  const int end_block = std::min(a.blocks.end, a.layout.blocks());
  std::int32_t* HWY_RESTRICT offset = out.offsets;
  std::uint16_t* count = out.counts;
  std::int64_t n = 0;
  out.row_count = 0;

  for (int y = a.region.y0; y < a.region.y1; ++y) {
    const Span span = a.region.rows[y];
    RowList row{y, span.end, span.begin};
    std::uint16_t* row_count = count;
    for (int x = span.begin; x < span.end; ++x) {
      const std::int64_t before = n;
      const std::ptrdiff_t cell = y * a.layout.row() + x * std::ptrdiff_t(kBlock);
      const auto pixel = hn::Set(di, (y * a.layout.width + x) * a.pixel_offset);
      for (int b = first_block; b < end_block; ++b) {
        for (int part = 0; part < kParts; ++part) {
          const int channel = b * kBlock + part * kLanes;
          const std::ptrdiff_t at = cell + b * a.layout.plane() + part * kLanes;
          V value[kGroup];
          HWY_UNROLL(kMaxGroup)
          for (int k = 0; k < kGroup; ++k) value[k] = hn::Load(d, a.difference[k] + at);
          if (a.scale != nullptr) {
            const V scale = hn::Load(d, a.scale + channel);
            HWY_UNROLL(kMaxGroup)
            for (int k = 0; k < kGroup; ++k) value[k] = hn::Mul(value[k], scale);
          }
          if constexpr (!Function::kLinear) {
            const V clean = hn::Load(d, a.clean + a.clean_layout.at(channel, y, x));
            const V before_edit = function(clean);
            HWY_UNROLL(kMaxGroup)
            for (int k = 0; k < kGroup; ++k) {
              value[k] = difference_of(function(hn::Add(clean, value[k])), before_edit);
            }
          }
          // Written so that NaN stays in the list.
          auto keep = hn::Not(hn::Le(hn::Abs(value[0]), threshold));
          if constexpr (kGroup > 1) {
            // Small values are zeroed one by one: a candidate's answer must not depend on whether a
            // neighbour keeps the channel.
            value[0] = hn::IfThenElseZero(keep, value[0]);
            HWY_UNROLL(kMaxGroup)
            for (int k = 1; k < kGroup; ++k) {
              const auto mine = hn::Not(hn::Le(hn::Abs(value[k]), threshold));
              value[k] = hn::IfThenElseZero(mine, value[k]);
              keep = hn::Or(keep, mine);
            }
          }
          const auto offsets = hn::Add(hn::Load(di, a.channel_offsets + channel), pixel);
          const Compressor compress(keep);
          hn::StoreU(compress(offsets), di, offset + n);
          HWY_UNROLL(kMaxGroup)
          for (int k = 0; k < kGroup; ++k) {
            hn::StoreU(compress(value[k]), d, out.values[k] + n);
          }
          n += static_cast<std::int64_t>(compress.count());
        }
      }
      // Pixels before the first and behind the last changed one are left out of the row.
      const bool any = n != before;
      if (any) {
        if (row.x1 <= row.x0) row.x0 = x;
        row.x1 = x + 1;
      }
      *row_count = static_cast<std::uint16_t>(n - before);
      row_count += (row.x1 > row.x0);
    }
    if (row.x1 > row.x0) {
      count += row.x1 - row.x0;
      out.rows[out.row_count++] = row;
    }
  }
  out.group = kGroup;
  out.entries = n;
}

template <class Function>
void prepare_function(const PrepareArgs& a, Lists& out) {
  if (out.group == 1) return prepare_group<1, Function>(a, out);
  if (out.group == 2) return prepare_group<2, Function>(a, out);
  prepare_group<3, Function>(a, out);
}

void prepare(const PrepareArgs& a, Lists& out) {
  switch (a.activation.kind) {
    case ActivationKind::kRelu:
      return prepare_function<ReluActivation>(a, out);
    case ActivationKind::kClip:
      return prepare_function<ClipActivation>(a, out);
    default:
      return prepare_function<NoActivation>(a, out);
  }
}

}  // namespace ripple::delta::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
