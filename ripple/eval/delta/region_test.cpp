#include "ripple/eval/delta/region.h"

#include <gtest/gtest.h>

namespace ripple::delta {
namespace {

struct OwnRegion : Region {
  AlignedArray<Span> storage{32};
  OwnRegion() { rows = storage.data(); }
};

TEST(DeltaRegion, FarCornersStaySmall) {
  OwnRegion r;
  EXPECT_EQ(area(r), 0);
  add_span(r, 20, 30, 31);
  add_span(r, 1, 0, 2);
  add_span(r, 5, 4, 4);
  EXPECT_EQ(r.y0, 1);
  EXPECT_EQ(r.y1, 21);
  EXPECT_EQ(area(r), 3);
  add_span(r, 1, 5, 6);
  EXPECT_EQ(area(r), 7) << "a row keeps one span";
}

TEST(DeltaRegion, UnionAndCopy) {
  OwnRegion a, b, c;
  add_span(a, 3, 2, 5);
  add_span(b, 4, 1, 3);
  add_region(a, b);
  EXPECT_EQ(area(a), 5);
  copy_region(c, a);
  EXPECT_EQ(area(c), 5);
  set_full(c, 4, 6);
  EXPECT_EQ(area(c), 24);
}

/// Every output cell that reads the input cell is in the range; ends of the range do read it where
/// the stride leaves no holes.
TEST(DeltaRegion, WindowOutputsAreTheReadersOfACell) {
  for (const int kernel : {1, 2, 3, 5}) {
    for (const int stride : {1, 2, 3}) {
      for (const int dilation : {1, 2}) {
        for (const int pad : {0, 1, 4}) {
          for (int in = 0; in < 12; ++in) {
            const AxisRange range = window_outputs(in, in, kernel, stride, dilation, pad);
            for (int out = -5; out < 25; ++out) {
              bool reads = false;
              for (int k = 0; k < kernel; ++k) reads |= out * stride - pad + k * dilation == in;
              if (reads) {
                EXPECT_TRUE(out >= range.first && out <= range.last)
                    << kernel << stride << dilation << pad << in;
              } else if (dilation == 1) {
                EXPECT_TRUE(out < range.first || out > range.last);
              }
            }
          }
        }
      }
    }
  }
}

}  // namespace
}  // namespace ripple::delta
