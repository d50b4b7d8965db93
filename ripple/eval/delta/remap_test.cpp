#include "ripple/eval/delta/remap.h"

#include <gtest/gtest.h>

#include "ripple/eval/delta/region.h"

namespace ripple::delta {
namespace {

struct Rows {
  explicit Rows(int height) : spans(std::size_t(height)) { region.rows = spans.data(); }
  std::vector<Span> spans;
  Region region;
};

/// Every second cell from (1, 0) of a 5 x 6 plane, one column further right: a slice and a pad.
RemapStep::Part part() {
  RemapStep::Part part;
  part.channels = {1, -1};
  part.start_y = 1, part.start_x = 0, part.step_y = 2, part.step_x = 2;
  return part;
}

TEST(Remap, MovesTheCellsThatAreRead) {
  const Layout in{2, 5, 6}, out{2, 2, 3};
  AlignedArray<float> from(in.size()), to(out.size());
  for (int y = 0; y < 5; ++y) {
    for (int x = 0; x < 6; ++x) from[std::size_t(in.origin() + in.at(1, y, x))] = float(10 * y + x);
  }
  Rows dirty(5), wanted(2);
  for (int y = 2; y < 5; ++y) add_span(dirty.region, y, 2, 4);
  add_remapped(wanted.region, dirty.region, part(), out);
  // Row 3 of the input is row 1 of the output, column 2 is column 1; rows 2 and 4 are not read.
  ASSERT_EQ(wanted.region.y0, 1);
  ASSERT_EQ(wanted.region.y1, 2);
  EXPECT_EQ(wanted.region.rows[1].begin, 1);
  EXPECT_EQ(wanted.region.rows[1].end, 2);
  remap(part(), in, from.data() + in.origin(), dirty.region, out, to.data() + out.origin());
  EXPECT_EQ(to[std::size_t(out.origin() + out.at(0, 1, 1))], 32.0f);
  EXPECT_EQ(to[std::size_t(out.origin() + out.at(1, 1, 1))], 0.0f);
  EXPECT_EQ(to[std::size_t(out.origin() + out.at(0, 0, 1))], 0.0f);
}

}  // namespace
}  // namespace ripple::delta
