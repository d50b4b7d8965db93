#include "ripple/image/sheet.h"

#include <vector>

#include <gtest/gtest.h>

namespace ripple {
namespace {

TEST(ContactSheet, PutsPicturesIntoRows) {
  const std::vector<Image> pictures{make_image(4, 2, 255, 0, 0), make_image(3, 5, 0, 255, 0),
                                    make_image(1, 1, 0, 0, 255)};
  const Image sheet = contact_sheet(pictures, 2);
  EXPECT_EQ(sheet.width, 2 * 4 + 3 * 12);
  EXPECT_EQ(sheet.height, 2 * 5 + 3 * 12);
  EXPECT_EQ(sheet.at(12 + 3, 12 + 1)[0], 255);  // the last pixel of the first
  EXPECT_EQ(sheet.at(12 + 3, 12 + 1)[1], 0);
  EXPECT_EQ(sheet.at(12 + 4 + 12, 12)[1], 255);
  EXPECT_EQ(sheet.at(12 + 4 + 12, 12)[0], 0);
  EXPECT_EQ(sheet.at(12, 12 + 5 + 12)[2], 255);
  EXPECT_EQ(sheet.at(12, 12 + 5 + 12)[0], 0);
  EXPECT_EQ(sheet.at(12 + 1, 12 + 5 + 12)[0], 235);
}

TEST(ContactSheet, ASinglePictureTakesOneColumn) {
  EXPECT_EQ(contact_sheet(std::vector<Image>{make_image(4, 4)}, 3).width, 4 + 2 * 12);
}

}  // namespace
}  // namespace ripple
