#include "ripple/report/panel_grid.h"

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
