#include "ripple/report/line_plot.h"

#include <cmath>
#include <cstdlib>
#include <string>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ripple/base/file.h"
#include "ripple/report/gnuplot.h"
#include "tests/expect_error.h"
#include "tests/figure_pixels.h"
#include "tests/scratch_folder.h"

namespace ripple {
namespace {

std::string data_of(const std::filesystem::path& stem) {
  const auto bytes = read_file(figure_files(stem).data, 1 << 20);
  return {bytes.begin(), bytes.end()};
}

TEST(LinePlot, DrawsCurvesAndBands) {
  const ScratchFolder folder;
  const auto stem = folder.path() / "plot";
  LinePlot plot{.title = "t", .x_label = "layer", .y_label = "difference"};
  plot.curves = {{"successes", {0, 1, 2}, {1, 2, 4}, {0.5, 1, 2}, {2, 3, 6}},
                 {"failures", {0, 1, 2}, {1, NAN, 1}}};
  plot.x_names = {"a", "b", "c"};
  draw_line_plot(stem, plot);
  EXPECT_GT(find_colour(load_image(figure_files(stem).png), {0x00, 0x72, 0xb2}).count, 200);
  EXPECT_GT(find_colour(load_image(figure_files(stem).png), {0xcc, 0xe3, 0xf0}, 3).count, 5000);
  EXPECT_THAT(data_of(stem), testing::HasSubstr("1 NaN NaN NaN"));
}

TEST(LinePlot, ALogAxisCutsBandsAndDropsWhatIsNotPositive) {
  const ScratchFolder folder;
  const auto stem = folder.path() / "plot";
  LinePlot plot{.log_y = true};
  plot.curves = {{"c", {0, 1, 2}, {0.1, 10, 0}, {-1, 5, 0}, {1, 20, 0}}};
  draw_line_plot(stem, plot);
  EXPECT_THAT(data_of(stem), testing::HasSubstr("0 0.1 0.05 1"));
  EXPECT_THAT(data_of(stem), testing::HasSubstr("2 NaN"));
}

TEST(LinePlot, StepsStandUprightAndALogAxisEndsWithThem) {
  const ScratchFolder folder;
  const auto stem = folder.path() / "plot";
  LinePlot plot{.title = "t", .log_x = true, .steps = true};
  for (int c = 0; c < 5; ++c)
    plot.curves.push_back({fmt::format("s{}", c), {1, 300, 404}, {0, 50, 50.0 + c}});
  plot.curves[0].bars = {{350, 50, 40, 60}};
  draw_line_plot(stem, plot);
  EXPECT_THAT(data_of(stem), testing::HasSubstr("404 50 50 50\n\n\n# its intervals: x y low "
                                                "high\n350 50 40 60\n\n\n# s1"));
  // The first curve is level, then upright: nothing of any lies between.
  const Image drawn = load_image(figure_files(stem).png);
  int columns = 0;
  for (int x = 0; x < 500; ++x) {
    int ink = 0;
    for (int y = 100; y < 350; ++y) {
      const std::uint8_t* p = drawn.at(x, y);
      ink += p[0] < 250 && p[1] < 250 && p[2] < 250 && std::abs(p[0] - p[1]) > 20;
    }
    columns += ink > 0;
  }
  EXPECT_EQ(columns, 0);
  const auto bytes = read_file(figure_files(stem).svg, 1 << 20);
  const std::string svg(bytes.begin(), bytes.end());
  EXPECT_NE(svg.find("> 100<"), std::string::npos);
  EXPECT_EQ(svg.find("> 1000<"), std::string::npos);
  for (const char* name : {">s0<", ">s4<"}) EXPECT_EQ(svg.find(name), svg.rfind(name)) << name;
}

TEST(LinePlot, RefusesCurvesOfUnequalLength) {
  const ScratchFolder folder;
  LinePlot plot;
  plot.curves = {{"c", {0, 1}, {1}}};
  expect_error([&] { draw_line_plot(folder.path() / "x", plot); }, ErrorCode::kBadArgument,
               {"curve 'c'", "differ in length"});
  expect_error([&] { draw_line_plot(folder.path() / "x", {}); }, ErrorCode::kBadArgument,
               {"without curves"});
}

}  // namespace
}  // namespace ripple
