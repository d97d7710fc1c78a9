#include "common/text/ascii.h"

#include <gtest/gtest.h>

#include <string_view>

namespace text {
namespace {

TEST(AsciiTest, BlanksAreDroppedAtBothEndsOnly) {
  EXPECT_EQ(without_blanks(" \t a b\t "), "a b");
  EXPECT_EQ(without_blanks(" \t "), "");
}

TEST(AsciiTest, WordsAreTakenOneByOne) {
  std::string_view rest = "  1  20 ";
  EXPECT_EQ(take_word(rest), "1");
  EXPECT_EQ(take_word(rest), "20");
  EXPECT_EQ(take_word(rest), "");
  EXPECT_EQ(without_blanks(rest), "");
}

TEST(AsciiTest, OnlyAToZHaveCases) {
  EXPECT_TRUE(equal_ignoring_case("Az09@[`{", "aZ09@[`{"));
  EXPECT_FALSE(equal_ignoring_case("@[", "`{"));
  EXPECT_FALSE(equal_ignoring_case("\xc3\x84", "\xc3\xa4"));  // Ä and ä
}

}  // namespace
}  // namespace text
