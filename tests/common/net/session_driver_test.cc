#include "common/net/session_driver.h"

#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <string>

#include "tests/common/net/echo_server.h"
#include "tests/support/channel.h"
#include "tests/support/tcp_client.h"

namespace net {
namespace {

using support::TcpClient;
using Why = SessionEnd::Why;

TEST(SessionDriverTest, InputMayBeSplitAnywhere) {
  EchoServer server;
  TcpClient client(server.port());
  EXPECT_EQ(client.read_line(), "hello");
  for (const char c : std::string("first\nsecond\nquit\n")) client.send({&c, 1});
  EXPECT_EQ(client.read_to_end(), "first\nsecond\nbye\n");
  EXPECT_EQ(server.ends().take().why, Why::kQuit);
}

TEST(SessionDriverTest, WhatWasSentBeforeAHalfCloseIsAllAnswered) {
  EchoServer server;
  TcpClient client(server.port());
  std::string lines;
  for (int i = 0; i < 20'000; ++i) lines += "line " + std::to_string(i) + "\n";
  std::thread sender([&] {
    client.send(lines + "slow\n");
    client.end_input();
  });
  const std::string answer = client.read_to_end();
  sender.join();
  EXPECT_EQ(answer, "hello\n" + lines + "stored\n");
  EXPECT_EQ(server.ends().take().why, Why::kEndOfInput);
}

TEST(SessionDriverTest, LastReplyArrivesThoughTheClientHadMoreToSay) {
  EchoServer server;
  TcpClient client(server.port());
  client.send("quit\n" + std::string(200'000, 'x'));
  client.end_input();
  EXPECT_EQ(client.read_to_end(), "hello\nbye\n");
}

// Covers: 1939-3-14
TEST(SessionDriverTest, SilentClientIsTimedOut) {
  auto settings = echo_settings();
  settings.patience.idle = std::chrono::seconds(1);
  EchoServer server(settings);
  TcpClient client(server.port());
  EXPECT_EQ(client.read_to_end(), "hello\ntime-out\n");
  EXPECT_EQ(server.ends().take().why, Why::kTimeOut);
}

// Covers: 1939-3-16
TEST(SessionDriverTest, ClientThatSpeaksIsNotTimedOutWithASilentOneThatCameLater) {
  auto settings = echo_settings();
  settings.patience.idle =
      std::chrono::seconds(4);  // a speaker who is held up for so long would be silent too
  EchoServer server(settings);
  TcpClient speaker(server.port());
  EXPECT_EQ(speaker.read_line(), "hello");
  TcpClient silent(server.port());
  auto heard = std::async(std::launch::async, [&] { return silent.read_to_end(); });
  while (heard.wait_for(std::chrono::seconds(0)) != std::future_status::ready) {
    speaker.send("again\n");
    ASSERT_EQ(speaker.read_line(), "again");
  }
  EXPECT_EQ(heard.get(), "hello\ntime-out\n");
  speaker.send("quit\n");
  EXPECT_EQ(speaker.read_to_end(), "bye\n");
}

// Covers: 2449-6.6-3
TEST(SessionDriverTest, ClientThatNeverReadsIsCutOffAndBlocksNobody) {
  auto settings = echo_settings();
  settings.patience.idle = std::chrono::seconds(1);
  EchoServer server(settings);
  TcpClient deaf(server.port());
  deaf.send("flood 100000000\n");
  TcpClient other(server.port());
  other.send("served\nquit\n");
  EXPECT_EQ(other.read_to_end(), "hello\nserved\nbye\n");
  SessionEnd cut = server.ends().take();
  if (cut.why == Why::kQuit) cut = server.ends().take();  // that was the other
  EXPECT_EQ(cut.why, Why::kWriteFailed);
  EXPECT_EQ(cut.error, std::errc::timed_out);
}

TEST(SessionDriverTest, ClientThatReadsAsFastAsItIsWrittenToHoldsUpNobody) {
  EchoServer server;
  TcpClient busy(server.port());
  busy.send("spin\nquit\n");
  EXPECT_EQ(busy.read_line(), "hello");
  EXPECT_EQ(busy.read_line(), "spinning");
  TcpClient other(server.port());
  other.send("served\nstop\nquit\n");
  EXPECT_EQ(other.read_to_end(), "hello\nserved\nbye\n");
  EXPECT_EQ(busy.read_to_end(), "bye\n");
}

TEST(SessionDriverTest, LongOutputArrivesWhole) {
  EchoServer server;
  TcpClient client(server.port());
  client.send("flood 20000000\nquit\n");
  EXPECT_EQ(client.read_to_end().size(), 20'000'000 + std::string("hello\nbye\n").size());
}

// Covers: 2920-3.2-5
TEST(SessionDriverTest, WhatWaitsIsSentBeforeASlowAction) {
  support::Channel<store::Done<void>> begun;
  EchoServer server(echo_settings(), [&](store::Done<void> done) { begun.put(std::move(done)); });
  TcpClient client(server.port());
  client.send("before\nslow\nquit\n");
  EXPECT_EQ(client.read_line(), "hello");
  EXPECT_EQ(client.read_line(), "before");  // though the action is not done
  begun.take()({});
  EXPECT_EQ(client.read_to_end(), "stored\nbye\n");
}

TEST(SessionDriverTest, FailureOfAnActionIsReportedToTheSession) {
  EchoServer server(echo_settings(), [](store::Done<void> done) {
    done(std::unexpected(std::make_error_code(std::errc::io_error)));
  });
  TcpClient client(server.port());
  client.send("slow\nquit\n");
  EXPECT_EQ(client.read_to_end(), "hello\nfailed\nbye\n");
}

TEST(SessionDriverTest, ActionIsSeenThroughThoughTheClientIsGone) {
  support::Channel<store::Done<void>> begun;
  EchoServer server(echo_settings(), [&](store::Done<void> done) { begun.put(std::move(done)); });
  TcpClient client(server.port());
  client.send("slow\nslow\n");
  auto first = begun.take();
  client.reset();
  first({});
  // The reply to the first cannot be sent; the second was asked for, and is performed.
  begun.take()({});
  const Why why = server.ends().take().why;
  EXPECT_TRUE(why == Why::kWriteFailed || why == Why::kReadFailed) << to_text(why);
}

// Covers: 5321-4.1.1.5-4
TEST(SessionDriverTest, ResetEndsTheSession) {
  EchoServer server;
  TcpClient client(server.port());
  EXPECT_EQ(client.read_line(), "hello");
  client.reset();
  EXPECT_EQ(server.ends().take().why, Why::kReadFailed);
}

}  // namespace
}  // namespace net
