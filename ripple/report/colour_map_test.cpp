#include "ripple/report/colour_map.h"

#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ripple {
namespace {

TEST(ColourMap, PalettesRunFromTheirFirstToTheirLastColour) {
  EXPECT_THAT(gnuplot_palette(ColourMap::kSequential), testing::HasSubstr("(0 '#440154'"));
  EXPECT_THAT(gnuplot_palette(ColourMap::kSequential), testing::HasSubstr("8 '#fde725')"));
  EXPECT_THAT(gnuplot_palette(ColourMap::kDiverging), testing::HasSubstr("4 '#f7f7f7'"));
}

TEST(ColourMap, TextIsBlackOnLightColours) {
  EXPECT_FALSE(wants_black_text(ColourMap::kSequential, 0.0));
  EXPECT_TRUE(wants_black_text(ColourMap::kSequential, 1.0));
  EXPECT_TRUE(wants_black_text(ColourMap::kSequential, 7.0));
  EXPECT_FALSE(wants_black_text(ColourMap::kDiverging, 1.0));
  EXPECT_TRUE(wants_black_text(ColourMap::kDiverging, 0.5));
  EXPECT_FALSE(wants_black_text(ColourMap::kSequential, NAN));
}

TEST(ColourMap, SeriesColoursDifferAndRepeat) {
  EXPECT_NE(series_colour(0), series_colour(1));
  EXPECT_EQ(series_colour(0), series_colour(7));
}

}  // namespace
}  // namespace ripple
