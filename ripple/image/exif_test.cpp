#include <gtest/gtest.h>

#include "ripple/image/jpeg.h"
#include "tests/image_bytes.h"

namespace ripple {
namespace {

const std::string kBareJpeg("\xff\xd8\xff\xda\x00\x08", 6);

int orientation_of(const std::string& bytes) {
  return exif_orientation(as_bytes(bytes));
}

/// The colours of a 3x2 image, one letter a pixel, rows from the top.
Image from_letters(int width, const std::string& letters) {
  Image image = make_image(width, static_cast<int>(letters.size()) / width);
  for (std::size_t i = 0; i < letters.size(); ++i) {
    for (int c = 0; c < 3; ++c) image.pixels[3 * i + c] = static_cast<std::uint8_t>(letters[i] + c);
  }
  return image;
}

TEST(Exif, ReadsTheOrientationInEitherByteOrder) {
  for (int orientation = 1; orientation <= 8; ++orientation) {
    for (const bool big_endian : {false, true}) {
      EXPECT_EQ(orientation_of(with_orientation(kBareJpeg, orientation, big_endian)), orientation);
    }
  }
}

TEST(Exif, CountsAnAbsentBlockAsUpright) {
  EXPECT_EQ(orientation_of(kBareJpeg), 1);
  EXPECT_EQ(orientation_of(""), 1);
  EXPECT_EQ(orientation_of("\xff\xd8"), 1);
}

TEST(Exif, CountsAValueOutOfRangeAsUpright) {
  EXPECT_EQ(orientation_of(with_orientation(kBareJpeg, 0, true)), 1);
  EXPECT_EQ(orientation_of(with_orientation(kBareJpeg, 9, true)), 1);
}

TEST(Exif, CountsACutBlockAsUprightWithoutReadingBeyondIt) {
  const std::string whole = with_orientation(kBareJpeg, 6, false);
  const std::size_t block = whole.size() - kBareJpeg.size() + 2;
  for (std::size_t size = 0; size < block; ++size) {
    const std::vector<std::uint8_t> exact(whole.begin(), whole.begin() + size);
    EXPECT_EQ(exif_orientation(exact), 1) << size;
  }
}

TEST(Exif, SurvivesADirectoryFarOutside) {
  std::string bytes = with_orientation(kBareJpeg, 6, true);
  bytes.replace(bytes.find("MM") + 4, 4, 4, '\xff');
  EXPECT_EQ(orientation_of(bytes), 1);
}

TEST(Exif, FindsTheBlockBehindOtherSegments) {
  const std::string other("\xff\xe0\x00\x04zz\xff", 7);  // APP0, then a fill byte
  const std::string bytes = with_orientation(kBareJpeg, 8, true);
  EXPECT_EQ(orientation_of(bytes.substr(0, 2) + other + bytes.substr(2)), 8);
}

TEST(Exif, TurnsAndMirrors) {
  const Image stored = from_letters(3, "abcdef");  // abc over def
  EXPECT_EQ(apply_orientation(stored, 1), stored);
  EXPECT_EQ(apply_orientation(stored, 2), from_letters(3, "cbafed"));
  EXPECT_EQ(apply_orientation(stored, 3), from_letters(3, "fedcba"));
  EXPECT_EQ(apply_orientation(stored, 4), from_letters(3, "defabc"));
  EXPECT_EQ(apply_orientation(stored, 5), from_letters(2, "adbecf"));
  EXPECT_EQ(apply_orientation(stored, 6), from_letters(2, "daebfc"));
  EXPECT_EQ(apply_orientation(stored, 7), from_letters(2, "fcebda"));
  EXPECT_EQ(apply_orientation(stored, 8), from_letters(2, "cfbead"));
}

}  // namespace
}  // namespace ripple
