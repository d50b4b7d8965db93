#include "ripple/report/map_blocks.h"

#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ripple {
namespace {

using testing::ElementsAre;

TEST(MapBlocks, KeepsTheLargestMagnitudeWithItsSign) {
  const std::vector<float> values = {1, 2,  0, 0,  //
                                     3, -4, 0, 5,  //
                                     0, 0,  7, 6};
  const BlockMap map = largest_of_blocks(values, 3, 4, 2);
  EXPECT_EQ(map.rows, 2);
  EXPECT_EQ(map.columns, 2);
  EXPECT_THAT(map.values, ElementsAre(2, 0, -4, 7));
  EXPECT_EQ(largest_of_blocks(values, 3, 4, 1).values, values);
}

TEST(MapBlocks, NoCellIsLost) {
  for (const int columns : {2, 5, 7, 100}) {
    for (const int side : {2, 3, 4}) {
      int before = 0;
      for (int x = 0; x < columns; ++x) {
        std::vector<float> values(static_cast<std::size_t>(columns), 0.0f);
        values[static_cast<std::size_t>(x)] = -1.0f;
        const BlockMap map = largest_of_blocks(values, 1, columns, side);
        EXPECT_EQ(map.rows, 1);
        EXPECT_EQ(map.columns, (columns + side - 1) / side);
        int at = 0;
        while (map.values[static_cast<std::size_t>(at)] == 0.0f) ++at;
        EXPECT_TRUE(at == before || at == before + 1) << columns << " " << side << " " << x;
        before = at;
      }
      EXPECT_EQ(before, (columns + side - 1) / side - 1);
    }
  }
}

TEST(MapBlocks, NanIsNoValue) {
  EXPECT_THAT(largest_of_blocks(std::vector<float>{NAN, 1, NAN, NAN}, 2, 2, 2).values,
              ElementsAre(1));
  EXPECT_TRUE(std::isnan(largest_of_blocks(std::vector<float>{NAN, NAN}, 1, 2, 2).values[0]));
}

}  // namespace
}  // namespace ripple
