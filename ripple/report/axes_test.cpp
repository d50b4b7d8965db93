#include "ripple/report/axes.h"

#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ripple {
namespace {

TEST(Axes, NamesStandAtTheirPlaces) {
  const std::string script = axes_script({"t", "x", "y", {"a", "it's"}, 400});
  EXPECT_THAT(script, testing::HasSubstr("('a' 0, 'it''s' 1)"));
  EXPECT_THAT(script, testing::Not(testing::HasSubstr("rotate")));
}

TEST(Axes, ManyNamesAreTurned) {
  EXPECT_THAT(axes_script({"", "", "", std::vector<std::string>(31, "n"), 400}),
              testing::HasSubstr("rotate by 45"));
}

TEST(Axes, NumbersOfADataFile) {
  EXPECT_EQ(number_or_nan(0.25), "0.25");
  EXPECT_EQ(number_or_nan(NAN), "NaN");
  EXPECT_EQ(number_or_nan(INFINITY), "NaN");
  EXPECT_EQ(one_line("a\nb"), "a b");
}

}  // namespace
}  // namespace ripple
