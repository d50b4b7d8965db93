#include "ripple/image/decode.h"

#include <gtest/gtest.h>

#include "ripple/image/png.h"
#include "tests/expect_error.h"
#include "tests/image_bytes.h"
#include "tests/scratch_folder.h"

namespace ripple {
namespace {

TEST(Decode, GoesByTheContentNotByTheName) {
  const ScratchFolder folder;
  const auto png = folder.write("really_png.jpg", encode_png(gradient_image(5, 4)));
  const auto jpeg = folder.write("really_jpeg.png", jpeg_bytes(5, 4, gradient_image(5, 4).pixels));
  EXPECT_EQ(load_image(png), gradient_image(5, 4));
  EXPECT_EQ(load_image(jpeg).width, 5);
}

TEST(Decode, RefusesOtherKindsAndEmptyFiles) {
  for (const char* bytes : {"", "GIF89a", "BM", "\x89PNG", "\xff\xd8"}) {
    expect_error([&] { decode_image(as_bytes(bytes), {}, "x.png"); }, ErrorCode::kBadData,
                 {"x.png: ", "neither a PNG nor a JPEG", "convert"});
  }
}

TEST(Decode, RefusesAFileLargerThanItsLimit) {
  const ScratchFolder folder;
  const auto file = folder.write("a.png", encode_png(gradient_image(5, 4)));
  expect_error([&] { load_image(file, {.max_bytes = 20}); }, ErrorCode::kIo, {"a.png"});
}

TEST(Decode, RefusesAMissingFile) {
  expect_error([] { load_image("/nonexistent/a.png"); }, ErrorCode::kIo, {"/nonexistent/a.png"});
}

}  // namespace
}  // namespace ripple
