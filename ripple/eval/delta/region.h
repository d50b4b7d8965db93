#pragma once

#include <algorithm>

#include "ripple/eval/delta/layout.h"
#include "ripple/model/graph.h"

namespace ripple::delta {

/// Grows `region` by columns [begin, end) of row y; does nothing where they are empty. Inline, as
/// window_outputs(): on small networks what finds the dirty cells costs as much as the arithmetic.
inline void add_span(Region& region, int y, int begin, int end) {
  if (end <= begin) return;
  if (region.empty()) {
    region.y0 = y;
    region.y1 = y;
  }
  for (; region.y0 > y; --region.y0) region.rows[region.y0 - 1] = Span{};
  for (; region.y1 <= y; ++region.y1) region.rows[region.y1] = Span{};
  Span& row = region.rows[y];
  if (row.empty()) {
    row = {static_cast<std::int16_t>(begin), static_cast<std::int16_t>(end)};
  } else {
    row.begin = std::min(row.begin, static_cast<std::int16_t>(begin));
    row.end = std::max(row.end, static_cast<std::int16_t>(end));
  }
}

/// Makes `region` cover `other` too.
void add_region(Region& region, const Region& other);

/// The whole plane.
void set_full(Region& region, int height, int width);

void copy_region(Region& to, const Region& from);

/// Number of cells.
int area(const Region& region);

/// Output positions [first, last] along one axis that see input positions [first_in, last_in]:
/// a superset (with dilation above 1 some of them may see none), not clipped to the output.
struct AxisRange {
  int first = 0;
  int last = -1;
};
inline AxisRange window_outputs(int first_in, int last_in, int kernel, int stride, int dilation,
                                int pad) {
  const int low = first_in + pad - (kernel - 1) * dilation;
  const int high = last_in + pad;
  if (stride == 1) return {low, high};
  // Rounded up, and down; C++ rounds towards zero.
  return {low > 0 ? (low + stride - 1) / stride : -(-low / stride),
          high >= 0 ? high / stride : -((-high + stride - 1) / stride)};
}

/// Adds to `out` every output cell of the window whose field holds a cell of columns [begin, end)
/// of row y, at least one, clipped to an output of height x width.
void add_row_outputs(Region& out, int y, int begin, int end, const Window& window, int height,
                     int width);

/// Adds to `out` every output cell of the window whose field holds a cell of `in`, clipped to an
/// output of height x width.
void add_window_outputs(Region& out, const Region& in, const Window& window, int height, int width);

/// Adds to `in` every cell of an input of height x width that lies in the window of a cell of
/// `out`.
void add_window_inputs(Region& in, const Region& out, const Window& window, int height, int width);

}  // namespace ripple::delta
