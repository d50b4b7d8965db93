#include "ripple/report/axes.h"

#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ripple {
namespace {

TEST(Axes, NamesStandAtTheirPlaces) {
  const std::string script = axes_script({"t", "x", "y", {"a", "it's"}, 800, 400});
  EXPECT_THAT(script, testing::HasSubstr("('a' 0, 'it''s' 1)"));
  EXPECT_THAT(script, testing::Not(testing::HasSubstr("rotate")));
}

TEST(Axes, ManyNamesAreTurned) {
  EXPECT_THAT(axes_script({"", "", "", std::vector<std::string>(31, "n"), 800, 400}),
              testing::HasSubstr("rotate by 45"));
}

TEST(Axes, LongNamesAreShortenedAndHaveRoom) {
  const std::string name = "n01440764 tench, Tinca tinca";
  const std::string script =
      axes_script({"", "", "", std::vector<std::string>(10, name), 860, 400});
  EXPECT_THAT(script, testing::HasSubstr("('n01440764 tench..a tinca' 0,"));
  EXPECT_THAT(script, testing::HasSubstr("set lmargin at screen 0.0"));
  EXPECT_GT(names_height({name}), 40);
  // Names of a usual length leave the axis where it is.
  EXPECT_THAT(axes_script({"", "", "", std::vector<std::string>(10, "automobile"), 860, 400}),
              testing::Not(testing::HasSubstr("lmargin")));
  EXPECT_EQ(names_height({"automobile"}), 0);
}

TEST(Axes, NamesAreNoFormats) {
  EXPECT_THAT(axes_script({"5 %d", "", "", {"50 % off"}, 800, 400}),
              testing::AllOf(testing::HasSubstr("('50 %% off' 0)"), testing::HasSubstr("'5 %d'")));
}

TEST(Axes, NumbersOfADataFile) {
  EXPECT_EQ(number_or_nan(0.25), "0.25");
  EXPECT_EQ(number_or_nan(NAN), "NaN");
  EXPECT_EQ(number_or_nan(INFINITY), "NaN");
  EXPECT_EQ(one_line("a\nb"), "a b");
}

}  // namespace
}  // namespace ripple
