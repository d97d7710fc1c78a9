#include "common/users/sasl_exchange.h"

#include <gsasl.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "common/text/base64.h"

namespace users {
namespace {

using protocol::Accepted;
using protocol::AuthOutcome;
using protocol::Challenge;
using protocol::Refused;

std::shared_ptr<const UserDb> database() {
  auto db = UserDb::parse(
      "john@example.com pass word\n"
      "mary@example.com {SCRAM-SHA-256}4096,W22ZaJ0SNY7soEsUEjb6gQ==,"
      "WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=,wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU="
      "\n");
  EXPECT_TRUE(db);
  return std::make_shared<const UserDb>(*std::move(db));
}

constexpr std::string_view kPlainMessage("\0john@example.com\0pass word", 27);

// The other side: GNU SASL's client.
class Client {
 public:
  Client(const char* mechanism, const std::string& name, const std::string& password,
         const ChannelBinding& binding = {}) {
    EXPECT_EQ(gsasl_init(&library_), GSASL_OK);
    EXPECT_EQ(gsasl_client_start(library_, mechanism, &session_), GSASL_OK);
    gsasl_property_set(session_, GSASL_AUTHID, name.c_str());
    gsasl_property_set(session_, GSASL_PASSWORD, password.c_str());
    if (!binding.tls_unique.empty()) {
      gsasl_property_set(session_, GSASL_CB_TLS_UNIQUE,
                         text::to_base64(binding.tls_unique).c_str());
    }
    if (!binding.tls_exporter.empty()) {
      gsasl_property_set(session_, GSASL_CB_TLS_EXPORTER,
                         text::to_base64(binding.tls_exporter).c_str());
    }
  }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  ~Client() {
    gsasl_finish(session_);
    gsasl_done(library_);
  }

  // Its answer, or nothing if it gives up.
  std::optional<std::string> step(std::string_view message) {
    char* out = nullptr;
    size_t octets = 0;
    const int status = gsasl_step(session_, message.data(), message.size(), &out, &octets);
    std::string answer = out == nullptr ? "" : std::string(out, octets);
    gsasl_free(out);
    if (status != GSASL_OK && status != GSASL_NEEDS_MORE) return std::nullopt;
    return answer;
  }

 private:
  Gsasl* library_ = nullptr;
  Gsasl_session* session_ = nullptr;
};

class SaslExchangeTest : public testing::Test {
 protected:
  std::unique_ptr<SaslExchange> begin(std::string_view mechanism, ChannelBinding binding = {}) {
    return SaslExchange::begin(mechanism, database(), std::move(binding), hash_);
  }

  // The dialogue of the two, to its end. `tamper` may change what the client says.
  AuthOutcome log_in(
      SaslExchange& server, Client& client,
      const std::function<void(std::string&)>& tamper = [](std::string&) {}) {
    auto said = client.step("");
    for (int i = 0; i < 10 && said; ++i) {
      tamper(*said);
      auto outcome = server.step(*said);
      const auto* challenge = std::get_if<Challenge>(&outcome);
      if (challenge == nullptr) return outcome;
      said = client.step(challenge->text);
    }
    ADD_FAILURE() << "the client gave up";
    return Refused{};
  }

  static std::string accepted(const AuthOutcome& outcome) {
    const auto* accepted = std::get_if<Accepted>(&outcome);
    return accepted == nullptr ? "" : accepted->user;
  }

