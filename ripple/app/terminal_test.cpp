#include "ripple/app/terminal.h"

#include <cmath>

#include <gtest/gtest.h>

namespace ripple {
namespace {

TEST(Terminal, GroupsDigits) {
  EXPECT_EQ(grouped(0), "0");
  EXPECT_EQ(grouped(999), "999");
  EXPECT_EQ(grouped(1000), "1,000");
  EXPECT_EQ(grouped(-1234567), "-1,234,567");
  EXPECT_EQ(grouped(-123), "-123");
}

TEST(Terminal, CountsInWords) {
  EXPECT_EQ(counted(1, "image"), "1 image");
  EXPECT_EQ(counted(0, "image"), "0 images");
  EXPECT_EQ(counted(1234, "class", "classes"), "1,234 classes");
  EXPECT_EQ(counted(1, "class", "classes"), "1 class");
}

TEST(Terminal, SaysDurationsInTheUnitThatFits) {
  EXPECT_EQ(duration(12.4), "12 s");
  EXPECT_EQ(duration(200), "3 min 20 s");
  EXPECT_EQ(duration(3900), "1 h 05 min");
}

TEST(Terminal, PercentOfNothingIsADash) {
  EXPECT_EQ(percent(0.6249), "62.5 %");
  EXPECT_EQ(percent(NAN), "-");
}

TEST(Terminal, TableAlignsColumnsAndLeavesNoTrailingBlanks) {
  Table table({{"a"}, {"bcd", Table::Align::kRight}, {"e"}});
  table.add({"long", "1", ""});
  table.add({"\xC3\xA9", "22", "x"});  // one character of two bytes
  EXPECT_EQ(table.text(), "a     bcd  e\nlong    1\n\xC3\xA9      22  x\n");
}

TEST(Terminal, WideCharactersTakeTwoColumnsAndCombiningOnesNone) {
  EXPECT_EQ(display_width("\xE7\x8C\xAB"), 2u);      // a character of Chinese
  EXPECT_EQ(display_width("\xEA\xB3\xA0"), 2u);      // a syllable of Korean
  EXPECT_EQ(display_width("\xF0\x9F\x90\xB1"), 2u);  // a pictograph
  EXPECT_EQ(display_width("e\xCC\x81"), 1u);         // a letter and its accent
  EXPECT_EQ(display_width("\xC3\xA9"), 1u);
  EXPECT_EQ(display_width("\xD0\xBA\xD0\xBE\xD1\x82"), 3u);  // Cyrillic
  Table table({{"a"}, {"b"}});
  table.add({"\xE7\x8C\xAB", "1"});
  table.add({"cat", "2"});
  EXPECT_EQ(table.text(), "a    b\n\xE7\x8C\xAB   1\ncat  2\n");
}

}  // namespace
}  // namespace ripple
