#include "ripple/report/matrix_plot.h"

#include <cmath>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ripple/base/file.h"
#include "tests/expect_error.h"
#include "tests/figure_pixels.h"
#include "tests/scratch_folder.h"

namespace ripple {
namespace {

TEST(MatrixPlot, DrawsCellsWithReadableNumbers) {
  const ScratchFolder folder;
  MatrixPlot plot{.title = "became", .row_label = "true class", .column_label = "class after"};
  plot.row_names = {"cat", "dog"};
  plot.column_names = {"cat", "dog", "ship"};
  plot.values = {NAN, 12, 0, 6, NAN, 1};
  draw_matrix_plot(folder.path() / "m", plot);
  const auto bytes = read_file(folder.path() / "m.dat", 1 << 20);
  const std::string data(bytes.begin(), bytes.end());
  EXPECT_THAT(data, testing::HasSubstr("NaN 12 0\n6 NaN 1\n"));
  EXPECT_THAT(data, testing::HasSubstr("1 0 12 0\n"));        // black on yellow
  EXPECT_THAT(data, testing::HasSubstr("2 0 0 16777215\n"));  // white on violet
  const Image drawn = load_image(folder.path() / "m.png");
  const ColourBox high = find_colour(drawn, {0xfd, 0xe7, 0x25}, 2);
  EXPECT_GT(high.count, 1000);
}

TEST(MatrixPlot, TextsStandInsteadOfTheNumbers) {
  const ScratchFolder folder;
  MatrixPlot plot;
  plot.row_names = {"100 % cat"};
  plot.column_names = {"cat", "50 %d"};
  plot.values = {25, 50};
  plot.texts = {"1/4", "2/4"};
  draw_matrix_plot(folder.path() / "m", plot);
  const auto bytes = read_file(folder.path() / "m.dat", 1 << 20);
  const std::string data(bytes.begin(), bytes.end());
  EXPECT_THAT(data, testing::HasSubstr("25 50\n"));
  EXPECT_THAT(data, testing::HasSubstr("0 0 1/4 16777215\n1 0 2/4 0\n"));
  const auto svg = read_file(folder.path() / "m.svg", 1 << 20);
  for (const char* text : {">1/4<", ">2/4<", ">100 % cat<", ">50 %d<"}) {
    EXPECT_THAT(std::string(svg.begin(), svg.end()), testing::HasSubstr(text));
  }
  plot.texts.pop_back();
  expect_error([&] { draw_matrix_plot(folder.path() / "m", plot); }, ErrorCode::kBadArgument,
               {"1 texts for 2 cells"});
}

TEST(MatrixPlot, RefusesAnotherNumberOfValues) {
  const ScratchFolder folder;
  MatrixPlot plot;
  plot.row_names = {"a"};
  plot.column_names = {"b"};
  expect_error([&] { draw_matrix_plot(folder.path() / "m", plot); }, ErrorCode::kBadArgument,
               {"0 values for 1 rows of 1"});
}

}  // namespace
}  // namespace ripple
