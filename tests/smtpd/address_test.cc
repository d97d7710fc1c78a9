#include "smtpd/address.h"

#include <gtest/gtest.h>

#include <string>

#include "smtpd/address_literal.h"

namespace smtp {
namespace {

std::string name_of(std::string_view path) {
  const auto parsed = parse_forward_path(path);
  return parsed ? parsed->path.name() : std::string("refused");
}

// Covers: 5321-4.1.2-6
TEST(AddressTest, LocalPartIsUnquoted) {
  EXPECT_EQ(name_of("<a.b@c>"), "a.b@c");
  EXPECT_EQ(name_of("<\"a.b\"@c>"), "a.b@c");
  EXPECT_EQ(name_of("<\"a\\\"b\\\\\"@c>"), "a\"b\\@c");
  EXPECT_EQ(name_of("<\"a b>@,\"@c>"), "a b>@,@c");
  EXPECT_EQ(name_of("<\"\"@c>"), "@c");
}

// Covers: 5321-4.1.1-2
TEST(AddressTest, QuotedStringEndsAtItsQuote) {
  EXPECT_EQ(name_of("<\"a@c>"), "refused");
  EXPECT_EQ(name_of("<\"a\\\"@c>"), "refused");
  EXPECT_EQ(name_of("<\"a\"b@c>"), "refused");
  EXPECT_EQ(name_of("<\"a\"\"b\"@c>"), "refused");
  EXPECT_EQ(name_of("<\"a\tb\"@c>"), "refused");
  EXPECT_EQ(name_of("<\"a\xc3\xa4\"@c>"), "refused");
}

// Covers: 5321-4.1.1-2
TEST(AddressTest, AtextIsAllOfRfc5322) {
  EXPECT_EQ(name_of("<!#$%&'*+-/=?^_`{|}~@c>"), "!#$%&'*+-/=?^_`{|}~@c");
  for (const char c : std::string("()<>[]:;@\\,\" ")) {
    EXPECT_EQ(name_of(std::string("<a") + c + "b@c>"), "refused") << c;
  }
}

// Covers: 5321-4.1.2-9, 5321-4.1.2-10, 5321-F.4-1
TEST(AddressTest, DomainIsLabelsOrALiteral) {
  for (const auto* good :
       {"c", "c.d", "1", "a-b.c", "my_host", "_srv.c", "[1.2.3.4]", "[IPv6:::]"}) {
    EXPECT_EQ(name_of("<a@" + std::string(good) + ">"), "a@" + std::string(good));
  }
  for (const auto* bad : {"", ".", "c.", ".c", "c..d", "-c", "c-", "c-.d", "c d", "[", "[1.2.3.4",
                          "1.2.3.4]", "[1.2.3.4]x", "c\xc3\xa4", "#16909060"}) {
    EXPECT_EQ(name_of("<a@" + std::string(bad) + ">"), "refused") << bad;
  }
}

// Covers: 5321-4.1.3-2
TEST(AddressLiteralTest, Ipv4HasFourNumbersTo255) {
  for (const auto* good : {"0.0.0.0", "255.255.255.255", "127.0.0.1", "001.02.3.4"}) {
    EXPECT_TRUE(is_address_literal(good)) << good;
  }
  for (const auto* bad : {"", "1", "1.2.3", "1.2.3.4.5", "1.2.3.256", "1.2.3.", ".1.2.3", "1..2.3",
                          "1.2.3.0004", "1.2.3.x", "1.2.3.4 "}) {
    EXPECT_FALSE(is_address_literal(bad)) << bad;
  }
}

// Covers: 5321-4.1.3-2
TEST(AddressLiteralTest, Ipv6HasEightGroupsOrOneGap) {
  for (const auto* good :
       {"IPv6:1:2:3:4:5:6:7:8", "ipv6:::", "IPV6:::1", "IPv6:1::", "IPv6:1:2:3::8",
        "IPv6:1:2:3:4:5:6:1.2.3.4", "IPv6:::ffff:1.2.3.4", "IPv6:fe80::a:B:0001"}) {
    EXPECT_TRUE(is_address_literal(good)) << good;
  }
  for (const auto* bad :
       {"IPv6:", "IPv6:1", "IPv6:1:2:3:4:5:6:7", "IPv6:1:2:3:4:5:6:7:8:9", "IPv6:1::2::3",
        "IPv6::::", "IPv6:12345::", "IPv6:g::", "IPv6:1:2:3:4:5:6:7::", "IPv6:1.2.3.4::1",
        "IPv6:1:2:3:4:5:6:7:1.2.3.4", "IPv6::1:2"}) {
    EXPECT_FALSE(is_address_literal(bad)) << bad;
  }
}

// Covers: 5321-4.1.3-2
TEST(AddressLiteralTest, GeneralHasATagAndText) {
  EXPECT_TRUE(is_address_literal("x-tag:any!thing"));
  for (const auto* bad : {"x", ":x", "x:", "x-:y", "x:a b", "x:a[b", "x:a\\b"}) {
    EXPECT_FALSE(is_address_literal(bad)) << bad;
  }
}

TEST(AddressTest, OnlyAReversePathMayBeNullOnlyAForwardPathPostmaster) {
  EXPECT_TRUE(parse_reverse_path("<>")->path.is_null());
  EXPECT_FALSE(parse_forward_path("<>"));
  EXPECT_EQ(parse_forward_path("<PostMaster>")->path.text, "PostMaster");
  EXPECT_FALSE(parse_reverse_path("<postmaster>"));
  EXPECT_FALSE(parse_forward_path("<postmasters>"));
}

// Covers: 5321-3.3-5, 5321-4.1.1.3-2, 5321-4.1.2-1, 5321-F.2-1
TEST(AddressTest, SourceRouteIsCheckedAndDropped) {
  EXPECT_EQ(name_of("<@x:a@c>"), "a@c");
  EXPECT_EQ(name_of("<@x,@[1.2.3.4]:a@c>"), "a@c");
  for (const auto* bad :
       {"<@:a@c>", "<@x a@c>", "<@xa@c>", "<@x,:a@c>", "<@x,y:a@c>", "<x:a@c>", "<@x:>"}) {
    EXPECT_EQ(name_of(bad), "refused") << bad;
  }
}

// Covers: 5321-2.4-3
TEST(AddressTest, TextIsTheMailboxAsTyped) {
  EXPECT_EQ(parse_forward_path("<@x:\"a\"@C.d> NEXT")->path.text, "\"a\"@C.d");
  EXPECT_EQ(parse_forward_path("<@x:\"a\"@C.d> NEXT")->rest, " NEXT");
}

// Covers: 5321-4.5.3.1.3-1
TEST(AddressTest, PathHasItsLimit) {
  const std::string at_limit = "<" + std::string(252, 'a') + "@c>";
  ASSERT_EQ(at_limit.size(), 256U);
  EXPECT_TRUE(parse_forward_path(at_limit));
  EXPECT_FALSE(parse_forward_path("<a" + at_limit.substr(1)));
}

// Covers: 5321-3.5.2-3
TEST(AddressTest, NameIsSpeltSoThatItComesBack) {
  EXPECT_EQ(spell_mailbox("john.doe@c"), "john.doe@c");
  EXPECT_EQ(spell_mailbox("a,b@c"), "\"a,b\"@c");
  EXPECT_EQ(spell_mailbox("a@b@c"), "\"a@b\"@c");
  EXPECT_EQ(spell_mailbox("a..b@c"), "\"a..b\"@c");
  EXPECT_EQ(spell_mailbox("a\"b\\c@d"), "\"a\\\"b\\\\c\"@d");
  EXPECT_EQ(spell_mailbox("\"a\"@c"), "\"\\\"a\\\"\"@c");
  EXPECT_EQ(spell_mailbox("<a@c>"), std::nullopt);
  EXPECT_EQ(spell_mailbox("j\xc3\xb6rg@c"), std::nullopt);
  EXPECT_EQ(spell_mailbox("a@b,c"), std::nullopt);
  EXPECT_EQ(spell_mailbox(std::string(252, ',') + "@c"), std::nullopt) << "over a path's limit";
}

}  // namespace
}  // namespace smtp
