#include "ripple/report/bar_chart.h"

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

TEST(BarChart, HigherValuesAreHigherBars) {
  const ScratchFolder folder;
  BarChart chart{.title = "rates", .names = {"random", "nearby"}};
  chart.groups = {{"LeNet", {1, 2}, {0.8, 1.5}, {1.2, 2.5}}, {"ResNet", {4, 4}}};
  draw_bar_chart(folder.path() / "b", chart);
  const Image drawn = load_image(folder.path() / "b.png");
  const ColourBox first = find_colour(drawn, {0x26, 0x87, 0xbe}, 3);
  const ColourBox second = find_colour(drawn, {0xdb, 0x75, 0x26}, 3);
  EXPECT_GT(first.count, 5000);
  EXPECT_GT(second.count, 2 * first.count);
  const auto bytes = read_file(folder.path() / "b.dat", 1 << 20);
  EXPECT_THAT(std::string(bytes.begin(), bytes.end()), testing::HasSubstr("-0.2 1 0.8 1.2\n"));
}

TEST(BarChart, BarsBelowZeroHangFromIt) {
  const ScratchFolder folder;
  BarChart chart{.names = {"a", "b"}};
  chart.groups = {{"g", {-1, -0.5}}};
  draw_bar_chart(folder.path() / "b", chart);
  const ColourBox bars = find_colour(load_image(folder.path() / "b.png"), {0x26, 0x87, 0xbe}, 3);
  chart.groups = {{"g", {-1, -0.01}}};
  draw_bar_chart(folder.path() / "b", chart);
  const ColourBox one = find_colour(load_image(folder.path() / "b.png"), {0x26, 0x87, 0xbe}, 3);
  EXPECT_NEAR(double(bars.count) / double(one.count), 1.5, 0.1);
}

TEST(BarChart, ABarThatFlattensTheOthersIsCut) {
  const ScratchFolder folder;
  const auto drawn = [&](const BarChart& chart) {
    draw_bar_chart(folder.path() / "b", chart);
    const auto script = read_file(folder.path() / "b.gp", 1 << 20);
    return std::string(script.begin(), script.end());
  };
  BarChart chart{.names = {"a", "b", "c"}, .cut_longest = true};
  chart.groups = {{"g", {0.1, -0.65, NAN}, {0.05, -0.7, NAN}, {0.2, -0.6, NAN}},
                  {"h", {0.1, 0.1, 0.1}}};
  EXPECT_THAT(drawn(chart), testing::AllOf(testing::HasSubstr("set yrange [-0.3:0<*]\n"),
                                           testing::HasSubstr("'-0.65 (-0.7 to -0.6)'")));
  const auto data = read_file(folder.path() / "b.dat", 1 << 20);
  EXPECT_THAT(std::string(data.begin(), data.end()), testing::HasSubstr("-0.65 -0.7 -0.6"));
  // The others are as high as the chart allows.
  const ColourBox bars = find_colour(load_image(folder.path() / "b.png"), {0xdb, 0x75, 0x26}, 3);
  EXPECT_GT(bars.bottom - bars.top, 50);

  chart.groups[0].values[1] = -0.55;  // not three times the end of the interval 0.2
  EXPECT_THAT(drawn(chart), testing::HasSubstr("set yrange [*<0:0<*]"));
  chart.groups[0].values[1] = -0.65;
  chart.cut_longest = false;
  EXPECT_THAT(drawn(chart), testing::HasSubstr("set yrange [*<0:0<*]"));
  chart.cut_longest = true;
  chart.groups = {{"g", {0, 5, 0}}};  // nothing that could be flattened
  EXPECT_THAT(drawn(chart), testing::HasSubstr("set yrange [*<0:0<*]"));
}

TEST(BarChart, LongNamesTakeNoRoomFromTheBars) {
  const ScratchFolder folder;
  const auto bars = [&](const std::string& name) {
    BarChart chart{.x_label = "class", .names = std::vector<std::string>(10, name)};
    chart.groups = {{"g", std::vector<double>(10, 1.0)}};
    draw_bar_chart(folder.path() / "b", chart);
    return find_colour(load_image(folder.path() / "b.png"), {0x26, 0x87, 0xbe}, 3);
  };
  const ColourBox usual = bars("automobile");
  const ColourBox long_names = bars("n02093428 American Staffordshire terrier, Staffordshire");
  EXPECT_NEAR(long_names.bottom - long_names.top, usual.bottom - usual.top, 30);
  EXPECT_LT(long_names.left, usual.left + 100);
}

TEST(BarChart, RefusesAnotherNumberOfBars) {
  const ScratchFolder folder;
  BarChart chart{.names = {"a", "b"}};
  chart.groups = {{"g", {1}}};
  expect_error([&] { draw_bar_chart(folder.path() / "b", chart); }, ErrorCode::kBadArgument,
               {"group 'g' has 1 bars for 2 names"});
  expect_error([&] { draw_bar_chart(folder.path() / "b", {}); }, ErrorCode::kBadArgument,
               {"without bars"});
}

}  // namespace
}  // namespace ripple
