#include "common/text/utf8.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace text {
namespace {

// As RFC 3629 §3 defines it.
std::string encoded(unsigned point) {
  const auto tail = [point](unsigned shift) {
    return static_cast<char>(0x80U | ((point >> shift) & 0x3fU));
  };
  if (point < 0x80) return {static_cast<char>(point)};
  if (point < 0x800) return {static_cast<char>(0xc0U | (point >> 6U)), tail(0)};
  if (point < 0x10000) return {static_cast<char>(0xe0U | (point >> 12U)), tail(6), tail(0)};
  return {static_cast<char>(0xf0U | (point >> 18U)), tail(12), tail(6), tail(0)};
}

TEST(Utf8Test, EveryCharacterHasItsLengthAndNoSurrogateIsOne) {
  for (unsigned point = 0; point < 0x120000; ++point) {
    const std::string octets = encoded(point);
    const bool scalar = point < 0xd800 || (point > 0xdfff && point <= 0x10ffff);
    ASSERT_EQ(utf8_length(octets), scalar ? octets.size() : 0U) << point;
    ASSERT_EQ(utf8_length(octets + "\x80"), scalar ? octets.size() : 0U) << point;
  }
}

TEST(Utf8Test, WhatIsCutOffIsNone) {
  EXPECT_EQ(utf8_length(""), 0U);
  for (const std::string_view whole : {"\xc3\xa4", "\xe2\x82\xac", "\xf0\x9f\x93\xa7"}) {
    for (size_t octets = 1; octets < whole.size(); ++octets) {
      EXPECT_EQ(utf8_length(whole.substr(0, octets)), 0U);
      EXPECT_EQ(utf8_length(std::string(whole.substr(0, octets)) + "x"), 0U);
    }
  }
}

TEST(Utf8Test, LongerFormsThanNeedBeAndStrayOctetsAreNone) {
  for (const std::string_view octets :
       {"\xc0\x80", "\xc1\xbf", "\xe0\x80\x80", "\xe0\x9f\xbf", "\xf0\x80\x80\x80",
        "\xf0\x8f\xbf\xbf", "\x80", "\xbf", "\xf5\x80\x80\x80", "\xff", "\xfe"}) {
    EXPECT_EQ(utf8_length(octets), 0U) << octets;
  }
}

}  // namespace
}  // namespace text
