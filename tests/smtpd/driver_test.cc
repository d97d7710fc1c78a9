#include "smtpd/driver.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "tests/support/channel.h"
#include "tests/support/fake_store.h"
#include "tests/support/fixed_users.h"
#include "tests/support/running_server.h"
#include "tests/support/tcp_client.h"

namespace smtp {
namespace {

using support::TcpClient;

constexpr std::string_view kEnvelope =
    "HELO me\r\nMAIL FROM:<a@b>\r\nRCPT TO:<x@y>\r\nRCPT TO:<z@y>\r\n";
constexpr std::string_view kOk = "250 Requested mail action ok, completed\r\n";

class SmtpDriverTest : public testing::Test {
 protected:
  explicit SmtpDriverTest(uint64_t memory_octets = Limits{}.memory_octets,
                          uint64_t reserved_octets = 0)
      : room_(memory_octets, reserved_octets) {}

  // The replies to the envelope, the greeting in front.
  static std::string envelope_replies() {
    std::string replies = "220 h Service ready\r\n250 h\r\n";
    for (int i = 0; i < 3; ++i) replies += kOk;
    return replies;
  }
  static std::string go_ahead() {
    return "354 Waiting for data, finish with <CR><LF>.<CR><LF>\r\n";
  }
  static std::string goodbye() { return "221 Service closing transmission channel\r\n"; }

  // Starts the server at the first call: set up the store before.
  support::RunningServer& server() {
    if (!server_) {
      server_.emplace([this](net::Connection& connection) { return serve(connection, world_); });
    }
    return *server_;
  }

  // All that a client gets who sends this in one piece and then no more.
  std::string dialogue(std::string_view sent) {
    TcpClient client(server().port());
    client.send(sent);
    client.end_input();
    return client.read_to_end();
  }

