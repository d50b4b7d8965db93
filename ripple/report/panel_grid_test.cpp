#include "ripple/report/panel_grid.h"

#include <algorithm>
#include <cmath>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ripple/base/file.h"
#include "ripple/report/gnuplot.h"
#include "tests/expect_error.h"
#include "tests/figure_pixels.h"
#include "tests/scratch_folder.h"

namespace ripple {
namespace {

constexpr Rgb kLowest{0x44, 0x01, 0x54};
constexpr Rgb kHighest{0xfd, 0xe7, 0x25};

std::string text_of(const std::filesystem::path& path) {
  const auto bytes = read_file(path, 1 << 24);
  return {bytes.begin(), bytes.end()};
}

/// The picture without its last `pixels` columns.
Image cut_right(const Image& image, int pixels) {
  Image out = make_image(image.width - pixels, image.height, 0, 0, 0);
  for (int y = 0; y < out.height; ++y) std::copy_n(image.at(0, y), 3 * out.width, out.at(0, y));
  return out;
}

HeatMap ramp(int rows, int columns, float high) {
  HeatMap map{.title = "ramp", .rows = rows, .columns = columns};
  for (int i = 0; i < rows * columns; ++i)
    map.values.push_back(high * static_cast<float>(i) / static_cast<float>(rows * columns - 1));
  return map;
}

TEST(PanelGrid, PicturesStandUprightAndKeepTheirColours) {
  const ScratchFolder folder;
  Image image = make_image(2, 2, 255, 0, 0);
  *image.at(1, 0) = 0;
  image.at(1, 0)[1] = 255;  // green at the right
  *image.at(0, 1) = 0;
  image.at(0, 1)[2] = 255;  // blue below
  image.at(1, 1)[1] = image.at(1, 1)[2] = 128;
  draw_panel_grid(folder.path() / "p", {.panels = {PicturePanel{.title = "it's", .image = image}}});
  const Image drawn = load_image(folder.path() / "p.png");
  const ColourBox red = find_colour(drawn, {255, 0, 0});
  const ColourBox green = find_colour(drawn, {0, 255, 0});
  const ColourBox blue = find_colour(drawn, {0, 0, 255});
  ASSERT_GT(red.count, 2000);
  ASSERT_GT(green.count, 2000);
  ASSERT_GT(blue.count, 2000);
  EXPECT_LT(red.right, green.left + 2);
  EXPECT_LT(red.bottom, blue.top + 2);
  EXPECT_NEAR(red.right - red.left, red.bottom - red.top, 3);  // square
}

TEST(PanelGrid, MapsShareOneScaleWithABar) {
  const ScratchFolder folder;
  draw_panel_grid(folder.path() / "m", {.panels = {ramp(4, 4, 1.0f), ramp(2, 2, 0.5f)}});
  const Image drawn = load_image(folder.path() / "m.png");
  // The second map reaches only half of the scale; its darkest cell is a quarter of its panel.
  const ColourBox high = find_colour(drawn, kHighest, 2);
  const ColourBox low = find_colour(drawn, kLowest, 2);
  EXPECT_LT(high.count, 2500);
  EXPECT_GT(low.count, 3000);
  draw_panel_grid(folder.path() / "each", {.panels = {ramp(4, 4, 1.0f), ramp(2, 2, 0.5f)},
                                           .sharing = ScaleSharing::kPanel});
  EXPECT_GT(find_colour(load_image(folder.path() / "each.png"), kHighest, 2).count, 3500);
}

TEST(PanelGrid, DataAndScriptAreThereAndDrawTheSameAgain) {
  const ScratchFolder folder;
  HeatMap map = ramp(1, 3, 1.0f);
  map.values[1] = NAN;
  draw_panel_grid(folder.path() / "m", {.panels = {map}, .scale_label = "difference"});
  EXPECT_THAT(text_of(folder.path() / "m.dat"), testing::HasSubstr("\n0 NaN 1\n"));
  EXPECT_THAT(text_of(folder.path() / "m.gp"), testing::HasSubstr("'difference'"));
  EXPECT_THAT(text_of(folder.path() / "m.svg"), testing::HasSubstr("</svg>"));
}

TEST(PanelGrid, SingleRowsAndColumnsAreDrawn) {
  const ScratchFolder folder;
  const PicturePanel row{.image = Image{2, 1, {250, 0, 0, 0, 250, 0}}};
  HeatMap column = ramp(3, 1, 1.0f);
  column.values[1] = NAN;
  draw_panel_grid(folder.path() / "m", {.panels = {column, row}});
  const Image drawn = load_image(folder.path() / "m.png");
  const ColourBox red = find_colour(drawn, {250, 0, 0}, 2);
  const ColourBox green = find_colour(drawn, {0, 250, 0}, 2);
  EXPECT_GT(red.count, 1000);
  EXPECT_NEAR(red.count, green.count, red.count / 10.0);
  EXPECT_LT(red.right, green.left);
  // Above and below the cell that has no value; the colour bar is narrower.
  const ColourBox low = find_colour(drawn, kLowest, 2);
  EXPECT_GT(low.count, 1000);
  EXPECT_NEAR(low.count, find_colour(drawn, kHighest, 2).count, low.count / 10.0);
}

TEST(PanelGrid, ALongScaleLabelIsNotCut) {
  const ScratchFolder folder;
  const std::string label(40, 'm');
  for (const ScaleSharing sharing : {ScaleSharing::kAll, ScaleSharing::kRow}) {
    draw_panel_grid(folder.path() / "m", {.panels = {ramp(4, 8, 1.0f)},
                                          .sharing = sharing,
                                          .scale_label = label,
                                          .panel_pixels = 60});
    const Image drawn = load_image(folder.path() / "m.png");
    // Nothing touches the upper and lower edge, where a cut text would go on.
    int edge = 0;
    for (int x = 0; x < drawn.width; ++x) {
      edge += drawn.at(x, 0)[0] < 200;
      edge += drawn.at(x, drawn.height - 1)[0] < 200;
    }
    EXPECT_EQ(edge, 0);
    EXPECT_LT(drawn.height, 320);
  }
}

TEST(PanelGrid, CellsOfAnSvgAreSquaresUnlessThereAreTooMany) {
  const ScratchFolder folder;
  const PicturePanel picture{.image = Image{2, 2, {250, 0, 0, 0, 250, 0, 0, 0, 250, 9, 9, 9}}};
  draw_panel_grid(folder.path() / "few", {.panels = {picture, ramp(3, 2, 1.0f)}});
  const std::string few = text_of(folder.path() / "few.svg");
  EXPECT_THAT(few, testing::Not(testing::HasSubstr("<image")));
  EXPECT_THAT(few, testing::HasSubstr("rgb(250,"));
  draw_panel_grid(folder.path() / "many", {.panels = {ramp(101, 200, 1.0f)}});
  EXPECT_THAT(text_of(folder.path() / "many.svg"),
              testing::HasSubstr("<image style='image-rendering:pixelated'"));
}

TEST(PanelGrid, OneCellOfALargeMapIsSeen) {
  const ScratchFolder folder;
  for (const int side : {224, 500}) {
    for (const int at : {1, side / 2, side - 1}) {
      HeatMap map{.title = "one", .rows = side, .columns = side};
      map.values.assign(static_cast<std::size_t>(side) * static_cast<std::size_t>(side), 0.0f);
      map.values[static_cast<std::size_t>(at) * static_cast<std::size_t>(side + 1)] = 1.0f;
      draw_panel_grid(folder.path() / "m", {.panels = {map}});
      const Image drawn = load_image(folder.path() / "m.png");
      // Left of the colour bar; a cell at the edge may mix with the frame.
      const ColourBox box = find_colour(cut_right(drawn, 84), kHighest, 90);
      ASSERT_GT(box.count, 0) << side << " " << at;
      EXPECT_NEAR(box.left, 12 + (side == 224 ? 226.0 : 240.0) * at / side, 4.0);
      EXPECT_NEAR(box.right, box.left, 3);
    }
  }
  EXPECT_LT(load_image(folder.path() / "m.png").width, 400);
}

TEST(PanelGrid, MapsOfTooManyCellsAreDrawnByBlocks) {
  const ScratchFolder folder;
  HeatMap map{.title = "signed", .rows = 1, .columns = 600};
  map.values.assign(600, 0.25f);
  map.values[301] = -0.5f;
  map.marks = {{301, 0}};
  draw_panel_grid(folder.path() / "m", {.panels = {map}, .map = ColourMap::kDiverging});
  const std::string data = text_of(folder.path() / "m.dat");
  EXPECT_THAT(data, testing::HasSubstr("(1 rows of 600)\n# by 1 x 200 blocks of about 3 x 3 cells, "
                                       "each its largest magnitude\n0.25 0.25 "));
  EXPECT_THAT(data, testing::HasSubstr("0.25 -0.5 0.25"));
  EXPECT_THAT(text_of(folder.path() / "m.gp"), testing::HasSubstr("set xrange [-0.5:600-0.5]"));
  draw_panel_grid(folder.path() / "few", {.panels = {ramp(4, 4, 1.0f)}});
  EXPECT_THAT(text_of(folder.path() / "few.dat"), testing::Not(testing::HasSubstr("blocks")));
}

TEST(PanelGrid, AFramedPixelShowsItsColourAtAnySize) {
  const ScratchFolder folder;
  for (const int side : {8, 32, 224}) {
    for (const int at : {0, side - 1}) {
      Image image = make_image(side, side, 90, 160, 90);
      const PixelEdit edit{at, at, 255, 0, 0};
      apply_edits(image, {&edit, 1});
      draw_panel_grid(folder.path() / "p", {.panels = {PicturePanel{"", image, {{at, at}}}}});
      const Image drawn = load_image(folder.path() / "p.png");
      const ColourBox red = find_colour(drawn, {255, 0, 0}, 40);
      EXPECT_GE(red.count, 9) << side << " " << at;
      // White and black around it, on both sides.
      const ColourBox black = find_colour(drawn, {0, 0, 0}, 40);
      EXPECT_LE(black.left, red.left - 3) << side << " " << at;
      EXPECT_GE(black.right, red.right + 3);
      EXPECT_LE(black.top, red.top - 3);
      EXPECT_GE(black.bottom, red.bottom + 3);
      const std::uint8_t* between = drawn.at(red.left - 2, (red.top + red.bottom) / 2);
      EXPECT_GT(between[2], side > 8 ? 180 : 80) << side << " " << at;
    }
  }
}

TEST(PanelGrid, ValuesBeyondTheScaleAreSaid) {
  const ScratchFolder folder;
  draw_panel_grid(folder.path() / "m", {.panels = {ramp(4, 4, 1.7f)}, .high = 1.0});
  EXPECT_THAT(text_of(folder.path() / "m.gp"), testing::HasSubstr("set cbtics add ('\u2265 1' 1)"));
  EXPECT_THAT(text_of(folder.path() / "m.svg"), testing::HasSubstr("\u2265 1<"));
  for (const float high : {1.0f, 0.5f}) {
    draw_panel_grid(folder.path() / "m", {.panels = {ramp(4, 4, high)}, .high = 1.0});
    EXPECT_THAT(text_of(folder.path() / "m.gp"), testing::Not(testing::HasSubstr("\u2265")));
  }
  HeatMap map{.title = "signed", .rows = 2, .columns = 2, .values = {-3.0f, 0.25f, 1.0f, 1.0f}};
  draw_panel_grid(folder.path() / "m",
                  {.panels = {map}, .map = ColourMap::kDiverging, .high = 2.0});
  EXPECT_THAT(text_of(folder.path() / "m.gp"),
              testing::AllOf(testing::HasSubstr("add ('\u2264 -2' -2)"),
                             testing::Not(testing::HasSubstr("\u2265"))));
}

TEST(PanelGrid, CountsHaveWholeNumbers) {
  const ScratchFolder folder;
  const auto steps = [&](float high, int panel) {
    draw_panel_grid(folder.path() / "m",
                    {.panels = {ramp(4, 4, high)}, .whole_numbers = true, .panel_pixels = panel});
    return text_of(folder.path() / "m.gp");
  };
  EXPECT_THAT(steps(3, 220), testing::HasSubstr("set cbtics autofreq 1\n"));
  EXPECT_THAT(text_of(folder.path() / "m.svg"), testing::Not(testing::HasSubstr("0.5<")));
  EXPECT_THAT(steps(9, 220), testing::HasSubstr("set cbtics autofreq 2\n"));
  EXPECT_THAT(steps(21, 220), testing::HasSubstr("set cbtics autofreq 5\n"));
  EXPECT_THAT(steps(9, 60), testing::HasSubstr("set cbtics autofreq 5\n"));
}

TEST(PanelGrid, ALowBarHasThreeShortNumbers) {
  const ScratchFolder folder;
  draw_panel_grid(folder.path() / "low", {.panels = {ramp(4, 16, 0.0528f)}, .panel_pixels = 120});
  EXPECT_THAT(text_of(folder.path() / "low.gp"),
              testing::HasSubstr("set cbtics (0, 0.025, 0.05)\n"));
  draw_panel_grid(folder.path() / "high", {.panels = {ramp(16, 16, 0.0528f)}, .panel_pixels = 120});
  EXPECT_THAT(text_of(folder.path() / "high.gp"), testing::HasSubstr("set cbtics autofreq\n"));
}

TEST(PanelGrid, ADivergingScaleIsSymmetric) {
  const ScratchFolder folder;
  HeatMap map{.title = "signed", .rows = 1, .columns = 2, .values = {-0.5f, 0.25f}};
  draw_panel_grid(folder.path() / "m", {.panels = {map}, .map = ColourMap::kDiverging});
  EXPECT_THAT(text_of(folder.path() / "m.gp"), testing::HasSubstr("set cbrange [-0.5:0.5]"));
}

TEST(PanelGrid, ZeroIsWhiteOnADivergingScaleWithoutExtent) {
  const ScratchFolder folder;
  HeatMap map{.title = "signed", .rows = 1, .columns = 2, .values = {0.0f, 0.0f}};
  draw_panel_grid(folder.path() / "m", {.panels = {map}, .map = ColourMap::kDiverging});
  EXPECT_THAT(text_of(folder.path() / "m.gp"), testing::HasSubstr("set cbrange [-1:1]"));
}

TEST(PanelGrid, LongTitlesLoseTheirBeginning) {
  const ScratchFolder folder;
  HeatMap map = ramp(2, 2, 1.0f);
  map.title = "functional_1/conv2d_12/Conv2D__44:0\n0.5";
  draw_panel_grid(folder.path() / "m", {.panels = {map}});
  EXPECT_THAT(text_of(folder.path() / "m.gp"), testing::HasSubstr(".._12/Conv2D__44:0'"));
  EXPECT_THAT(text_of(folder.path() / "m.gp"), testing::Not(testing::HasSubstr(map.title)));
}

TEST(PanelGrid, AnAllZeroMapAndEmptyCellsAreDrawn) {
  const ScratchFolder folder;
  draw_panel_grid(folder.path() / "z",
                  {.panels = {std::monostate{}, HeatMap{"zero", 2, 2, {0, 0, 0, 0}}},
                   .columns = 1,
                   .row_labels = {"a", "b"},
                   .scale_label = "scale"});
  // Every label is there: none takes the place of another.
  EXPECT_EQ(text_of(folder.path() / "z.gp").find("set label 2"), std::string::npos);
  for (const char* label : {">a<", ">b<", ">scale<"})
    EXPECT_THAT(text_of(folder.path() / "z.svg"), testing::HasSubstr(label));
  EXPECT_GT(find_colour(load_image(folder.path() / "z.png"), kLowest, 2).count, 10000);
}

TEST(PanelGrid, AxesCountFromTheirCell) {
  const ScratchFolder folder;
  HeatMap map = ramp(7, 63, 1.0f);
  map.axes = CellAxes{"right", "down", 31, 3};
  draw_panel_grid(folder.path() / "x", {.panels = {map, ramp(2, 2, 1.0f)}});
  const std::string script = text_of(folder.path() / "x.gp");
  EXPECT_THAT(script, testing::HasSubstr("('-30' 1, '-20' 11, '-10' 21, '0' 31, '10' 41, '20' 51, "
                                         "'30' 61)"));
  EXPECT_THAT(script, testing::HasSubstr("('-3' 0, '-2' 1, '-1' 2, '0' 3, '1' 4, '2' 5, '3' 6)"));
  const std::string svg = text_of(folder.path() / "x.svg");
  for (const char* label : {">right<", ">down<", ">-30<", ">-3<"})
    EXPECT_EQ(svg.find(label), svg.rfind(label)) << label;  // not beside the second map too
  EXPECT_NE(svg.find(">right<"), std::string::npos);
}

TEST(PanelGrid, RefusesWhatCannotBeDrawn) {
  const ScratchFolder folder;
  const auto stem = folder.path() / "x";
  expect_error([&] { draw_panel_grid(stem, {.panels = {std::monostate{}}}); },
               ErrorCode::kBadArgument, {"without panels"});
  expect_error(
      [&] {
        draw_panel_grid(stem, {.panels = {HeatMap{"t", 2, 2, {1, 2, 3}}}});
      },
      ErrorCode::kBadArgument, {"panel 1", "3 values"});
  expect_error([&] { draw_panel_grid(stem, {.panels = {PicturePanel{}}}); },
               ErrorCode::kBadArgument, {"no cells"});
  expect_error(
      [&] {
        draw_panel_grid(stem, {.panels = {ramp(2, 2, 1)}, .row_labels = {"a", "b"}});
      },
      ErrorCode::kBadArgument, {"2 row labels for 1 rows"});
  EXPECT_FALSE(std::filesystem::exists(figure_files(stem).script));
}

}  // namespace
}  // namespace ripple
