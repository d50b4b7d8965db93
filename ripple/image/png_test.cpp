#include "ripple/image/png.h"

#include <gtest/gtest.h>

#include "ripple/base/file.h"
#include "tests/expect_error.h"
#include "tests/image_bytes.h"
#include "tests/scratch_folder.h"

namespace ripple {
namespace {

Image decode(const std::string& bytes) {
  return decode_png(as_bytes(bytes), {}, "a.png");
}

void expect_refused(const std::string& bytes, std::initializer_list<const char*> parts) {
  expect_error([&] { decode(bytes); }, ErrorCode::kBadData, {"a.png: "});
  expect_error([&] { decode(bytes); }, ErrorCode::kBadData, parts);
}

/// The declared width and height of a PNG, with its checksum left wrong or mended by the caller.
std::string with_size(std::string png, std::uint32_t width, std::uint32_t height) {
  const auto put = [&](std::size_t at, std::uint32_t value) {
    for (int i = 0; i < 4; ++i) png[at + i] = static_cast<char>(value >> (24 - 8 * i));
  };
  put(16, width);
  put(20, height);
  std::uint32_t crc = 0xffffffffu;  // of chunk name and body, ISO 3309
  for (std::size_t i = 12; i < 29; ++i) {
    crc ^= static_cast<std::uint8_t>(png[i]);
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ (crc & 1 ? 0xedb88320u : 0);
  }
  put(29, ~crc);
  return png;
}

TEST(Png, GivesBackTheSameImage) {
  for (const auto& [width, height] : {std::pair{1, 1}, {7, 3}, {3, 40}, {32, 32}}) {
    const Image image = gradient_image(width, height);
    EXPECT_EQ(decode(encode_png(image)), image);
  }
}

TEST(Png, EncodesTheSameBytesEveryTime) {
  EXPECT_EQ(encode_png(gradient_image(9, 5)), encode_png(gradient_image(9, 5)));
}

TEST(Png, WritesAFileThatReadsBack) {
  const ScratchFolder folder;
  write_png(folder.path() / "x.png", gradient_image(6, 4));
  const auto bytes = read_file(folder.path() / "x.png", 10000);
  EXPECT_EQ(decode_png(bytes, {}, "x"), gradient_image(6, 4));
}

TEST(Png, RefusesToEncodeNothing) {
  expect_error([] { encode_png(Image{}); }, ErrorCode::kBadArgument, {"no pixels"});
}

TEST(Png, ExpandsGreyToRgb) {
  const std::string bytes =
      png_bytes(3, 1, {.color_type = SPNG_COLOR_TYPE_GRAYSCALE}, {0, 77, 255});
  EXPECT_EQ(decode(bytes).pixels, (std::vector<std::uint8_t>{0, 0, 0, 77, 77, 77, 255, 255, 255}));
}

TEST(Png, ScalesGreyOfFewBitsToTheFullRange) {
  const PngKind kind{.color_type = SPNG_COLOR_TYPE_GRAYSCALE, .bit_depth = 2};
  const Image image = decode(png_bytes(4, 1, kind, {0b00'01'10'11}));
  EXPECT_EQ(*image.at(0, 0), 0);
  EXPECT_EQ(*image.at(1, 0), 85);
  EXPECT_EQ(*image.at(2, 0), 170);
  EXPECT_EQ(*image.at(3, 0), 255);
}

TEST(Png, LooksPaletteColoursUp) {
  const PngKind kind{.color_type = SPNG_COLOR_TYPE_INDEXED,
                     .palette = {{10, 20, 30, 255}, {40, 50, 60, 255}}};
  EXPECT_EQ(decode(png_bytes(2, 1, kind, {1, 0})).pixels,
            (std::vector<std::uint8_t>{40, 50, 60, 10, 20, 30}));
}

TEST(Png, ReadsAPaletteIndexBeyondThePaletteAsBlack) {
  const PngKind kind{.color_type = SPNG_COLOR_TYPE_INDEXED, .palette = {{10, 20, 30, 255}}};
  EXPECT_EQ(decode(png_bytes(2, 1, kind, {1, 0})).pixels,
            (std::vector<std::uint8_t>{0, 0, 0, 10, 20, 30}));
}

TEST(Png, DecodesInterlacedFiles) {
  const Image image = gradient_image(13, 9);
  EXPECT_EQ(decode(png_bytes(13, 9, {.interlaced = true}, image.pixels)), image);
}

TEST(Png, TakesAnAlphaChannelThatIsOpaqueEverywhere) {
  const PngKind kind{.color_type = SPNG_COLOR_TYPE_TRUECOLOR_ALPHA};
  EXPECT_EQ(decode(png_bytes(2, 1, kind, {1, 2, 3, 255, 4, 5, 6, 255})).pixels,
            (std::vector<std::uint8_t>{1, 2, 3, 4, 5, 6}));
}

TEST(Png, RefusesATransparentPixelAndNamesIt) {
  const PngKind kind{.color_type = SPNG_COLOR_TYPE_TRUECOLOR_ALPHA};
  expect_refused(png_bytes(1, 2, kind, {1, 2, 3, 255, 4, 5, 6, 254}),
                 {"column 0, row 1", "transparent", "without alpha"});
}

TEST(Png, RefusesATransparentPaletteColour) {
  const PngKind kind{.color_type = SPNG_COLOR_TYPE_INDEXED,
                     .palette = {{1, 1, 1, 255}, {2, 2, 2, 255}},
                     .palette_alpha = {0}};
  expect_refused(png_bytes(2, 1, kind, {1, 0}), {"column 1, row 0", "transparent"});
}

TEST(Png, RefusesSixteenBits) {
  const PngKind kind{.bit_depth = 16};
  expect_refused(png_bytes(1, 1, kind, {1, 2, 3, 4, 5, 6}), {"16 bits", "8 bits a channel"});
}

TEST(Png, RefusesAFileCutAnywhere) {
  const std::string whole = encode_png(gradient_image(20, 20));
  constexpr std::size_t kEndChecksum = 4;
  for (std::size_t size = 8; size < whole.size() - kEndChecksum; ++size) {
    SCOPED_TRACE(size);
    expect_refused(whole.substr(0, size), {"cut off"});
  }
}

TEST(Png, RefusesAFlippedBitInThePixels) {
  std::string bytes = encode_png(gradient_image(20, 20));
  bytes[bytes.size() / 2] ^= 1;
  expect_refused(bytes, {"damaged"});
}

TEST(Png, RefusesAHugeImageBeforeDecodingIt) {
  const std::string small = encode_png(gradient_image(2, 2));
  expect_refused(with_size(small, 16385, 1), {"16385x1", "16384 pixels a side"});
  expect_refused(with_size(small, 1, 16385), {"1x16385"});
  expect_refused(with_size(small, 16000, 16000), {"16000x16000", "50000000 in all"});
  expect_refused(with_size(small, 0x7fffffff, 0x7fffffff), {"a.png"});
}

TEST(Png, RefusesAnImageWithoutPixels) {
  expect_refused(with_size(encode_png(gradient_image(2, 2)), 0, 2), {"a.png"});
}

TEST(Png, KeepsTheCallersLimits) {
  const std::string bytes = encode_png(gradient_image(8, 4));
  EXPECT_NO_THROW(decode_png(as_bytes(bytes), {.max_side = 8, .max_pixels = 32}, "p"));
  expect_error([&] { decode_png(as_bytes(bytes), {.max_side = 7}, "p"); }, ErrorCode::kBadData,
               {"7 pixels a side"});
  expect_error([&] { decode_png(as_bytes(bytes), {.max_pixels = 31}, "p"); }, ErrorCode::kBadData,
               {"31 in all"});
}

}  // namespace
}  // namespace ripple
