#include "ripple/image/text.h"

#include <string>

#include <gtest/gtest.h>

namespace ripple {
namespace {

TEST(Text, TakesAsciiAndUtf8OfEveryLength) {
  EXPECT_TRUE(is_displayable("tabby cat"));
  EXPECT_TRUE(is_displayable("\xc3\xa9t\xc3\xa9"));
  EXPECT_TRUE(is_displayable("\xe7\x8c\xab"));
  EXPECT_TRUE(is_displayable("\xf0\x9f\x90\xb1"));
}

TEST(Text, RefusesControlCharacters) {
  EXPECT_FALSE(is_displayable("a\x1b[31m"));
  EXPECT_FALSE(is_displayable("a\nb"));
  EXPECT_FALSE(is_displayable("a\x7f"));
  EXPECT_FALSE(is_displayable("\xc2\x9b"));
  EXPECT_FALSE(is_displayable(std::string_view("a\0b", 3)));
}

TEST(Text, RefusesInvalidUtf8) {
  EXPECT_FALSE(is_displayable("\xff"));
  EXPECT_FALSE(is_displayable("\xc0\xaf"));
  EXPECT_FALSE(is_displayable("\xe0\x80\xaf"));
  EXPECT_FALSE(is_displayable("\xed\xa0\x80"));
  EXPECT_FALSE(is_displayable("\xf4\x90\x80\x80"));
  EXPECT_FALSE(is_displayable("\xc3"));
  EXPECT_FALSE(is_displayable("\xe7\x8cz"));
}

TEST(Text, RefusesEmptyAndOverlongNames) {
  EXPECT_FALSE(is_displayable(""));
  EXPECT_TRUE(is_displayable(std::string(255, 'a')));
  EXPECT_FALSE(is_displayable(std::string(256, 'a')));
}

}  // namespace
}  // namespace ripple
