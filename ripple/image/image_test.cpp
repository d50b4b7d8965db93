#include "ripple/image/image.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "ripple/base/error.h"

namespace ripple {
namespace {

TEST(Image, EditChangesColumnXRowYOfANonSquareImage) {
  Image image = make_image(5, 3);
  apply_edits(image, std::vector<PixelEdit>{{.x = 4, .y = 1, .r = 1, .g = 2, .b = 255}});
  EXPECT_EQ(image.pixels[3 * (1 * 5 + 4) + 0], 1);
  EXPECT_EQ(image.pixels[3 * (1 * 5 + 4) + 1], 2);
  EXPECT_EQ(image.pixels[3 * (1 * 5 + 4) + 2], 255);
  EXPECT_EQ(std::count(image.pixels.begin(), image.pixels.end(), 0), 5 * 3 * 3 - 3);
}

TEST(Image, TheLaterEditOfAPixelCounts) {
  Image image = make_image(2, 2);
  apply_edits(image, std::vector<PixelEdit>{{0, 0, 9, 9, 9}, {0, 0, 7, 7, 7}});
  EXPECT_EQ(*image.at(0, 0), 7);
}

TEST(Image, EffectiveEditsDropOverwrittenAndEqualOnes) {
  const Image clean = make_image(4, 4, 10, 20, 30);
  const std::vector<PixelEdit> edits{
      {3, 3, 1, 1, 1}, {1, 2, 10, 20, 30}, {0, 0, 5, 5, 5}, {3, 3, 2, 2, 2}};
  EXPECT_EQ(effective_edits(clean, edits),
            (std::vector<PixelEdit>{{0, 0, 5, 5, 5}, {3, 3, 2, 2, 2}}));
}

TEST(Image, AnEditBackToTheCleanColourUndoesAnEarlierOne) {
  const Image clean = make_image(4, 4, 10, 20, 30);
  EXPECT_TRUE(
      effective_edits(clean, std::vector<PixelEdit>{{1, 1, 0, 0, 0}, {1, 1, 10, 20, 30}}).empty());
}

TEST(Image, ChecksColumnsAgainstWidthAndRowsAgainstHeight) {
  EXPECT_NO_THROW(check_edits(std::vector<PixelEdit>{{4, 2, 0, 0, 0}}, 5, 3));
  EXPECT_THROW(check_edits(std::vector<PixelEdit>{{2, 4, 0, 0, 0}}, 5, 3), Error);
  EXPECT_THROW(check_edits(std::vector<PixelEdit>{{5, 0, 0, 0, 0}}, 5, 3), Error);
  EXPECT_THROW(check_edits(std::vector<PixelEdit>{{-1, 0, 0, 0, 0}}, 5, 3), Error);
  EXPECT_THROW(check_edits(std::vector<PixelEdit>{{0, 3, 0, 0, 0}}, 5, 3), Error);
}

}  // namespace
}  // namespace ripple
