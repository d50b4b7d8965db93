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

}  // namespace
}  // namespace ripple