  const KeyedHash hash_;
};

TEST_F(SaslExchangeTest, PlainTakesAnInitialResponseOrAsksForIt) {
  const auto at_once = begin("PLAIN");
  EXPECT_EQ(accepted(at_once->step(kPlainMessage)), "john@example.com");
  const auto asked = begin("PLAIN");
  const auto first = asked->step(std::nullopt);
  ASSERT_TRUE(std::holds_alternative<Challenge>(first));
  EXPECT_EQ(std::get<Challenge>(first).text, "");
  EXPECT_EQ(accepted(asked->step(kPlainMessage)), "john@example.com");
}

TEST_F(SaslExchangeTest, AWrongPasswordIsRefusedAndRemembered) {
  const auto exchange = begin("PLAIN");
  const auto outcome = exchange->step(std::string_view("\0John@Example.com\0wrong", 23));
  EXPECT_TRUE(std::holds_alternative<Refused>(outcome));
  EXPECT_EQ(exchange->name(), "John@Example.com");
  EXPECT_EQ(exchange->wrong_password(), "wrong");
}

TEST_F(SaslExchangeTest, WhatIsNoPlainMessageIsRefused) {
  for (const std::string_view message :
       {std::string_view(), std::string_view("\0", 1), std::string_view("\0\0", 2),
        std::string_view("john@example.com"), std::string_view("\0john@example.com", 17),
        std::string_view("\0john@example.com\0", 18),
        std::string_view("\0john@example.com\0pass word\0", 28)}) {
    EXPECT_TRUE(std::holds_alternative<Refused>(begin("PLAIN")->step(message)));
  }
}

TEST_F(SaslExchangeTest, NobodyLogsInForSomebodyElse) {
  const std::string as_john = "john" + std::string(kPlainMessage);
  EXPECT_EQ(accepted(begin("PLAIN")->step(as_john)), "john@example.com");
  const std::string as_mary = "mary@example.com" + std::string(kPlainMessage);
  EXPECT_TRUE(std::holds_alternative<Refused>(begin("PLAIN")->step(as_mary)));
}

TEST_F(SaslExchangeTest, ScramTakesPlainPasswordsAndKeptSecrets) {
  Client john("SCRAM-SHA-256", "john", "pass word");
  EXPECT_EQ(accepted(log_in(*begin("SCRAM-SHA-256"), john)), "john@example.com");
  Client mary("SCRAM-SHA-256", "mary@example.com", "pencil");
  EXPECT_EQ(accepted(log_in(*begin("SCRAM-SHA-256"), mary)), "mary@example.com");
}

TEST_F(SaslExchangeTest, ScramRefusesAWrongPasswordAndAnUnknownNameAlike) {
  for (const std::string name : {"john@example.com", "mary@example.com", "nobody@example.com"}) {
    Client client("SCRAM-SHA-256", name, "wrong");
    const auto server = begin("SCRAM-SHA-256");
    EXPECT_TRUE(std::holds_alternative<Refused>(log_in(*server, client))) << name;
    EXPECT_EQ(server->name(), name);
    EXPECT_EQ(server->wrong_password(), std::nullopt);
  }
}

TEST_F(SaslExchangeTest, AnUnknownNameHasTheSameSaltEachTime) {
  const auto salt = [this](const std::string& name) {
    auto outcome = begin("SCRAM-SHA-256")->step("n,,n=" + name + ",r=abcdefgh");
    const std::string challenge = std::get<Challenge>(outcome).text;
    return challenge.substr(challenge.find(",s="));
  };
  EXPECT_EQ(salt("nobody"), salt("nobody"));
  EXPECT_NE(salt("nobody"), salt("somebody"));
  EXPECT_EQ(salt("john"), salt("john"));
}

TEST_F(SaslExchangeTest, PlusBindsTheLoginToItsConnection) {
  for (const bool exporter : {false, true}) {
    const ChannelBinding here = exporter ? ChannelBinding{"", std::string(32, 'a')}
                                         : ChannelBinding{std::string(12, 'a'), ""};
    const ChannelBinding elsewhere = exporter ? ChannelBinding{"", std::string(32, 'b')}
                                              : ChannelBinding{std::string(12, 'b'), ""};
    Client right("SCRAM-SHA-256-PLUS", "john", "pass word", here);
    EXPECT_EQ(accepted(log_in(*begin("SCRAM-SHA-256-PLUS", here), right)), "john@example.com");
    Client in_the_middle("SCRAM-SHA-256-PLUS", "john", "pass word", elsewhere);
    EXPECT_TRUE(
        std::holds_alternative<Refused>(log_in(*begin("SCRAM-SHA-256-PLUS", here), in_the_middle)));
  }
}

// RFC 5802 §6: it says that it could have bound the login, and was not offered to. It was: so
// somebody in the middle has taken the offer out.
TEST_F(SaslExchangeTest, AClientThatWasToldOfNoBindingIsRefusedWhereThereIsOne) {
  const std::string message = "y,,n=john,r=abcdefgh";
  const ChannelBinding here{"", std::string(32, 'a')};
  EXPECT_TRUE(std::holds_alternative<Refused>(begin("SCRAM-SHA-256", here)->step(message)));
  EXPECT_TRUE(std::holds_alternative<Challenge>(begin("SCRAM-SHA-256")->step(message)));
}

TEST_F(SaslExchangeTest, ATamperedProofIsRefused) {
  Client client("SCRAM-SHA-256", "john", "pass word");
  int messages = 0;
  const auto outcome = log_in(*begin("SCRAM-SHA-256"), client, [&](std::string& said) {
    if (messages++ != 1) return;
    char& in_proof = said[said.find(",p=") + 5];
    in_proof = in_proof == 'A' ? 'B' : 'A';
  });
  EXPECT_TRUE(std::holds_alternative<Refused>(outcome));
}

TEST_F(SaslExchangeTest, OtherMechanismsAreNone) {
  for (const std::string_view mechanism :
       {"", "plain", "LOGIN", "CRAM-MD5", "DIGEST-MD5", "ANONYMOUS", "EXTERNAL", "SCRAM-SHA-1"}) {
    EXPECT_EQ(begin(mechanism), nullptr) << mechanism;
  }
}

TEST_F(SaslExchangeTest, APasswordInTheClearIsCheckedTheSameWay) {
  const auto users = database();
  EXPECT_EQ(check_password(*users, "john", "pass word", hash_)->name, "john@example.com");
  EXPECT_EQ(check_password(*users, "mary@example.com", "pencil", hash_)->name, "mary@example.com");
  EXPECT_EQ(check_password(*users, "john", "pencil", hash_), nullptr);
  EXPECT_EQ(check_password(*users, "nobody", "pencil", hash_), nullptr);
  EXPECT_EQ(check_password(*users, "nobody", "pass word", hash_), nullptr);
  EXPECT_EQ(check_password(UserDb(), "john", "pass word", hash_), nullptr);
}

}  // namespace
}  // namespace users
