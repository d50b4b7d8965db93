#include "ripple/image/jpeg.h"

#include <cstdlib>

#include <gtest/gtest.h>

#include "tests/expect_error.h"
#include "tests/image_bytes.h"

namespace ripple {
namespace {

Image decode(const std::string& bytes) {
  return decode_jpeg(as_bytes(bytes), {}, "a.jpg");
}

void expect_refused(const std::string& bytes, std::initializer_list<const char*> parts) {
  expect_error([&] { decode(bytes); }, ErrorCode::kBadData, {"a.jpg: "});
  expect_error([&] { decode(bytes); }, ErrorCode::kBadData, parts);
}

std::string gradient_jpeg(int flags = 0) {
  return jpeg_bytes(24, 16, gradient_image(24, 16).pixels, TJPF_RGB, TJSAMP_444, flags);
}

int largest_difference(const Image& a, const Image& b) {
  int largest = a.pixels.size() == b.pixels.size() ? 0 : 256;
  for (std::size_t i = 0; i < a.pixels.size() && largest < 256; ++i) {
    largest = std::max(largest, std::abs(a.pixels[i] - b.pixels[i]));
  }
  return largest;
}

TEST(Jpeg, DecodesWithinTheLossOfItsQuality) {
  const Image decoded = decode(gradient_jpeg());
  EXPECT_EQ(decoded.width, 24);
  EXPECT_EQ(decoded.height, 16);
  EXPECT_LE(largest_difference(decoded, gradient_image(24, 16)), 12);
}

TEST(Jpeg, DecodesProgressiveFilesToTheSamePixels) {
  EXPECT_EQ(decode(gradient_jpeg(TJFLAG_PROGRESSIVE)), decode(gradient_jpeg()));
}

TEST(Jpeg, DecodesSubsampledChroma) {
  const std::string bytes = jpeg_bytes(24, 16, gradient_image(24, 16).pixels, TJPF_RGB, TJSAMP_420);
  EXPECT_LE(largest_difference(decode(bytes), gradient_image(24, 16)), 25);
}

TEST(Jpeg, ExpandsGreyToRgb) {
  const Image image =
      decode(jpeg_bytes(8, 8, std::vector<std::uint8_t>(64, 90), TJPF_GRAY, TJSAMP_GRAY));
  EXPECT_EQ(image, make_image(8, 8, 90, 90, 90));
}

TEST(Jpeg, RefusesCmyk) {
  const std::vector<std::uint8_t> ink(8 * 8 * 4, 100);
  expect_refused(jpeg_bytes(8, 8, ink, TJPF_CMYK), {"CMYK", "convert it to RGB"});
}

TEST(Jpeg, RefusesAFileCutAnywhere) {
  for (const int flags : {0, TJFLAG_PROGRESSIVE}) {
    const std::string whole = gradient_jpeg(flags);
    for (std::size_t size = 3; size < whole.size(); ++size) {
      SCOPED_TRACE(size);
      expect_refused(whole.substr(0, size), {"cut off"});
    }
  }
}

TEST(Jpeg, RefusesDamagedEntropyData) {
  std::string bytes = gradient_jpeg();
  bytes.replace(bytes.size() - 40, 20, 20, '\xff');
  expect_refused(bytes, {"damaged"});
}

TEST(Jpeg, RefusesAHugeImageBeforeDecodingIt) {
  std::string bytes = gradient_jpeg();
  const std::size_t frame = bytes.find("\xff\xc0");
  ASSERT_NE(frame, std::string::npos);
  bytes.replace(frame + 5, 4, "\x3e\x80\x3e\x80", 4);
  expect_refused(bytes, {"16000x16000", "50000000 in all"});
  bytes.replace(frame + 5, 4, "\x00\x10\xff\xdc", 4);
  expect_refused(bytes, {"65500x16", "16384 pixels a side"});
}

TEST(Jpeg, RefusesAnImageWithoutPixels) {
  std::string bytes = gradient_jpeg();
  bytes.replace(bytes.find("\xff\xc0") + 7, 2, 2, '\0');
  expect_refused(bytes, {"a.jpg"});
}

TEST(Jpeg, RefusesATwelveBitFile) {
  std::string bytes = gradient_jpeg();
  bytes[bytes.find("\xff\xc0") + 4] = 12;
  expect_refused(bytes, {"not read"});
}

TEST(Jpeg, TurnsTheImageUpright) {
  const Image stored = decode(gradient_jpeg());
  for (int orientation = 1; orientation <= 8; ++orientation) {
    const Image upright = decode(with_orientation(gradient_jpeg(), orientation, true));
    EXPECT_EQ(upright, apply_orientation(stored, orientation)) << orientation;
    EXPECT_EQ(upright.width, orientation < 5 ? 24 : 16) << orientation;
  }
}

}  // namespace
}  // namespace ripple
