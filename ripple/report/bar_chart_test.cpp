#include "ripple/report/bar_chart.h"

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
