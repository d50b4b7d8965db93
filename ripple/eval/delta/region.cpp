#include "ripple/eval/delta/region.h"

#include <algorithm>

namespace ripple::delta {

void add_region(Region& region, const Region& other) {
  for (int y = other.y0; y < other.y1; ++y) {
    add_span(region, y, other.rows[y].begin, other.rows[y].end);
  }
}

void set_full(Region& region, int height, int width) {
  region.y0 = 0;
  region.y1 = height;
  std::fill_n(region.rows, height, Span{0, static_cast<std::int16_t>(width)});
}

void copy_region(Region& to, const Region& from) {
  to.y0 = from.y0;
  to.y1 = from.y1;
  std::copy(from.rows + from.y0, from.rows + from.y1, to.rows + from.y0);
}

int area(const Region& region) {
  int cells = 0;
  for (int y = region.y0; y < region.y1; ++y) {
    cells += std::max(0, region.rows[y].end - region.rows[y].begin);
  }
  return cells;
}

void add_row_outputs(Region& out, int y, int begin, int end, const Window& window, int height,
                     int width) {
  const AxisRange rows = window_outputs(y, y, window.kernel[0], window.stride[0],
                                        window.dilation[0], window.pad_begin[0]);
  const AxisRange columns = window_outputs(begin, end - 1, window.kernel[1], window.stride[1],
                                           window.dilation[1], window.pad_begin[1]);
  const int first = std::max(columns.first, 0);
  const int last = std::min(columns.last + 1, width);
  for (int oy = std::max(rows.first, 0); oy <= std::min(rows.last, height - 1); ++oy) {
    add_span(out, oy, first, last);
  }
}

void add_window_outputs(Region& out, const Region& in, const Window& window, int height,
                        int width) {
  for (int y = in.y0; y < in.y1; ++y) {
    const Span span = in.rows[y];
    if (!span.empty()) add_row_outputs(out, y, span.begin, span.end, window, height, width);
  }
}

void add_window_inputs(Region& in, const Region& out, const Window& window, int height, int width) {
  for (int y = out.y0; y < out.y1; ++y) {
    const Span span = out.rows[y];
    if (span.empty()) continue;
    const int top = y * window.stride[0] - window.pad_begin[0];
    const int begin = span.begin * window.stride[1] - window.pad_begin[1];
    const int end = (span.end - 1) * window.stride[1] - window.pad_begin[1] +
                    (window.kernel[1] - 1) * window.dilation[1] + 1;
    for (int k = 0; k < window.kernel[0]; ++k) {
      const int row = top + k * window.dilation[0];
      if (row >= 0 && row < height) add_span(in, row, std::max(begin, 0), std::min(end, width));
    }
  }
}

}  // namespace ripple::delta
