#include "ripple/model/onnx_names.h"

#include <gtest/gtest.h>

namespace ripple {
namespace {

TEST(DisplayName, LeavesWhatCanBeShown) {
  EXPECT_EQ(display_name(""), "");
  EXPECT_EQ(display_name("conv1/weight:0"), "conv1/weight:0");
  EXPECT_EQ(display_name("Gr\xc3\xb6\xc3\x9f"
                         "e"),
            "Gr\xc3\xb6\xc3\x9f"
            "e");
}

TEST(DisplayName, EscapesAndCutsTheRest) {
  EXPECT_EQ(display_name("\x1b[2Jred"), "\\x1b[2Jred");
  EXPECT_EQ(display_name("a\xff"), "a\\xff");
  const std::string long_name(300, 'x');
  EXPECT_EQ(display_name(long_name), std::string(80, 'x') + "...");
}

TEST(NameSet, CountsOnWhereANameIsTaken) {
  NameSet names;
  EXPECT_EQ(names.unique("a"), "a");
  EXPECT_EQ(names.unique("a"), "a#2");
  EXPECT_EQ(names.unique("a#3"), "a#3");
  EXPECT_EQ(names.unique("a"), "a#4");
  EXPECT_EQ(names.unique("b"), "b");
}

}  // namespace
}  // namespace ripple
