// RCPT where mailboxes have a quota: asked of the store, in turn, and given back.
#include <gtest/gtest.h>

#include <cerrno>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "smtpd/driver.h"
#include "tests/support/channel.h"
#include "tests/support/fake_store.h"
#include "tests/support/fixed_users.h"
#include "tests/support/running_server.h"
#include "tests/support/tcp_client.h"

namespace smtp {
namespace {

using support::TcpClient;

constexpr std::string_view kOk = "250 Requested mail action ok, completed\r\n";
constexpr std::string_view kGoAhead = "354 Waiting for data, finish with <CR><LF>.<CR><LF>\r\n";
constexpr std::string_view kGoodbye = "221 Service closing transmission channel\r\n";

class SmtpQuotaDriverTest : public testing::Test {
 protected:
  support::RunningServer& server() {
    if (!server_) {
      server_.emplace([this](net::Connection& connection) { return serve(connection, world_); });
    }
    return *server_;
  }

  // All that a client gets who has greeted, sends this in one piece and then no more.
  std::string dialogue(const std::string& sent) {
    TcpClient client(server().port());
    client.send("HELO me\r\n" + sent);
    client.end_input();
    const std::string replies = client.read_to_end();
    const std::string greeting = "220 h Service ready\r\n250 h\r\n";
    EXPECT_EQ(replies.substr(0, greeting.size()), greeting);
    return replies.substr(greeting.size());
  }
  // From now on each outcome of the store waits here to be reported.
  void hold_reports() {
    store_.report = [this](std::move_only_function<void()> report) {
      held_.put(std::move(report));
    };
  }

  const Settings settings_ = [] {
    Settings settings;
    settings.host_name = "h";
    settings.has_quota = true;
    return settings;
  }();
  support::FixedUsers users_{"x@y 1\nz@y 2\n"};
  support::FakeStore store_;
  support::Channel<std::move_only_function<void()>> held_;
  net::Logins logins_{users_, false};
  store::MailboxQuota quota_{store_, 10};
  MessageRoom room_{Limits{}.memory_octets, 0};
  const World world_{settings_, users_, store_, logins_, room_, nullptr, false, &quota_};
  std::optional<support::RunningServer> server_;
};

// RFC 2920 §3.1: in the order of the commands.
TEST_F(SmtpQuotaDriverTest, PipelinedRecipientsAreAnsweredInTurn) {
  store_.put("x@y", "0123456789");
  EXPECT_EQ(dialogue("MAIL FROM:<a@b>\r\nRCPT TO:<x@y>\r\nRCPT TO:<z@y>\r\nRCPT TO:<q@y>\r\n"
                     "RCPT TO:<x@y>\r\nDATA\r\none\r\n.\r\nQUIT\r\n"),
            std::string(kOk) + "452 Mailbox full - x@y\r\n" + std::string(kOk) +
                "550 No such user - q@y\r\n452 Mailbox full - x@y\r\n" + std::string(kGoAhead) +
                std::string(kOk) + std::string(kGoodbye));
  server_->stop();
  EXPECT_EQ(store_.mailbox("x@y").size(), 1U);
  EXPECT_EQ(store_.mailbox("z@y"), std::vector<std::string>{"one\r\n"});
}

TEST_F(SmtpQuotaDriverTest, NothingIsAnsweredBeforeTheMailboxIsMeasured) {
  hold_reports();
  TcpClient client(server().port());
  client.send("HELO me\r\nMAIL FROM:<a@b>\r\nRCPT TO:<x@y>\r\nNOOP\r\nQUIT\r\n");
  auto measured = held_.take();
  EXPECT_EQ(client.read_line(), "220 h Service ready\r");
  measured();
  EXPECT_EQ(client.read_to_end(), "250 h\r\n" + std::string(kOk) + std::string(kOk) +
                                      "250 OK (noop)\r\n" + std::string(kGoodbye));
}

TEST_F(SmtpQuotaDriverTest, MailboxThatCannotBeMeasuredIsRefusedForNow) {
  store_.measure_error = std::make_error_code(std::errc::io_error);
  EXPECT_EQ(dialogue("MAIL FROM:<a@b>\r\nRCPT TO:<x@y>\r\nDATA\r\nQUIT\r\n"),
            std::string(kOk) + "451 Local error in processing\r\n503 Bad sequence of commands\r\n" +
                std::string(kGoodbye));
}

// Lock-step, by messages that fill the mailbox in turn.
TEST_F(SmtpQuotaDriverTest, MessageStoredCountsForTheNextInTheSameSession) {
  const std::string one = "MAIL FROM:<a@b>\r\nRCPT TO:<x@y>\r\nDATA\r\none\r\n.\r\n";
  const std::string stored =
      std::string(kOk) + std::string(kOk) + std::string(kGoAhead) + std::string(kOk);
  EXPECT_EQ(
      dialogue(one + one + "MAIL FROM:<a@b>\r\nRCPT TO:<x@y>\r\nQUIT\r\n"),
      stored + stored + std::string(kOk) + "452 Mailbox full - x@y\r\n" + std::string(kGoodbye));
}

TEST_F(SmtpQuotaDriverTest, MessageThatWasNotStoredTakesNoRoom) {
  store_.commit_error = std::error_code(ENOSPC, std::system_category());
  const std::string ten = "MAIL FROM:<a@b>\r\nRCPT TO:<x@y>\r\nDATA\r\n01234567\r\n.\r\n";
  const std::string refused = std::string(kOk) + std::string(kOk) + std::string(kGoAhead) +
                              "452 Insufficient system storage\r\n";
  EXPECT_EQ(dialogue(ten + ten), refused + refused);
}

TEST_F(SmtpQuotaDriverTest, ClientThatVanishesHoldsNoRoom) {
  TcpClient client(server().port());
  client.send("EHLO me\r\nMAIL FROM:<a@b> SIZE=10\r\nRCPT TO:<x@y>\r\nDATA\r\n012");
  std::string line;
  while (!line.starts_with("354")) line = client.read_line();
  EXPECT_EQ(dialogue("MAIL FROM:<a@b>\r\nRCPT TO:<x@y>\r\n"),
            std::string(kOk) + "452 Mailbox full - x@y\r\n");
  client.reset();
  server_->stop();  // its session is over
  server_.reset();
  EXPECT_EQ(dialogue("MAIL FROM:<a@b>\r\nRCPT TO:<x@y>\r\n"), std::string(kOk) + std::string(kOk));
}

}  // namespace
}  // namespace smtp
