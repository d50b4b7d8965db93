#include "ripple/app/terminal.h"

#include <cmath>
#include <cstdio>
#include <cstdlib>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

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

TEST(Terminal, ATerminalThatWasClosedEndsNoWork) {
  const int ours = ::posix_openpt(O_RDWR | O_NOCTTY);
  if (ours < 0) GTEST_SKIP() << "no terminal can be made here";
  ASSERT_EQ(::grantpt(ours), 0);
  ASSERT_EQ(::unlockpt(ours), 0);
  const int terminal = ::open(::ptsname(ours), O_RDWR | O_NOCTTY);
  ASSERT_GE(terminal, 0);
  const int before = ::dup(STDERR_FILENO);
  ::dup2(terminal, STDERR_FILENO);
  {
    ProgressLine progress("work");
    progress.show(0, 2);
    char seen[4] = {};
    EXPECT_EQ(::read(ours, seen, sizeof seen), ssize_t{sizeof seen});
    ::close(ours);
    ASSERT_EQ(::write(STDERR_FILENO, "x", 1), -1);  // nobody takes it any more
    EXPECT_NO_THROW(progress.show(2, 2));
    EXPECT_NO_THROW(note("said to nobody"));
  }
  ::dup2(before, STDERR_FILENO);
  std::clearerr(stderr);
  ::close(before);
  ::close(terminal);
}

}  // namespace
}  // namespace ripple