  const Settings settings_ = [] {
    Settings settings;
    settings.host_name = "h";
    return settings;
  }();
  support::FixedUsers users_{"x@y 1\nz@y 2\n"};
  support::FakeStore store_;
  net::Logins logins_{users_, false};
  MessageRoom room_;
  const World world_{settings_, users_, store_, logins_, room_};
  std::optional<support::RunningServer> server_;
};

TEST_F(SmtpDriverTest, MessageIsStoredForEveryRecipient) {
  EXPECT_EQ(dialogue(std::string(kEnvelope) + "DATA\r\none\r\n..two\r\n.\r\nQUIT\r\n"),
            envelope_replies() + go_ahead() + std::string(kOk) + goodbye());
  server_->stop();
  EXPECT_EQ(store_.mailbox("x@y"), std::vector<std::string>{"one\r\n.two\r\n"});
  EXPECT_EQ(store_.mailbox("z@y"), std::vector<std::string>{"one\r\n.two\r\n"});
  EXPECT_EQ(store_.deliveries, 0);
}

TEST_F(SmtpDriverTest, LongMessageIsFlushedAsItComes) {
  std::string text;
  for (int i = 0; i < 50'000; ++i) text += "line " + std::to_string(i) + "\r\n";
  dialogue(std::string(kEnvelope) + "DATA\r\n" + text + ".\r\n");
  server_->stop();
  ASSERT_EQ(store_.mailbox("x@y").size(), 1U);
  EXPECT_EQ(store_.mailbox("x@y").front(), text);
  EXPECT_GT(store_.flushes, 5);
}

// Covers: 5321-4.1.1.5-5
TEST_F(SmtpDriverTest, MessageThatCameToNoEndIsNobodys) {
  dialogue(std::string(kEnvelope) + "DATA\r\none\r\n");
  server_->stop();
  EXPECT_TRUE(store_.mailbox("x@y").empty());
  EXPECT_EQ(store_.deliveries, 0);
}

TEST_F(SmtpDriverTest, FullStoreIsSaidAsSuch) {
  for (const int error : {ENOSPC, EDQUOT, EMFILE, ENFILE, ENOMEM}) {
    store_.commit_error = std::error_code(error, std::system_category());
    EXPECT_EQ(dialogue(std::string(kEnvelope) + "DATA\r\none\r\n.\r\n"),
              envelope_replies() + go_ahead() + "452 Insufficient system storage\r\n")
        << store_.commit_error.message();
  }
}

// Covers: 5321-4.1.1.4-9
TEST_F(SmtpDriverTest, FailedCommitIsNoPromise) {
  store_.commit_error = std::make_error_code(std::errc::io_error);
  EXPECT_EQ(dialogue(std::string(kEnvelope) + "DATA\r\none\r\n.\r\nNOOP\r\n"),
            envelope_replies() + go_ahead() + "451 Local error in processing\r\n250 OK (noop)\r\n");
  server_->stop();
  EXPECT_EQ(store_.deliveries, 0);
}

TEST_F(SmtpDriverTest, FailedFlushRefusesTheMessage) {
  store_.flush_error = std::make_error_code(std::errc::no_space_on_device);
  EXPECT_EQ(
      dialogue(std::string(kEnvelope) + "DATA\r\n" + std::string(5000, 'x') + "\r\n.\r\nNOOP\r\n"),
      envelope_replies() + go_ahead() + "452 Insufficient system storage\r\n250 OK (noop)\r\n");
  server_->stop();
  EXPECT_TRUE(store_.mailbox("x@y").empty());
}

// The next message needs the room.
TEST_F(SmtpDriverTest, RefusedMessageIsDroppedBeforeTheRefusal) {
  support::Channel<std::move_only_function<void()>> begun;
  store_.report = [&](std::move_only_function<void()> report) { begun.put(std::move(report)); };
  TcpClient client(server().port());
  client.send(std::string(kEnvelope) + "DATA\r\na" + std::string(1, '\0') + "\r\n.\r\nQUIT\r\n");
  auto dropped = begun.take();
  EXPECT_EQ(store_.drops, 1);
  dropped();
  EXPECT_EQ(client.read_to_end(), envelope_replies() + go_ahead() +
                                      "554 Transaction failed: NUL at octet 2\r\n" + goodbye());
}

// Covers: 5321-4.1.1.10-6
TEST_F(SmtpDriverTest, CommitIsSeenThroughThoughTheClientIsGone) {
  support::Channel<std::move_only_function<void()>> begun;
  store_.report = [&](std::move_only_function<void()> report) { begun.put(std::move(report)); };
  TcpClient client(server().port());
  client.send(std::string(kEnvelope) + "DATA\r\none\r\n.\r\n");
  auto commit = begun.take();
  client.reset();
  EXPECT_EQ(store_.deliveries, 1);
  commit();
  server_->stop();
  EXPECT_EQ(store_.mailbox("x@y").size(), 1U);
  EXPECT_EQ(store_.deliveries, 0);
}

TEST_F(SmtpDriverTest, ShutDownFinishesACommitAndAnswersIt) {
  support::Channel<std::move_only_function<void()>> begun;
  store_.report = [&](std::move_only_function<void()> report) { begun.put(std::move(report)); };
  TcpClient idle(server().port());
  EXPECT_EQ(idle.read_line(), "220 h Service ready\r");
  TcpClient client(server().port());
  client.send(std::string(kEnvelope) + "DATA\r\none\r\n.\r\n");
  auto commit = begun.take();
  server_->shut_down();
  EXPECT_EQ(idle.read_to_end(), "421 h Service not available, closing transmission channel\r\n");
  commit();
  EXPECT_EQ(client.read_to_end(), envelope_replies() + go_ahead() + std::string(kOk) +
                                      "421 h Service not available, closing transmission "
                                      "channel\r\n");
}

// ---- Limits of all sessions together ----

constexpr std::string_view kNoRoom = "452 Insufficient system storage\r\n";

// There is memory for one message at a time.
class OneMessageTest : public SmtpDriverTest {
 protected:
  OneMessageTest() : SmtpDriverTest(2 * MessageRoom::kOctetsAMessage - 1) {}

  // What MAIL is told by a client that greets, asks and resets its connection.
  std::string answer_to_mail() {
    TcpClient client(server().port());
    client.send("HELO me\r\nMAIL FROM:<a@b>\r\n");
    client.read_line();
    client.read_line();
    return client.read_line() + '\n';
  }
  // Has a client in a transaction, in which it sends this and hears so many lines.
  void in_transaction(std::string_view sent, int lines) {
    TcpClient client(server().port());
    client.send("HELO me\r\nMAIL FROM:<a@b>\r\n");
    for (int i = 0; i < 3; ++i) client.read_line();
    EXPECT_EQ(answer_to_mail(), kNoRoom);
    client.send(sent);
    for (int i = 0; i < lines; ++i) client.read_line();
    EXPECT_EQ(answer_to_mail(), kOk) << sent;
    await_no_place();
  }
  // A session that was reset is over soon.
  void await_no_place() {
    while (room_.memory_taken() > 0) std::this_thread::yield();
  }
};

TEST_F(OneMessageTest, SecondOneIsToldAtMailAndTheFirstIsStored) {
  TcpClient client(server().port());
  client.send(std::string(kEnvelope) + "DATA\r\none\r\n");
  for (int i = 0; i < 6; ++i) client.read_line();
  EXPECT_EQ(dialogue(std::string(kEnvelope) + "DATA\r\nQUIT\r\n"),
            "220 h Service ready\r\n250 h\r\n" + std::string(kNoRoom) +
                "503 Bad sequence of commands\r\n503 Bad sequence of commands\r\n503 Bad sequence "
                "of commands\r\n" +
                goodbye());
  client.send(".\r\nQUIT\r\n");
  EXPECT_EQ(client.read_to_end(), std::string(kOk) + goodbye());
  server_->stop();
  EXPECT_EQ(store_.mailbox("x@y"), std::vector<std::string>{"one\r\n"});
}

TEST_F(OneMessageTest, RoomIsThereAgainHoweverTheFirstEnds) {
  const std::string data = "RCPT TO:<x@y>\r\nDATA\r\n";
  in_transaction(data + "stored\r\n.\r\n", 3);
  in_transaction(data + "refused" + std::string(1, '\0') + "\r\n.\r\n", 3);
  in_transaction("RSET\r\n", 1);
  in_transaction("HELO me\r\n", 1);
  in_transaction("QUIT\r\n", 1);
  store_.commit_error = std::make_error_code(std::errc::io_error);
  in_transaction(data + "not stored\r\n.\r\n", 3);
}

TEST_F(OneMessageTest, RoomIsThereAgainWhenTheClientVanishes) {
  for (const std::string_view sent : {"", "RCPT TO:<x@y>\r\n", "RCPT TO:<x@y>\r\nDATA\r\nhalf"}) {
    TcpClient client(server().port());
    client.send("HELO me\r\nMAIL FROM:<a@b>\r\n" + std::string(sent));
    for (int i = 0; i < 3; ++i) client.read_line();
    EXPECT_EQ(answer_to_mail(), kNoRoom);
    client.reset();
    await_no_place();
    EXPECT_EQ(answer_to_mail(), kOk) << sent;
    await_no_place();
  }
}

constexpr uint64_t kReserve = 1'000'000;

class ReservedDiskTest : public SmtpDriverTest {
 protected:
  ReservedDiskTest() : SmtpDriverTest(Limits{}.memory_octets, kReserve) {}

  std::string answer_to(const std::string& mail) {
    const std::string heard = dialogue("EHLO me\r\n" + mail + "\r\nQUIT\r\n");
    const size_t end = heard.find("ENHANCEDSTATUSCODES\r\n") + 21;
    return heard.substr(end, heard.find('\n', end) - end + 1);
  }
  static constexpr std::string_view kEnhancedOk =
      "250 2.1.0 Requested mail action ok, completed\r\n";
  static constexpr std::string_view kEnhancedNoRoom = "452 4.3.1 Insufficient system storage\r\n";
};

TEST_F(ReservedDiskTest, MailIsRefusedWhenLessIsFree) {
  store_.free = kReserve - 1;
  EXPECT_EQ(answer_to("MAIL FROM:<a@b>"), kEnhancedNoRoom);
}

TEST_F(ReservedDiskTest, MailIsTakenAtTheReserve) {
  store_.free = kReserve;
  EXPECT_EQ(answer_to("MAIL FROM:<a@b>"), kEnhancedOk);
}

TEST_F(ReservedDiskTest, WhatIsDeclaredMustLeaveTheReserve) {
  store_.free = kReserve + 1000;
  EXPECT_EQ(answer_to("MAIL FROM:<a@b> SIZE=1001"), kEnhancedNoRoom);
  EXPECT_EQ(answer_to("MAIL FROM:<a@b> SIZE=1000"), kEnhancedOk);
}

TEST_F(ReservedDiskTest, DiskIsNotLookedAtForEachMessage) {
  std::string many;
  for (int i = 0; i < 1000; ++i) many += "MAIL FROM:<a@b>\r\nRSET\r\n";
  dialogue("HELO me\r\n" + many);
  EXPECT_GE(store_.looks_at_the_disk, 1);
  EXPECT_LT(store_.looks_at_the_disk, 1000);
}

TEST_F(ReservedDiskTest, DiskThatDoesNotSayIsTriedAllTheSame) {
  store_.free_error = std::make_error_code(std::errc::io_error);
  EXPECT_EQ(answer_to("MAIL FROM:<a@b>"), kEnhancedOk);
}

TEST_F(SmtpDriverTest, DiskIsNotLookedAtWhereNothingOfItIsReserved) {
  dialogue(std::string(kEnvelope) + "DATA\r\none\r\n.\r\n");
  EXPECT_EQ(store_.looks_at_the_disk, 0);
}

TEST_F(SmtpDriverTest, RefusalIsOneLine) {
  EXPECT_EQ(refusal(settings_), "421 h Service not available, closing transmission channel\r\n");
}

}  // namespace
}  // namespace smtp
