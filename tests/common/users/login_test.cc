#include "common/users/login.h"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "tests/support/fixed_users.h"

namespace users {
namespace {

using protocol::Accepted;
using protocol::Authenticate;
using protocol::AuthOutcome;
using protocol::Challenge;
using protocol::Credentials;
using protocol::Refused;
using protocol::SaslMessage;
using protocol::SaslStart;

constexpr std::string_view kHashed =
    "mary@example.com {SCRAM-SHA-256}4096,W22ZaJ0SNY7soEsUEjb6gQ==,"
    "WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=,wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=\n";

const std::string kMessage("\0john@example.com\0right", 23);

class LoginTest : public testing::Test {
 protected:
  AuthOutcome step(Authenticate action) { return login_.step(action, {}); }
  bool is_quick(const Authenticate& action) { return login_.quick_step(action, {}).has_value(); }
  static bool refused(const AuthOutcome& outcome) {
    return std::holds_alternative<Refused>(outcome);
  }
  static std::string accepted(const AuthOutcome& outcome) {
    const auto* accepted = std::get_if<Accepted>(&outcome);
    return accepted == nullptr ? "" : accepted->user;
  }

  support::FixedUsers users_{"john@example.com right\n"};
  const KeyedHash hash_;
  Login login_{users_, hash_};
};

TEST_F(LoginTest, NameAndPasswordAreCheckedInOneStep) {
  EXPECT_EQ(accepted(step({Credentials{"JOHN", "right"}})), "john@example.com");
  EXPECT_EQ(login_.wrong_password(), std::nullopt);
  EXPECT_TRUE(refused(step({Credentials{"john", "wrong"}})));
  EXPECT_EQ(login_.name(), "john");
  EXPECT_EQ(login_.wrong_password(), "wrong");
}

TEST_F(LoginTest, WrongPasswordOfOneStepIsNotTheNextOnes) {
  EXPECT_TRUE(refused(step({Credentials{"john", "wrong"}})));
  EXPECT_TRUE(std::holds_alternative<Challenge>(step({SaslStart{"PLAIN", std::nullopt}})));
  EXPECT_EQ(login_.wrong_password(), std::nullopt);
  EXPECT_EQ(login_.name(), "");
}

TEST_F(LoginTest, MessageWithoutAnExchangeIsRefused) {
  EXPECT_TRUE(refused(step({SaslMessage{kMessage}})));
  EXPECT_EQ(accepted(step({SaslStart{"PLAIN", kMessage}})), "john@example.com");
  EXPECT_TRUE(refused(step({SaslMessage{kMessage}}))) << "the exchange went on after its end";
}

TEST_F(LoginTest, NewStartTakesTheUnfinishedExchangesPlace) {
  EXPECT_TRUE(std::holds_alternative<Challenge>(
      step({SaslStart{"SCRAM-SHA-256", "n,,n=john,r=abcdefgh"}})));
  EXPECT_TRUE(std::holds_alternative<Challenge>(step({SaslStart{"PLAIN", std::nullopt}})));
  EXPECT_EQ(accepted(step({SaslMessage{kMessage}})), "john@example.com");
}

TEST_F(LoginTest, ExchangeThatIsBrokenOffIsForgottenAtOnce) {
  const std::weak_ptr<const UserDb> users = users_.current();
  EXPECT_TRUE(std::holds_alternative<Challenge>(step({SaslStart{"PLAIN", std::nullopt}})));
  users_.set("john@example.com right\n");
  EXPECT_FALSE(users.expired()) << "this test takes the exchange's users for a sign of it";
  EXPECT_TRUE(refused(step({protocol::SaslCancelled{}})));
  EXPECT_TRUE(users.expired());
  EXPECT_EQ(login_.wrong_password(), std::nullopt);
  EXPECT_TRUE(refused(step({SaslMessage{kMessage}})));
}

TEST_F(LoginTest, NothingIsQuickThatMayHash) {
  const Authenticate credentials{Credentials{"john", "right"}};
  const Authenticate plain{SaslStart{"PLAIN", kMessage}};
  const Authenticate scram{SaslStart{"SCRAM-SHA-256", "n,,n=john,r=abcdefgh"}};
  const Authenticate message{SaslMessage{kMessage}};
  EXPECT_TRUE(is_quick(credentials));
  EXPECT_TRUE(is_quick(plain));
  EXPECT_FALSE(is_quick(scram));
  (void)step(scram);
  EXPECT_FALSE(is_quick(message));
  users_.set("john@example.com right\n" + std::string(kHashed));
  for (const auto& action : {credentials, plain, scram}) EXPECT_FALSE(is_quick(action));
  (void)step({SaslStart{"PLAIN", std::nullopt}});
  EXPECT_FALSE(is_quick(message));
}

TEST_F(LoginTest, AnExchangeIsAsQuickAsTheUsersThatItBeganWith) {
  const Authenticate message{SaslMessage{kMessage}};
  (void)step({SaslStart{"PLAIN", std::nullopt}});
  users_.set("john@example.com right\n" + std::string(kHashed));
  EXPECT_EQ(accepted(login_.quick_step(message, {}).value_or(Refused{})), "john@example.com");
}

TEST_F(LoginTest, WhatIsNotQuickIsNotBegun) {
  EXPECT_FALSE(is_quick({SaslStart{"SCRAM-SHA-256", "n,,n=john,r=abcdefgh"}}));
  EXPECT_TRUE(is_quick({SaslMessage{"c=biws"}})) << "there is no exchange that could hash";
}

TEST_F(LoginTest, ExchangeGoesOnWithTheUsersThatItBeganWith) {
  EXPECT_TRUE(std::holds_alternative<Challenge>(step({SaslStart{"PLAIN", std::nullopt}})));
  users_.set("mary@example.com other\n");
  EXPECT_EQ(accepted(step({SaslMessage{kMessage}})), "john@example.com");
  EXPECT_TRUE(refused(step({SaslStart{"PLAIN", kMessage}})));
}

}  // namespace
}  // namespace users
