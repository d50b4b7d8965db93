#include "ripple/report/figure_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ripple {
namespace {

using testing::ElementsAre;

TEST(FigureText, KeepsWhatFontsHave) {
  for (const char* text : {"tabby cat", "M\u00f6we \u0141\u00f3d\u017a", "\u03b1\u03b2 \u2265 1",
                           "\u041a\u043e\u0442", "a\nb", "50 % \u2014 \u20ac"}) {
    EXPECT_EQ(figure_text(text), text);
  }
}

TEST(FigureText, OneQuestionMarkForACharacterThatNoFontMayHave) {
  EXPECT_EQ(figure_text("a \u732b\u72ac b"), "a ?? b");
  EXPECT_EQ(figure_text("\U0001f431"), "?");
  EXPECT_EQ(figure_text("\xe7\x8c"), "??");
  EXPECT_EQ(figure_text("a\u202eb\u200bc\u0085"), "a?b?c?");
}

TEST(FigureText, ShortenedKeepsBothEnds) {
  EXPECT_EQ(shortened("tiger shark", 11), "tiger shark");
  EXPECT_EQ(shortened("tiger shark", 10), "tiger ..rk");
  EXPECT_EQ(shortened("\u041a\u043e\u0442\u043e\u0444\u0435\u0439", 6),
            "\u041a\u043e\u0442..\u0439");
  EXPECT_EQ(shortened("abcde", 4), "ab..");
  EXPECT_EQ(characters_of("\u041a\u043e\u0442 \xff"), 5u);
}

TEST(FigureText, NamesAreDrawableShortAndDifferent) {
  EXPECT_THAT(figure_names({"cat", "\u732b", "M\u00f6we"}, 24),
              ElementsAre("cat", "1", "M\u00f6we"));
  EXPECT_THAT(figure_names({"hound, Ibizan, dog", "hound, Afghan, dog", "x"}, 12),
              ElementsAre("0 hound..dog", "1 hound..dog", "x"));
  // A class may be called what another one's number is.
  EXPECT_THAT(figure_names({"1", "\u732b"}, 24), ElementsAre("0 1", "1 ?"));
}

}  // namespace
}  // namespace ripple
