#include "ripple/eval/delta/region.h"

#include <algorithm>

namespace ripple::delta {

namespace {

int floor_div(int a, int b) {
  return a >= 0 ? a / b : -((-a + b - 1) / b);
}
int ceil_div(int a, int b) {
  return -floor_div(-a, b);
}

}  // namespace

void add_span(Region& region, int y, int begin, int end) {
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

AxisRange window_outputs(int first_in, int last_in, int kernel, int stride, int dilation, int pad) {
  return {ceil_div(first_in + pad - (kernel - 1) * dilation, stride),
          floor_div(last_in + pad, stride)};
}

void add_window_outputs(Region& out, const Region& in, const Window& window, int height,
                        int width) {
  for (int y = in.y0; y < in.y1; ++y) {
    const Span span = in.rows[y];
    if (span.empty()) continue;
    const AxisRange rows = window_outputs(y, y, window.kernel[0], window.stride[0],
                                          window.dilation[0], window.pad_begin[0]);
    const AxisRange columns =
        window_outputs(span.begin, span.end - 1, window.kernel[1], window.stride[1],
                       window.dilation[1], window.pad_begin[1]);
    const int begin = std::max(columns.first, 0);
    const int end = std::min(columns.last + 1, width);
    for (int oy = std::max(rows.first, 0); oy <= std::min(rows.last, height - 1); ++oy) {
      add_span(out, oy, begin, end);
    }
  }
}

}  // namespace ripple::delta
