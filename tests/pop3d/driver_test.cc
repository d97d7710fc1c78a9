#include "pop3d/driver.h"

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "tests/support/channel.h"
#include "tests/support/fake_store.h"
#include "tests/support/fixed_users.h"
#include "tests/support/running_server.h"
#include "tests/support/tcp_client.h"

namespace pop3 {
namespace {

using support::TcpClient;

constexpr std::string_view kLogin = "USER x@y\r\nPASS 1\r\n";

class Pop3DriverTest : public testing::Test {
 protected:
  static std::string greeting() { return "+OK POP3 Server on h ready\r\n"; }
  static std::string logged_in() {
    return greeting() +
           "+OK User is valid, proceed with password\r\n+OK Password is valid, mail loaded\r\n";
  }
  static std::string goodbye() { return "+OK Service closing transmission channel\r\n"; }

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
    settings.version = "1";
    return settings;
  }();
  support::FixedUsers users_{"x@y 1\n"};
  support::FakeStore store_;
  net::Logins logins_{users_, false};
  const World world_{settings_, users_, store_, logins_};
  std::optional<support::RunningServer> server_;
};

TEST_F(Pop3DriverTest, MessagesAreSentWhole) {
  store_.put("x@y", "one\r\n.two\r\n");
  EXPECT_EQ(dialogue(std::string(kLogin) + "STAT\r\nRETR 1\r\nQUIT\r\n"),
            logged_in() + "+OK 1 11\r\n+OK Message follows\r\none\r\n..two\r\n.\r\n" + goodbye());
  server_->stop();
  EXPECT_EQ(store_.maildrops, 0);
  EXPECT_EQ(store_.mailbox("x@y").size(), 1U);
  EXPECT_EQ(store_.reads, 1);  // a short read is the end: the store is not asked for it
}

TEST_F(Pop3DriverTest, LongMessageIsSentWholeTwice) {
  std::string text;
  for (int i = 0; i < 100'000; ++i) text += "line " + std::to_string(i) + "\r\n";
  // One that a last read fills to the brim.
  const std::string even(Limits::kReadOctets - 2, 'x');
  store_.put("x@y", text);
  store_.put("x@y", even + "\r\n");
  EXPECT_EQ(dialogue(std::string(kLogin) + "RETR 1\r\nRETR 2\r\nRETR 1\r\nRETR 2\r\nQUIT\r\n"),
            logged_in() + "+OK Message follows\r\n" + text + ".\r\n+OK Message follows\r\n" + even +
                "\r\n.\r\n+OK Message follows\r\n" + text + ".\r\n+OK Message follows\r\n" + even +
                "\r\n.\r\n" + goodbye());
}

TEST_F(Pop3DriverTest, EmptyMessageIsSent) {
  store_.put("x@y", "");
  store_.put("x@y", "");
  EXPECT_EQ(dialogue(std::string(kLogin) + "RETR 1\r\nRETR 2\r\nQUIT\r\n"),
            logged_in() + "+OK Message follows\r\n.\r\n+OK Message follows\r\n.\r\n" + goodbye());
}

// Covers: 2449-8.1.2-1
TEST_F(Pop3DriverTest, WrongPasswordOpensNothing) {
  EXPECT_EQ(dialogue("USER x@y\r\nPASS 2\r\nQUIT\r\n"),
            greeting() +
                "+OK User is valid, proceed with password\r\n-ERR [AUTH] Invalid password\r\n" +
                goodbye());
  EXPECT_EQ(store_.opens, 0);
}

// Covers: 1939-6-1, 1939-6-5
TEST_F(Pop3DriverTest, QuitRemovesAndUnlocksBeforeItReplies) {
  store_.put("x@y", "one\r\n");
  store_.put("x@y", "two\r\n");
  TcpClient client(server().port());
  client.send(std::string(kLogin) + "DELE 1\r\nQUIT\r\n");
  EXPECT_EQ(client.read_to_end(), logged_in() + "+OK Message deleted\r\n" + goodbye());
  EXPECT_EQ(store_.maildrops, 0);
  EXPECT_EQ(store_.mailbox("x@y"), std::vector<std::string>{"two\r\n"});
}

// Covers: 1939-6-3
TEST_F(Pop3DriverTest, FailedRemovalIsSaid) {
  store_.put("x@y", "one\r\n");
  store_.remove_error = std::make_error_code(std::errc::io_error);
  EXPECT_EQ(dialogue(std::string(kLogin) + "DELE 1\r\nQUIT\r\n"),
            logged_in() + "+OK Message deleted\r\n-ERR some deleted messages not removed\r\n");
}

// Covers: 1939-6-2
TEST_F(Pop3DriverTest, EndWithoutQuitRemovesNothingAndUnlocks) {
  store_.put("x@y", "one\r\n");
  EXPECT_EQ(dialogue(std::string(kLogin) + "DELE 1\r\n"), logged_in() + "+OK Message deleted\r\n");
  server_->stop();
  EXPECT_EQ(store_.maildrops, 0);
  EXPECT_EQ(store_.mailbox("x@y").size(), 1U);
}

TEST_F(Pop3DriverTest, LoginWaitsForAMaildropInUse) {
  store_.in_use = 2;
  EXPECT_EQ(dialogue(std::string(kLogin) + "QUIT\r\n"), logged_in() + goodbye());
  EXPECT_EQ(store_.opens, 3);
}

// Covers: 2449-8.1.2-1
TEST_F(Pop3DriverTest, LoginDoesNotWaitForEver) {
  store_.in_use = 1'000'000;
  const std::string replies = dialogue(std::string(kLogin) + "QUIT\r\n");
  EXPECT_NE(replies.find("\r\n-ERR [IN-USE] "), std::string::npos) << replies;
  EXPECT_GT(store_.opens, 10);
}

// Covers: 1939-4-5, 3206-4-1
TEST_F(Pop3DriverTest, UnreadableStoreIsNoEmptyMaildrop) {
  store_.open_error = std::make_error_code(std::errc::permission_denied);
  const std::string replies = dialogue(std::string(kLogin) + "STAT\r\nQUIT\r\n");
  EXPECT_NE(replies.find("\r\n-ERR [SYS/TEMP] mail store unavailable\r\n-ERR Bad sequence"),
            std::string::npos)
      << replies;
  EXPECT_EQ(store_.opens, 1);
}

TEST_F(Pop3DriverTest, UnreadableMessageIsAnError) {
  store_.put("x@y", "one\r\n");
  store_.read_error = std::make_error_code(std::errc::io_error);
  const std::string replies = dialogue(std::string(kLogin) + "RETR 1\r\nSTAT\r\nQUIT\r\n");
  EXPECT_NE(replies.find("loaded\r\n-ERR "), std::string::npos) << replies;
  EXPECT_NE(replies.find("+OK 1 5\r\n"), std::string::npos) << replies;
}

TEST_F(Pop3DriverTest, RemovalIsSeenThroughThoughTheClientIsGone) {
  store_.put("x@y", "one\r\n");
  std::atomic<bool> hold = false;
  support::Channel<std::move_only_function<void()>> begun;
  store_.report = [&](std::move_only_function<void()> report) {
    if (!hold) return report();
    begun.put(std::move(report));
  };
  TcpClient client(server().port());
  client.send(kLogin);
  std::string line;
  while (!line.ends_with("loaded\r")) line = client.read_line();
  hold = true;
  client.send("DELE 1\r\nQUIT\r\n");
  auto removal = begun.take();
  client.reset();
  EXPECT_EQ(store_.maildrops, 1);
  removal();
  server_->stop();
  EXPECT_TRUE(store_.mailbox("x@y").empty());
  EXPECT_EQ(store_.maildrops, 0);
}

// Covers: 3206-4-1
TEST_F(Pop3DriverTest, RefusalIsOneLine) {
  EXPECT_EQ(refusal().find('\n'), refusal().size() - 1);
  EXPECT_TRUE(refusal().starts_with("-ERR [SYS/TEMP] "));
}

}  // namespace
}  // namespace pop3
