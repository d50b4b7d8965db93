#pragma once

#include "ripple/eval/delta/plan.h"

namespace ripple::delta {

/// Adds to `out` the output cells that come from cells of `in`.
void add_remapped(Region& out, const Region& in, const RemapStep::Part& part, const Layout& layout);

/// Writes the mapped channels of every output cell that comes from a cell of `region`; other cells
/// and channels are left as they are. Pointers are from the origins.
void remap(const RemapStep::Part& part, const Layout& in_layout, const float* in,
           const Region& region, const Layout& out_layout, float* out);

}  // namespace ripple::delta
