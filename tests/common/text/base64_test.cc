#include "common/text/base64.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace text {
namespace {

TEST(Base64Test, TheVectorsOfRfc4648HoldBothWays) {
  constexpr std::pair<std::string_view, std::string_view> kVectors[] = {{"", ""},
                                                                        {"f", "Zg=="},
                                                                        {"fo", "Zm8="},
                                                                        {"foo", "Zm9v"},
                                                                        {"foob", "Zm9vYg=="},
                                                                        {"fooba", "Zm9vYmE="},
                                                                        {"foobar", "Zm9vYmFy"}};
  for (const auto& [octets, text] : kVectors) {
    EXPECT_EQ(to_base64(octets), text);
    EXPECT_EQ(from_base64(text), octets);
  }
}

TEST(Base64Test, EveryOctetComesBack) {
  std::string octets;
  for (int length = 0; length < 300; ++length) {
    EXPECT_EQ(from_base64(to_base64(octets)), octets);
    octets += static_cast<char>(255 - length % 256);
  }
}

TEST(Base64Test, WhatIsNotBase64IsNothing) {
  for (const std::string_view text :
       {"=", "Zg", "Zg=", "Zg===", "Z===", "====", "Zm9v=", "Zm 9", "Zm9v\n", "Zm9-", "Zm9_",
        "Zh==", "Zm9=", "Zg==Zg==", "=Zg=", "Zm9v\xc3\xa4=="}) {
    EXPECT_EQ(from_base64(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace text
