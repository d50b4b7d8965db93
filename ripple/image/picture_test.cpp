#include "ripple/image/picture.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "tests/expect_error.h"
#include "tests/image_bytes.h"

namespace ripple {
namespace {

bool is_colour(const Image& image, int x, int y, Rgb colour) {
  const std::uint8_t* pixel = image.at(x, y);
  return pixel[0] == colour.r && pixel[1] == colour.g && pixel[2] == colour.b;
}

int count_colour(const Image& image, Rgb colour) {
  int count = 0;
  for (int y = 0; y < image.height; ++y) {
    for (int x = 0; x < image.width; ++x) count += is_colour(image, x, y, colour);
  }
  return count;
}

constexpr Rgb kGrey{100, 100, 100};
constexpr Rgb kEdit{250, 10, 20};

Image with_edit(Image image, const PixelEdit& edit) {
  apply_edits(image, {&edit, 1});
  return image;
}

TEST(SideBySide, ShowsEachPixelAsABlockAndTheChangedOneWhole) {
  const Image clean = make_image(6, 4, kGrey.r, kGrey.g, kGrey.b);
  const PixelEdit edit{2, 1, kEdit.r, kEdit.g, kEdit.b};
  const Image picture = side_by_side(clean, with_edit(clean, edit), {&edit, 1}, {.scale = 10});
  EXPECT_EQ(count_colour(picture, kEdit), 10 * 10);
  // Both halves lose to the rings what the rings cover, and nothing else.
  const int ring = 18 * 18 - 10 * 10;
  EXPECT_EQ(count_colour(picture, kGrey), 10 * 10 * (6 * 4 * 2 - 1) - 2 * ring);
}

TEST(SideBySide, RingsAtACornerAreWhole) {
  const Image clean = make_image(6, 4, kGrey.r, kGrey.g, kGrey.b);
  for (const PixelEdit edit : {PixelEdit{0, 0, 1, 1, 1}, PixelEdit{5, 3, 1, 1, 1}}) {
    const Image picture = side_by_side(clean, with_edit(clean, edit), {&edit, 1}, {.scale = 10});
    EXPECT_EQ(count_colour(picture, {0, 0, 0}), 2 * (18 * 18 - 14 * 14));
  }
}

TEST(SideBySide, NeighbouringEditsKeepTheirColours) {
  const Image clean = make_image(6, 4, kGrey.r, kGrey.g, kGrey.b);
  const std::vector<PixelEdit> edits{{2, 1, 7, 8, 9}, {3, 1, 17, 18, 19}};
  Image adversarial = clean;
  apply_edits(adversarial, edits);
  const Image picture = side_by_side(clean, adversarial, edits, {.scale = 8});
  EXPECT_EQ(count_colour(picture, {7, 8, 9}), 64);
  EXPECT_EQ(count_colour(picture, {17, 18, 19}), 64);
}

TEST(SideBySide, ChoosesAScaleThatSuitsTheSize) {
  for (const auto& [width, height] : {std::pair{32, 32}, {28, 20}, {9, 32}, {1, 1}}) {
    const Image image = make_image(width, height);
    const Image picture = side_by_side(image, image, {}, {});
    const int scale = 320 / std::max(width, height);
    EXPECT_GT(picture.width, 2 * scale * width);
    EXPECT_LT(picture.width, 2 * scale * width + 500);
    EXPECT_GT(picture.height, scale * height);
  }
  const Image large = make_image(400, 300);
  EXPECT_LT(side_by_side(large, large, {}, {}).width, 900);
}

TEST(SideBySide, MarksAPixelEvenWhereItIsNotEnlarged) {
  const Image clean = make_image(400, 300, kGrey.r, kGrey.g, kGrey.b);
  const PixelEdit edit{200, 150, kEdit.r, kEdit.g, kEdit.b};
  const Image picture = side_by_side(clean, with_edit(clean, edit), {&edit, 1}, {});
  EXPECT_EQ(count_colour(picture, kEdit), 1);
  EXPECT_EQ(count_colour(picture, {0, 0, 0}), 2 * (9 * 9 - 7 * 7));
}

TEST(SideBySide, CutsALongCaption) {
  const Image image = make_image(32, 32, kGrey.r, kGrey.g, kGrey.b);
  const Image plain = side_by_side(image, image, {}, {});
  const Image captioned = side_by_side(image, image, {}, {.clean_caption = std::string(500, 'w')});
  EXPECT_EQ(plain.width, captioned.width);
  EXPECT_EQ(plain.height, captioned.height);
  EXPECT_NE(plain, captioned);
  EXPECT_EQ(count_colour(plain, kGrey), count_colour(captioned, kGrey));
  for (int y = 0; y < plain.height; ++y) {
    EXPECT_TRUE(is_colour(captioned, captioned.width - 100, y,
                          {plain.at(plain.width - 100, y)[0], plain.at(plain.width - 100, y)[1],
                           plain.at(plain.width - 100, y)[2]}));
  }
}

TEST(SideBySide, RefusesDifferentSizesEditsOutsideAndWildScales) {
  const Image image = make_image(4, 3);
  const PixelEdit outside{3, 3, 0, 0, 0};
  expect_error([&] { side_by_side(image, make_image(3, 4), {}, {}); }, ErrorCode::kBadArgument,
               {"4x3 beside 3x4"});
  expect_error([&] { side_by_side({}, {}, {}, {}); }, ErrorCode::kBadArgument, {"0x0"});
  expect_error(
      [&] {
        side_by_side(image, image, {&outside, 1}, {});
      },
      ErrorCode::kBadArgument, {"row 3"});
  for (const int scale : {-1, 65}) {
    expect_error([&] { side_by_side(image, image, {}, {.scale = scale}); }, ErrorCode::kBadArgument,
                 {"1 to 64"});
  }
}

TEST(DrawText, ColoursTheLettersAndNothingElse) {
  Image image = make_image(100, 20, kGrey.r, kGrey.g, kGrey.b);
  draw_text(image, 3, 4, "Hg", kEdit, 1);
  const int ink = count_colour(image, kEdit);
  EXPECT_GT(ink, 15);
  EXPECT_EQ(ink + count_colour(image, kGrey), 100 * 20);
  EXPECT_LT(text_width("Hg", 1), 30);
  for (int y = 0; y < image.height; ++y) {
    for (int x = 0; x < image.width; ++x) {
      const bool in_line = x >= 3 && x < 3 + text_width("Hg", 1) && y >= 4 && y < 4 + kTextHeight;
      EXPECT_TRUE(in_line || is_colour(image, x, y, kGrey)) << x << " " << y;
    }
  }
}

TEST(DrawText, GrowsWithItsScale) {
  Image small = make_image(200, 40);
  Image large = make_image(200, 40);
  draw_text(small, 0, 0, "cat 0.93", kEdit, 1);
  draw_text(large, 0, 0, "cat 0.93", kEdit, 3);
  EXPECT_EQ(count_colour(large, kEdit), 9 * count_colour(small, kEdit));
  EXPECT_EQ(text_width("cat 0.93", 3), 3 * text_width("cat 0.93", 1));
}

TEST(DrawText, LeavesOutWhatFallsOutside) {
  Image image = make_image(10, 6, kGrey.r, kGrey.g, kGrey.b);
  draw_text(image, -8, -3, "WWWWW", kEdit, 2);
  EXPECT_GT(count_colour(image, kEdit), 0);
  draw_text(image, 1000, 1000, "W", kEdit, 2);
}

TEST(DrawText, ALetterACharacter) {
  const auto drawn = [](std::string_view text) {
    Image image = make_image(80, 12);
    draw_text(image, 0, 0, text, kEdit, 1);
    return image.pixels;
  };
  EXPECT_EQ(drawn("M\u00f6we 0.93"), drawn("Mowe 0.93"));
  EXPECT_EQ(drawn("\u732b\u72ac 0.93"), drawn("?? 0.93"));
  EXPECT_EQ(text_width("\u00e9\u00e9", 1), text_width("ee", 1));
}

TEST(SideBySide, ACutCaptionCutsNoCharacter) {
  const Image image = make_image(32, 32);
  const auto caption = [&](const std::string& text) {
    return side_by_side(image, image, {}, {.clean_caption = text}).pixels;
  };
  std::string umlauts;
  for (int i = 0; i < 60; ++i) umlauts += "\u00fc";
  EXPECT_EQ(caption(umlauts), caption(std::string(60, 'u')));
}

TEST(DrawText, DrawsEveryByte) {
  for (int byte = 0; byte < 256; ++byte) {
    Image image = make_image(40, 20);
    const std::string text(2, static_cast<char>(byte));
    draw_text(image, 0, 0, text, kEdit, 1);
    EXPECT_EQ(count_colour(image, kEdit) > 0, byte != ' ') << byte;
  }
}

}  // namespace
}  // namespace ripple
