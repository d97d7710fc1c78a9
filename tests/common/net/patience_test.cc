// How long a connection waits for its client in each state, and who is too slow for a crowded
// server. The deadlines are real and short here; transfer_pace_test.cc has the arithmetic.
#include "common/net/patience.h"

#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <vector>

#include "tests/common/net/echo_server.h"
#include "tests/support/tcp_client.h"

namespace net {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using support::TcpClient;
using Why = SessionEnd::Why;

// All that the client hears until the server closes, while it sends a piece again and again.
std::string heard_while_sending(TcpClient& client, std::string_view piece) {
  auto heard = std::async(std::launch::async, [&] { return client.read_to_end(); });
  while (heard.wait_for(milliseconds(20)) != std::future_status::ready) client.send(piece);
  return heard.get();
}

TEST(PatienceTest, AnOctetNowAndThenIsNoCommand) {
  auto settings = echo_settings();
  settings.patience.idle = seconds(1);
  EchoServer server(settings);
  TcpClient client(server.port());
  EXPECT_EQ(heard_while_sending(client, "x"), "hello\ntime-out\n");
  EXPECT_EQ(server.ends().take().why, Why::kTimeOut);
}

TEST(PatienceTest, CommandsDoNotLengthenTheTimeForALogin) {
  auto settings = echo_settings();
  settings.patience.login = seconds(2);
  EchoServer server(settings);
  server.awaited = protocol::Awaited::kLogin;
  TcpClient client(server.port());
  const std::string heard = heard_while_sending(client, "again\n");
  EXPECT_TRUE(heard.starts_with("hello\nagain\nagain\n")) << heard;
  EXPECT_TRUE(heard.ends_with("again\ntime-out\n")) << heard;
  EXPECT_EQ(server.ends().take().why, Why::kLoginTimeOut);
}

TEST(PatienceTest, WhoIsToLogInMayNotBeSilentForLongerThanOthers) {
  auto settings = echo_settings();
  settings.patience.idle = seconds(1);
  EchoServer server(settings);
  server.awaited = protocol::Awaited::kLogin;
  TcpClient client(server.port());
  EXPECT_EQ(client.read_to_end(), "hello\ntime-out\n");
  EXPECT_EQ(server.ends().take().why, Why::kTimeOut);
}

TEST(PatienceTest, SilenceWithinAMessageHasATimeOutOfItsOwn) {
  auto settings = echo_settings();
  settings.patience.data = seconds(1);
  EchoServer server(settings);
  TcpClient idle(server.port());
  EXPECT_EQ(idle.read_line(), "hello");
  TcpClient client(server.port());
  client.send("data\nhalf");
  EXPECT_EQ(client.read_to_end(), "hello\ntime-out\n");
  EXPECT_EQ(server.ends().take().why, Why::kDataTimeOut);
  idle.send("quit\n");
  EXPECT_EQ(idle.read_to_end(), "bye\n");
}

ServerSettings crowded_settings(size_t max_connections) {
  auto settings = echo_settings();
  settings.max_connections = max_connections;
  settings.patience.octets_a_second = 10'000;
  settings.patience.grace = seconds(1);
  return settings;
}

// One connection of two: that is half of them.
TEST(PatienceTest, AMessageThatComesTooSlowlyEndsItsSessionOnceHalfOfTheConnectionsAreTaken) {
  EchoServer server(crowded_settings(2));
  TcpClient client(server.port());
  client.send("data\n");
  EXPECT_EQ(heard_while_sending(client, "x"), "hello\ntoo-slow\n");
  EXPECT_EQ(server.ends().take().why, Why::kTooSlow);
}

TEST(PatienceTest, SoDoesOneOfWhichNothingComes) {
  EchoServer server(crowded_settings(2));
  TcpClient client(server.port());
  client.send("data\nhalf");
  EXPECT_EQ(client.read_to_end(), "hello\ntoo-slow\n");
  EXPECT_EQ(server.ends().take().why, Why::kTooSlow);
}

// Two of five are less than half: the slow one outlasts one that is silent for three graces. A
// third connection is one too many for it.
TEST(PatienceTest, BelowHalfOfTheConnectionsItMayTakeItsTimeUntilThereAreMore) {
  auto settings = crowded_settings(5);
  settings.patience.idle = seconds(3);
  EchoServer server(settings);
  TcpClient slow(server.port());
  slow.send("data\n");
  TcpClient silent(server.port());
  auto silence = std::async(std::launch::async, [&] { return silent.read_to_end(); });
  while (silence.wait_for(milliseconds(20)) != std::future_status::ready) slow.send("x");
  EXPECT_EQ(silence.get(), "hello\ntime-out\n");
  EXPECT_EQ(server.ends().take().why, Why::kTimeOut);
  slow.send(".\n");
  EXPECT_EQ(slow.read_line(), "hello");
  EXPECT_EQ(slow.read_line(), "stored");

  slow.send("data\n");
  std::vector<std::unique_ptr<TcpClient>> crowd;
  for (int i = 0; i < 2; ++i) {
    crowd.push_back(std::make_unique<TcpClient>(server.port()));
    crowd.back()->send("data\n");
    EXPECT_EQ(crowd.back()->read_line(), "hello");
  }
  EXPECT_EQ(heard_while_sending(slow, "x"), "too-slow\n");
}

TEST(PatienceTest, WhoWaitsForNothingButACommandIsNeverTooSlow) {
  auto settings = crowded_settings(2);
  settings.patience.idle = seconds(3);
  EchoServer server(settings);
  TcpClient client(server.port());
  EXPECT_EQ(client.read_to_end(), "hello\ntime-out\n");
}

// A hundred times the rate, in pieces with pauses.
TEST(PatienceTest, AMessageThatComesFastEnoughIsTakenThoughItTakesManyGraces) {
  EchoServer server(crowded_settings(4));
  TcpClient clock(server.port());
  TcpClient client(server.port());
  client.send("data\n");
  const std::string piece(40'000, 'x');
  // The clock: a message of which nothing comes, three times, each for a grace at least.
  for (int round = 0; round < 3; ++round) {
    TcpClient* slow = &clock;
    std::unique_ptr<TcpClient> next;
    if (round > 0) {
      next = std::make_unique<TcpClient>(server.port());
      slow = next.get();
    }
    slow->send("data\n");
    auto heard = std::async(std::launch::async, [&] { return slow->read_to_end(); });
    while (heard.wait_for(milliseconds(20)) != std::future_status::ready) client.send(piece);
    EXPECT_EQ(heard.get(), "hello\ntoo-slow\n");
  }
  client.send("\n.\nquit\n");
  EXPECT_EQ(client.read_to_end(), "hello\nstored\nbye\n");
}

TEST(PatienceTest, WhoFetchesTooSlowlyIsCutOffOnceHalfOfTheConnectionsAreTaken) {
  EchoServer server(crowded_settings(2));
  TcpClient deaf(server.port());
  deaf.send("flood 100000000\n");
  EXPECT_EQ(server.ends().take().why, Why::kTooSlow);
}

TEST(PatienceTest, WhoFetchesFastEnoughGetsItAll) {
  EchoServer server(crowded_settings(2));
  TcpClient client(server.port());
  client.send("flood 20000000\nquit\n");
  EXPECT_EQ(client.read_to_end().size(), 20'000'000 + std::string("hello\nbye\n").size());
}

}  // namespace
}  // namespace net
