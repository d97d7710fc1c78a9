#include "common/users/user_db.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "common/text/ascii.h"

namespace users {
namespace {

size_t bad_line(std::string_view text) {
  const auto db = UserDb::parse(text);
  return db ? 0 : db.error().line;
}

// Covers: 5321-2.4-2
TEST(UserDbTest, NameMatchesCaseBlindAndKeepsItsSpelling) {
  const auto db = UserDb::parse("John.Doe@Example.com secret\n");
  ASSERT_TRUE(db);
  ASSERT_NE(db->find("jOHN.dOE@eXAMPLE.COM"), nullptr);
  EXPECT_EQ(db->find("john.doe@example.com")->name, "John.Doe@Example.com");
  EXPECT_EQ(db->find("john@example.com"), nullptr);
  EXPECT_TRUE(db->has_domain("EXAMPLE.com"));
  EXPECT_FALSE(db->has_domain("example.org"));
}

TEST(UserDbTest, ALoginMayLeaveOutADomainThatIsPlain) {
  const auto db = UserDb::parse("john@a secret\nJohn@b secret\nmary@a secret\na@b@c secret\n");
  ASSERT_TRUE(db);
  ASSERT_NE(db->find_login("MARY"), nullptr);
  EXPECT_EQ(db->find_login("MARY")->name, "mary@a");
  EXPECT_EQ(db->find_login("john"), nullptr) << "there are two";
  EXPECT_EQ(db->find_login("john@B")->name, "John@b");
  EXPECT_EQ(db->find_login("a@b")->name, "a@b@c");
  EXPECT_EQ(db->find_login("mary@"), nullptr);
  EXPECT_EQ(db->find_login(""), nullptr);
  EXPECT_EQ(db->find("mary"), nullptr) << "an address has a domain";
}

TEST(UserDbTest, ScramIsForAllOrNotOffered) {
  EXPECT_TRUE(UserDb::parse("a@b c\nd@e {PLAIN}f\n")->all_know_scram());
  EXPECT_FALSE(UserDb::parse("a@b c\nd@e {CRYPT}$6$saltsalt$\n")->all_know_scram());
  EXPECT_FALSE(UserDb::parse("a@b \xff\nd@e f\n")->all_know_scram());
}

TEST(UserDbTest, PasswordIsTheRestOfTheLineExactly) {
  const auto db = UserDb::parse("a@b \t pass word\twith\ttabs \t\r\nc@d #x\n");
  ASSERT_TRUE(db);
  EXPECT_TRUE(db->find("a@b")->password.matches("pass word\twith\ttabs"));
  EXPECT_FALSE(db->find("a@b")->password.matches("pass word\twith\ttab"));
  EXPECT_FALSE(db->find("a@b")->password.matches("Pass word\twith\ttabs"));
  EXPECT_FALSE(db->find("a@b")->password.matches("pass word\twith\ttabs "));
  EXPECT_FALSE(db->find("a@b")->password.matches(""));
  EXPECT_TRUE(db->find("c@d")->password.matches("#x"));
}

TEST(UserDbTest, BlankLinesAndCommentsAreSkippedButCounted) {
  EXPECT_EQ(bad_line("# users\n\n  \t\r\na@b c\n#x\nbad\n"), 6U);
  const auto db = UserDb::parse("# users\n\na@b c\n");
  ASSERT_TRUE(db);
  EXPECT_EQ(db->all().size(), 1U);
}

TEST(UserDbTest, LastLineNeedsNoLineEnd) {
  const auto db = UserDb::parse("a@b c");
  ASSERT_TRUE(db);
  EXPECT_TRUE(db->find("a@b")->password.matches("c"));
}

TEST(UserDbTest, BadLineIsRefusedWithItsNumber) {
  const std::string good = "ok@example.com x\n";
  const std::string bad[] = {
      "a@b",
      "a@b  \t ",
      "nodomain pw",
      "@b pw",
      "a@ pw",
      ".a@b pw",
      "a/../x@b pw",
      std::string("a\0b@c pw", 8),
      "a\x01@b pw",
      std::string(253, 'a') + "@b pw",
      "OK@EXAMPLE.COM again",
      "a@b {SHA}xyz",
      "a@b {PLAIN}",
      " a@b pw",
  };
  for (const auto& line : bad) {
    EXPECT_EQ(bad_line(good + line + "\n" + "z@z z\n"), 2U) << testing::PrintToString(line);
  }
  EXPECT_EQ(bad_line(good + std::string(252, 'a') + "@b pw\n"), 0U);  // 254 octets
}

TEST(UserDbTest, PlainSchemeIsForPasswordsThatBeginSo) {
  const auto db = UserDb::parse("a@b {PLAIN}{CRYPT}x\nc@d {not a scheme}\ne@f {}\ng@h {plain}y\n");
  ASSERT_TRUE(db);
  EXPECT_TRUE(db->find("a@b")->password.matches("{CRYPT}x"));
  EXPECT_TRUE(db->find("c@d")->password.matches("{not a scheme}"));
  EXPECT_TRUE(db->find("e@f")->password.matches("{}"));
  EXPECT_TRUE(db->find("g@h")->password.matches("y"));
}

TEST(UserDbTest, FirstUserIsTheFirstLine) {
  const auto db = UserDb::parse("z@z 1\na@a 2\n");
  ASSERT_TRUE(db);
  EXPECT_EQ(db->all().front().name, "z@z");
}

// As they stand in a large users.txt: hardly different from each other.
std::vector<std::string> ten_thousand_names() {
  std::vector<std::string> names;
  for (int i = 0; i < 10'000; ++i) {
    names.push_back("User" + std::to_string(i) + "@Example" + std::to_string(i % 10) + ".com");
  }
  return names;
}

TEST(UserDbTest, TenThousandUsersAreAllFoundInAnyCaseAndNobodyElseIs) {
  std::string text;
  for (const auto& name : ten_thousand_names()) text += name + " of-" + name + '\n';
  auto parsed = UserDb::parse(text);
  ASSERT_TRUE(parsed) << parsed.error().reason;
  const UserDb db = *std::move(parsed);  // moved: its tables must not point to where it was
  text.clear();
  EXPECT_EQ(db.all().size(), 10'000U);
  for (const auto& name : ten_thousand_names()) {
    const User* user = db.find(text::to_lower(name));
    ASSERT_NE(user, nullptr) << name;
    EXPECT_EQ(user->name, name);
    EXPECT_TRUE(user->password.matches("of-" + name));
    EXPECT_EQ(db.find('x' + name), nullptr);
  }
  EXPECT_TRUE(db.has_domain("EXAMPLE9.COM"));
  EXPECT_FALSE(db.has_domain("example10.com"));
}

// A look-up is as many comparisons as names share a place: were these many, ten thousand users
// would take longer than one.
TEST(UserDbTest, TenThousandNamesHardlyEverMeetInTheTable) {
  constexpr size_t kPlaces = 16'384;
  std::vector<size_t> names_at(kPlaces);
  for (const auto& name : ten_thousand_names()) {
    const size_t hash = text::CaseBlindHash()(name);
    EXPECT_EQ(text::CaseBlindHash()(text::to_lower(name)), hash);
    ++names_at[hash % kPlaces];
  }
  EXPECT_LE(std::ranges::max(names_at), 8U);
}

}  // namespace
}  // namespace users
