#pragma once

#include <array>

#include "ripple/eval/delta/layout.h"
#include "ripple/model/graph.h"

namespace ripple::delta {

/// Grows `region` by columns [begin, end) of row y; does nothing where they are empty.
void add_span(Region& region, int y, int begin, int end);

/// Makes `region` cover `other` too.
void add_region(Region& region, const Region& other);

/// The whole plane.
void set_full(Region& region, int height, int width);

void copy_region(Region& to, const Region& from);

/// Number of cells.
int area(const Region& region);

/// Output positions [first, last] along one axis that see input positions [first_in, last_in]:
/// a superset (with stride above dilation some of them may see none), not clipped to the output.
struct AxisRange {
  int first = 0;
  int last = -1;
};
AxisRange window_outputs(int first_in, int last_in, int kernel, int stride, int dilation, int pad);

/// Adds to `out` every output cell of the window whose field holds a cell of `in`, clipped to an
/// output of height x width.
void add_window_outputs(Region& out, const Region& in, const Window& window, int height, int width);

}  // namespace ripple::delta
