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

TEST(Text, FirstCharacterDecodes) {
  const auto is = [](std::string_view text, char32_t code, std::size_t bytes) {
    const Character character = first_character(text);
    return character.code == code && character.bytes == bytes;
  };
  EXPECT_TRUE(is("", 0, 0));
  EXPECT_TRUE(is("ab", 'a', 1));
  EXPECT_TRUE(is("\u00e9t", 0xe9, 2));
  EXPECT_TRUE(is("\u732b", 0x732b, 3));
  EXPECT_TRUE(is("\U0001f431", 0x1f431, 4));
  EXPECT_TRUE(is("\ufffd", 0xfffd, 3));
  EXPECT_TRUE(is("\xe7\x8c", 0xfffd, 1));
  EXPECT_TRUE(is("\xa9z", 0xfffd, 1));
}

TEST(Text, AsciiHasALetterACharacter) {
  EXPECT_EQ(in_ascii("tabby cat ~"), "tabby cat ~");
  EXPECT_EQ(in_ascii("M\u00f6we, \u00c9t\u00e9, \u0141\u00f3d\u017a, stra\u00dfe"),
            "Mowe, Ete, Lodz, strase");
  EXPECT_EQ(in_ascii("ch\u00f3 m\u00e8o \u1edf \u0218\u021b"), "cho meo o St");
  EXPECT_EQ(in_ascii("e\u0301te\u0301"), "ete");  // combining
  EXPECT_EQ(in_ascii("\u201ca\u201d\u2014b\u2019s\u00a0c"), "\"a\"-b's c");
  EXPECT_EQ(in_ascii("\u732b\u72ac"), "??");
  EXPECT_EQ(in_ascii("\u041a\u043e\u0442"), "???");
  EXPECT_EQ(in_ascii("\U0001f431!"), "?!");
  EXPECT_EQ(in_ascii("a\xff\xe7\x8c"), "a???");
  EXPECT_EQ(in_ascii("a\n\x7f\u00f7\u0180\u0184\u0250\u1f00"), "a???b???");
}

}  // namespace
}  // namespace ripple
