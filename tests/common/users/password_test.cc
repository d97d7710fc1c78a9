#include "common/users/password.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace users {
namespace {

Password password(std::string_view field) {
  auto parsed = Password::parse(field);
  EXPECT_TRUE(parsed) << field << ": " << parsed.error();
  return *std::move(parsed);
}

// Made by: openssl passwd -6 -salt saltsalt geheim
constexpr std::string_view kSha512 =
    "{CRYPT}$6$saltsalt$sfZR6YSW/Dp0uCiyF9fDipa6ORr5LVLOwXNgtzRl"
    "XXhkC7xA3w4zy97VIC3vL14AUXGJp3yBjZVztkdiBzJnX1";
// RFC 7677 §3: user "user", password "pencil".
constexpr std::string_view kPencil =
    "{SCRAM-SHA-256}4096,W22ZaJ0SNY7soEsUEjb6gQ==,WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=,"
    "wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=";

TEST(PasswordTest, PlainOnesMatchExactly) {
  EXPECT_TRUE(password("geheim").matches("geheim"));
  EXPECT_FALSE(password("geheim").matches("geheim "));
  EXPECT_FALSE(password("geheim").matches("Geheim"));
  EXPECT_FALSE(password("geheim").matches(""));
  EXPECT_TRUE(password("{PLAIN}{CRYPT}x").matches("{CRYPT}x"));
  EXPECT_TRUE(password("{plain}x").matches("x"));
  EXPECT_FALSE(password("geheim").is_hashed());
}

TEST(PasswordTest, CryptTakesWhatOtherProgramsMade) {
  const Password kept = password(kSha512);
  EXPECT_TRUE(kept.is_hashed());
  EXPECT_TRUE(kept.matches("geheim"));
  EXPECT_FALSE(kept.matches("Geheim"));
  EXPECT_FALSE(kept.matches(""));
  EXPECT_FALSE(kept.matches(std::string_view("geheim\0x", 8)));
  EXPECT_FALSE(kept.knows_scram());
}

TEST(PasswordTest, ScramSecretsOfRfc7677MatchItsPassword) {
  const Password kept = password(kPencil);
  EXPECT_TRUE(kept.is_hashed());
  EXPECT_TRUE(kept.knows_scram());
  EXPECT_TRUE(kept.matches("pencil"));
  EXPECT_FALSE(kept.matches("Pencil"));
  EXPECT_FALSE(kept.matches(std::string_view("pencil\0x", 8)));
}

TEST(PasswordTest, ScramOfAPlainPasswordIsWhatScramWouldHaveKept) {
  const auto kept = password(kPencil).scram_secrets("ignored");
  ASSERT_TRUE(kept);
  const auto derived = password("pencil").scram_secrets(kept->salt);
  ASSERT_TRUE(derived);
  EXPECT_EQ(derived->text(), kept->text());
}

TEST(PasswordTest, PasswordsThatLookAlikeArePreparedAlike) {
  // SASLprep (RFC 4013): SOFT HYPHEN is nothing, ROMAN NUMERAL NINE is IX.
  const auto secrets = ScramSecrets::derive("IX", "salt", 4096);
  ASSERT_TRUE(secrets);
  EXPECT_TRUE(secrets->match("I\xc2\xadX"));
  EXPECT_TRUE(secrets->match("\xe2\x85\xa8"));
  EXPECT_FALSE(secrets->match("ix"));
}

TEST(PasswordTest, PasswordsThatScramHasNoFormForMatchAllTheSame) {
  for (const std::string_view field : {"\xff\xfe", "with\x01control"}) {
    EXPECT_TRUE(password(field).matches(field));
    EXPECT_FALSE(password(field).knows_scram());
    EXPECT_FALSE(password(field).scram_secrets("salt"));
    EXPECT_FALSE(hash_password(field, HashScheme::kScramSha256));
    const auto crypted = hash_password(field, HashScheme::kCrypt);
    ASSERT_TRUE(crypted);
    EXPECT_TRUE(password(*crypted).matches(field));
  }
}

TEST(PasswordTest, WhatHashPasswordMakesIsTaken) {
  for (const auto scheme : {HashScheme::kCrypt, HashScheme::kScramSha256}) {
    const auto first = hash_password("pass word \xc3\xa4", scheme);
    const auto second = hash_password("pass word \xc3\xa4", scheme);
    ASSERT_TRUE(first && second);
    EXPECT_NE(*first, *second) << "the salt is always the same";
    EXPECT_TRUE(password(*first).matches("pass word \xc3\xa4"));
    EXPECT_FALSE(password(*first).matches("pass word a"));
  }
}

TEST(PasswordTest, BadFieldsAreErrorsThatDoNotTellThePassword) {
  for (const std::string_view field :
       {"{MD5}geheim", "{PLAIN}", "{CRYPT}", "{CRYPT}geheim", "{CRYPT}$9$geheim", "{CRYPT}*0",
        "{SCRAM-SHA-256}", "{SCRAM-SHA-256}geheim", "{SCRAM-SHA-256}1,c2FsdA==,geheim,geheim",
        "{SCRAM-SHA-256}4096,W22ZaJ0SNY7soEsUEjb6gQ==,geheim,geheim",
        "{SCRAM-SHA-256}99999999999,W22ZaJ0SNY7soEsUEjb6gQ==,geheim,geheim"}) {
    const auto parsed = Password::parse(field);
    ASSERT_FALSE(parsed) << field;
    EXPECT_FALSE(parsed.error().empty());
    EXPECT_FALSE(parsed.error().contains("geheim")) << parsed.error();
  }
}

}  // namespace
}  // namespace users
