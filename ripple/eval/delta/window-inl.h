// Windows over single channels: depthwise convolution, pooling. Included once a target.
#if defined(RIPPLE_EVAL_DELTA_WINDOW_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef RIPPLE_EVAL_DELTA_WINDOW_INL_H_
#undef RIPPLE_EVAL_DELTA_WINDOW_INL_H_
#else
#define RIPPLE_EVAL_DELTA_WINDOW_INL_H_
#endif

#include <limits>

#include "hwy/highway.h"
#include "ripple/eval/delta/conv-inl.h"

HWY_BEFORE_NAMESPACE();
namespace ripple::delta::HWY_NAMESPACE {

/// Calls visit(tap, offset of the input cell, whether its difference is stored) for each cell of
/// the window of output (oy, ox) that lies inside the image, rows first.
template <class Visit>
HWY_INLINE void for_window(const WindowArgs& a, int oy, int ox, const Visit& visit) {
  for (int ky = 0; ky < a.kernel_y; ++ky) {
    const int y = oy * a.stride_y - a.pad_y + ky * a.dilation_y;
    if (y < 0 || y >= a.in.height) continue;
    const bool row_dirty = y >= a.in_region.y0 && y < a.in_region.y1;
    const Span span = row_dirty ? a.in_region.rows[y] : Span{};
    for (int kx = 0; kx < a.kernel_x; ++kx) {
      const int x = ox * a.stride_x - a.pad_x + kx * a.dilation_x;
      if (x < 0 || x >= a.in.width) continue;
      visit(ky * a.kernel_x + kx, y * a.in.row() + x * std::ptrdiff_t(kBlock),
            x >= span.begin && x < span.end);
    }
  }
}

/// Inline stores: the runs are a few cache lines, where a call of memset costs more than they do.
HWY_INLINE void clear_cells(const ClearArgs& a, int y, int begin, int end) {
  const D d;
  for (int channel = 0; end > begin && channel < a.layout.padded(); channel += kBlock) {
    float* cell = a.data + a.layout.at(channel, y, begin);
    for (int i = 0; i < (end - begin) * kParts; ++i) hn::Store(hn::Zero(d), d, cell + i * kLanes);
  }
}

void clear(const ClearArgs& a) {
  for (int y = a.wanted.y0; y < a.wanted.y1; ++y) {
    const Span span = a.wanted.rows[y];
    if (span.empty()) continue;
    const Span old = y >= a.region.y0 && y < a.region.y1 ? a.region.rows[y] : Span{};
    if (old.empty()) {
      clear_cells(a, y, span.begin, span.end);
    } else {
      clear_cells(a, y, span.begin, old.begin);
      clear_cells(a, y, old.end, span.end);
    }
  }
}

void depthwise(const WindowArgs& a) {
  const D d;
  const float* in = a.difference != nullptr ? a.difference : a.clean;
  const int taps = a.kernel_y * a.kernel_x;
  for (int channel = 0; channel < a.out.padded(); channel += kLanes) {
    const float* plane = in + a.in.at(channel, 0, 0);
    const float* weights = a.weights + channel / kBlock * taps * kBlock + channel % kBlock;
    const V start = a.bias != nullptr ? hn::Load(d, a.bias + channel) : hn::Zero(d);
    for (int y = a.out_region.y0; y < a.out_region.y1; ++y) {
      for (int x = a.out_region.rows[y].begin; x < a.out_region.rows[y].end; ++x) {
        V sum = start;
        for_window(a, y, x, [&](int tap, std::ptrdiff_t at, bool dirty) HWY_ATTR {
          if (!dirty) return;
          sum = hn::MulAdd(hn::Load(d, plane + at), hn::Load(d, weights + tap * kBlock), sum);
        });
        hn::Store(sum, d, a.result + a.out.at(channel, y, x));
      }
    }
  }
}

/// An update's windows must lie inside the stored differences (see add_window_inputs).
void max_pool(const WindowArgs& a) {
  const D d;
  const V floor = hn::Set(d, a.floor);
  for (int y = a.out_region.y0; y < a.out_region.y1; ++y) {
    const int top = y * a.stride_y - a.pad_y;
    const int ky0 = top < 0 ? (a.dilation_y - 1 - top) / a.dilation_y : 0;
    for (int x = a.out_region.rows[y].begin; x < a.out_region.rows[y].end; ++x) {
      const int left = x * a.stride_x - a.pad_x;
      const int kx0 = left < 0 ? (a.dilation_x - 1 - left) / a.dilation_x : 0;
      for (int channel = 0; channel < a.out.padded(); channel += kLanes) {
        const float* clean = a.clean + a.in.at(channel, 0, 0);
        const float* difference =
            a.difference != nullptr ? a.difference + a.in.at(channel, 0, 0) : nullptr;
        V best = floor;
        for (int ky = ky0, iy = top + ky0 * a.dilation_y; ky < a.kernel_y && iy < a.in.height;
             ++ky, iy += a.dilation_y) {
          for (int kx = kx0, ix = left + kx0 * a.dilation_x; kx < a.kernel_x && ix < a.in.width;
               ++kx, ix += a.dilation_x) {
            const std::ptrdiff_t at = iy * a.in.row() + ix * std::ptrdiff_t(kBlock);
            V value = hn::Load(d, clean + at);
            if (difference != nullptr) value = hn::Add(value, hn::Load(d, difference + at));
            best = hn::IfThenElse(hn::IsNaN(value), value, at_least(best, value));
          }
        }
        const std::ptrdiff_t at = a.out.at(channel, y, x);
        if (difference != nullptr) {
          // Equal ones apart: where dilation leaves a window no cell, both are -inf.
          const V clean_best = hn::Load(d, a.clean_out + at);
          best = hn::IfThenZeroElse(hn::Eq(best, clean_best), hn::Sub(best, clean_best));
        }
        hn::Store(best, d, a.result + at);
      }
    }
  }
}

void average_pool(const WindowArgs& a) {
  const D d;
  const float* in = a.difference != nullptr ? a.difference : a.clean;
  for (int channel = 0; channel < a.out.padded(); channel += kLanes) {
    const float* plane = in + a.in.at(channel, 0, 0);
    for (int y = a.out_region.y0; y < a.out_region.y1; ++y) {
      for (int x = a.out_region.rows[y].begin; x < a.out_region.rows[y].end; ++x) {
        V sum = hn::Zero(d);
        for_window(a, y, x, [&](int, std::ptrdiff_t at, bool dirty) HWY_ATTR {
          if (dirty) sum = hn::Add(sum, hn::Load(d, plane + at));
        });
        const V divisor = hn::Set(d, a.divisor[y * a.out.width + x]);
        hn::Store(hn::Div(sum, divisor), d, a.result + a.out.at(channel, y, x));
      }
    }
  }
}

void global_average(const WindowArgs& a) {
  const D d;
  const float* in = a.difference != nullptr ? a.difference : a.clean;
  const V cells = hn::Set(d, static_cast<float>(a.in.cells()));
  for (int channel = 0; channel < a.out.padded(); channel += kLanes) {
    V total = hn::Zero(d);
    for (int y = a.in_region.y0; y < a.in_region.y1; ++y) {
      const Span span = a.in_region.rows[y];
      V sum = hn::Zero(d);
      for (int x = span.begin; x < span.end; ++x) {
        sum = hn::Add(sum, hn::Load(d, in + a.in.at(channel, y, x)));
      }
      total = hn::Add(total, sum);
    }
    hn::Store(hn::Div(total, cells), d, a.result + a.out.at(channel, 0, 0));
  }
}

}  // namespace ripple::delta::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
