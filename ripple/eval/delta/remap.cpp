#include "ripple/eval/delta/remap.h"

#include <algorithm>

#include "ripple/eval/delta/region.h"

namespace ripple::delta {

namespace {

/// Calls visit(output index, input index) for every output index of an axis whose input index lies
/// in [begin, end).
template <class Visit>
void for_axis(int start, int step, int extent, int begin, int end, const Visit& visit) {
  for (int o = 0; o < extent; ++o) {
    const int i = start + o * step;
    if (i >= begin && i < end) visit(o, i);
  }
}

/// Whether the 16 channels of output block `block` are one whole block of the input, in order.
bool whole_block(const std::vector<int>& channels, int block) {
  const std::size_t first = std::size_t(block) * kBlock;
  if (first + kBlock > channels.size() || channels[first] < 0 || channels[first] % kBlock != 0) {
    return false;
  }
  for (std::size_t i = 1; i < kBlock; ++i) {
    if (channels[first + i] != channels[first] + static_cast<int>(i)) return false;
  }
  return true;
}

}  // namespace

void add_remapped(Region& out, const Region& in, const RemapStep::Part& part,
                  const Layout& layout) {
  for_axis(part.start_y, part.step_y, layout.height, in.y0, in.y1, [&](int oy, int iy) {
    const Span span = in.rows[iy];
    int begin = layout.width;
    int end = 0;
    for_axis(part.start_x, part.step_x, layout.width, span.begin, span.end, [&](int ox, int) {
      begin = std::min(begin, ox);
      end = std::max(end, ox + 1);
    });
    add_span(out, oy, begin, end);
  });
}

void remap(const RemapStep::Part& part, const Layout& in_layout, const float* in,
           const Region& region, const Layout& out_layout, float* out) {
  for (int block = 0; block < out_layout.blocks(); ++block) {
    const bool whole = whole_block(part.channels, block);
    const int first = block * kBlock;
    const int last = std::min(first + kBlock, out_layout.channels);
    for_axis(part.start_y, part.step_y, out_layout.height, region.y0, region.y1,
             [&](int oy, int iy) {
               const Span span = region.rows[iy];
               for_axis(part.start_x, part.step_x, out_layout.width, span.begin, span.end,
                        [&](int ox, int ix) {
                          float* cell = out + out_layout.at(first, oy, ox);
                          if (whole) {
                            const int from = part.channels[std::size_t(first)];
                            std::copy_n(in + in_layout.at(from, iy, ix), kBlock, cell);
                            return;
                          }
                          for (int c = first; c < last; ++c) {
                            const int from = part.channels[std::size_t(c)];
                            if (from >= 0) cell[c - first] = in[in_layout.at(from, iy, ix)];
                          }
                        });
             });
  }
}

}  // namespace ripple::delta
