// What of the POP3 session no transcript shows: properties over many inputs, and bounds.
#include "pop3d/session.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>

#include "pop3d/top_filter.h"
#include "tests/support/pop3_world.h"

namespace {

using support::MessageAt;
using support::Pop3World;

constexpr auto kUser = "a@b";
constexpr auto kLogin = "USER a@b\r\nPASS x\r\n";

Pop3World world_with(std::vector<MessageAt> messages) {
  return Pop3World({.host_name = "h", .version = "1"}, "a@b x\n", std::move(messages));
}

std::string retrieve(const std::string& message, const std::string& command, size_t read_octets) {
  auto world = world_with({{kUser, message}});
  world.set_read_octets(read_octets);
  world.start();
  world.send(kLogin);
  return world.send(command + "\r\n");
}

TEST(Pop3SessionTest, MessageIsTheSameHoweverItIsRead) {
  std::mt19937 random(1);  // fixed: a failure must come back
  constexpr std::string_view kAlphabet = "..\r\n\n\nab";
  for (int round = 0; round < 500; ++round) {
    std::string message;
    for (size_t n = random() % 40; n > 0; --n) message += kAlphabet[random() % kAlphabet.size()];
    for (const std::string command : {"RETR 1", "TOP 1 0", "TOP 1 2"}) {
      const std::string whole = retrieve(message, command, 1000);
      for (size_t octets = 1; octets < 5; ++octets) {
        EXPECT_EQ(retrieve(message, command, octets), whole)
            << command << " " << testing::PrintToString(message);
      }
    }
  }
}

// Covers: 2449-6.6-1
TEST(Pop3SessionTest, AnySplitOfTheInputGivesTheSameRepliesAndMaildrop) {
  static const std::string kPieces[] = {
      "USER a@b", "PASS x",  "PASS y", "STAT", "LIST", "UIDL",   "RETR 1", "RETR 2",
      "DELE 1",   "TOP 1 1", "RSET",   "CAPA", "NOOP", "LIST 1", "junk",   std::string(600, 'z')};
  static const std::string kEnds[] = {"\r\n", "\r\n", "\n", "\r", ""};
  std::mt19937 random(2);
  for (int round = 0; round < 1000; ++round) {
    std::string input = random() % 4 == 0 ? "" : kLogin;
    for (size_t n = random() % 20; n > 0; --n) {
      input += kPieces[random() % std::size(kPieces)];
      input += kEnds[random() % (random() % 4 == 0 ? std::size(kEnds) : 2)];
    }
    input += random() % 2 == 0 ? "QUIT\r\n" : "";
    const auto play = [&](auto next_length) {
      auto world = world_with({{kUser, "one\r\n"}, {kUser, ".two\n"}});
      std::string replies = world.start();
      for (size_t at = 0; at < input.size();) {
        const size_t length = next_length();
        replies += world.send(std::string_view(input).substr(at, length));
        at += length;
      }
      replies += world.end_of_input();
      EXPECT_TRUE(world.closed());
      return std::pair(replies, world.messages());
    };
    const auto whole = play([&] { return input.size(); });
    EXPECT_EQ(play([] { return size_t{1}; }), whole) << testing::PrintToString(input);
    EXPECT_EQ(play([&] { return 1 + random() % 9; }), whole) << testing::PrintToString(input);
  }
}

// The don't: without bounds, pipelined LISTs of a large maildrop would make gigabytes.
TEST(Pop3SessionTest, OutputIsBoundedHoweverManyListsArePipelined) {
  auto world = world_with(std::vector<MessageAt>(100000, {kUser, "x\r\n"}));
  world.start();
  world.send(kLogin);
  std::string commands;
  for (int i = 0; i < 10; ++i) commands += "LIST\r\nUIDL\r\n";
  const std::string replies = world.send(commands);
  EXPECT_GT(replies.size(), 10'000'000U);
  EXPECT_LE(world.max_output(), pop3::Session::kOutputLimit + 1024);
}

// Who reads replies as fast as they come would else have the server's thread for itself.
TEST(Pop3SessionTest, OthersHaveTheirTurnHoweverMuchIsPipelined) {
  const pop3::Settings settings{.host_name = "h", .version = "1"};
  support::FixedUsers users("a@b x\n");
  pop3::Session session(settings, users, {});
  session.take_output();
  std::string commands;
  for (int i = 0; i < 1000; ++i) commands += "USER a@b\r\n";
  session.receive(commands);
  size_t replies = 0;
  while (std::holds_alternative<protocol::Flush>(session.next())) {
    const std::string output = session.take_output();
    const auto lines = static_cast<size_t>(std::ranges::count(output, '\n'));
    EXPECT_LE(lines, pop3::Session::kCommandsATurn);
    replies += lines;
  }
  EXPECT_EQ(replies, 1000U);
}

TEST(Pop3SessionTest, OutputIsBoundedWhileAMessageIsSent) {
  auto world = world_with({{kUser, std::string(3'000'000, '\n')}});  // each octet becomes two
  world.start();
  world.send(kLogin);
  EXPECT_GT(world.send("RETR 1\r\nRETR 1\r\n").size(), 12'000'000U);
  EXPECT_LE(world.max_output(), pop3::Session::kOutputLimit + 2 * pop3::Limits::kReadOctets + 1024);
}

TEST(Pop3SessionTest, ShortMessagesThatArePipelinedLeaveTogether) {
  std::string commands;
  for (int i = 1; i <= 40; ++i) commands += "RETR " + std::to_string(i) + "\r\n";
  auto world = world_with(std::vector<MessageAt>(40, {kUser, std::string(4000, 'x') + "\r\n"}));
  world.start();
  world.send(kLogin);
  EXPECT_GT(world.send(commands).size(), 160'000U);
  EXPECT_GT(world.max_output(), pop3::Limits::kTogetherOctets - 5000);
  EXPECT_LE(world.max_output(), pop3::Limits::kTogetherOctets + 100);
}

// What waits leaves before a long message is read, so that no order of lengths costs more memory.
TEST(Pop3SessionTest, LongMessageDoesNotWaitWithManyShortOnes) {
  std::vector<MessageAt> messages(14, {kUser, std::string(4000, 'x') + "\r\n"});
  messages.push_back({kUser, std::string(60'000, 'x') + "\r\n"});
  std::string commands;
  for (int i = 1; i <= 15; ++i) commands += "RETR " + std::to_string(i) + "\r\n";
  auto world = world_with(std::move(messages));
  world.start();
  world.send(kLogin);
  EXPECT_GT(world.send(commands).size(), 116'000U);
  EXPECT_LE(world.max_output(), pop3::Limits::kTogetherOctets + 100);
}

// A listing waits for what was said before it, as it did.
TEST(Pop3SessionTest, ListingBehindShortMessagesStaysWithinItsBound) {
  std::vector<MessageAt> messages(3000, {kUser, std::string(4000, 'x') + "\r\n"});
  auto world = world_with(std::move(messages));
  world.start();
  world.send(kLogin);
  const std::string replies =
      world.send("RETR 1\r\nRETR 2\r\nRETR 3\r\nRETR 4\r\nRETR 5\r\nLIST\r\nUIDL\r\n");
  EXPECT_TRUE(replies.ends_with("3000 1a2b-2999\r\n.\r\n"));
  EXPECT_LE(world.max_output(), pop3::Session::kOutputLimit + 5000);
}

// A message that cannot be read on must not look whole: no final dot, and the connection ends.
TEST(Pop3SessionTest, MessageThatBreaksOffHasNoFinalDot) {
  const pop3::Settings settings{.host_name = "h", .version = "1"};
  support::FixedUsers users("a@b x\n");
  const support::FixedList listing({{100, "1-0"}});
  pop3::Session session(settings, users, {});
  session.receive("USER a@b\r\nPASS x\r\nRETR 1\r\nSTAT\r\n");
  ASSERT_TRUE(std::holds_alternative<protocol::Authenticate>(session.next()));
  session.authenticated(protocol::Accepted{"a@b"});
  ASSERT_TRUE(std::holds_alternative<pop3::OpenMaildrop>(session.next()));
  session.maildrop_opened(listing);
  ASSERT_TRUE(std::holds_alternative<pop3::ReadMessage>(session.next()));
  session.message_read("half of i");
  ASSERT_TRUE(std::holds_alternative<pop3::ReadMessage>(session.next()));
  session.message_unreadable();
  EXPECT_TRUE(std::holds_alternative<protocol::Close>(session.next()));
  EXPECT_TRUE(session.take_output().ends_with("+OK Message follows\r\nhalf of i"));
}

TEST(Pop3SessionTest, MessageIsReadInPiecesOfABoundedSize) {
  const pop3::Settings settings{.host_name = "h", .version = "1"};
  support::FixedUsers users("a@b x\n");
  const support::FixedList listing({{100, "1-0"}});
  pop3::Session session(settings, users, {});
  session.receive("USER a@b\r\nPASS x\r\nTOP 1 0\r\n");
  ASSERT_TRUE(std::holds_alternative<protocol::Authenticate>(session.next()));
  session.authenticated(protocol::Accepted{"a@b"});
  ASSERT_TRUE(std::holds_alternative<pop3::OpenMaildrop>(session.next()));
  session.maildrop_opened(listing);
  const auto first = std::get<pop3::ReadMessage>(session.next());
  EXPECT_EQ(first.offset, 0U);
  EXPECT_LE(first.max_octets, pop3::Limits::kReadOctets);
  session.message_read("Subject: x\r\n");
  EXPECT_EQ(std::get<pop3::ReadMessage>(session.next()).offset, 12U);
  session.message_read("\r\nbody, which is not read on");
  EXPECT_TRUE(std::holds_alternative<protocol::Read>(session.next()));
}

// Covers: 1939-7-2
TEST(TopFilterTest, BlankLineIsFoundWhereverTheInputIsCut) {
  const std::string message = "A: b\r\n\r\none\r\ntwo\r\n";
  for (size_t step = 1; step <= message.size(); ++step) {
    pop3::TopFilter filter(1);
    size_t shown = 0;
    for (size_t at = 0; at < message.size() && !filter.done(); at += step) {
      shown += filter.take(std::string_view(message).substr(at, step));
    }
    EXPECT_EQ(message.substr(0, shown), "A: b\r\n\r\none\r\n") << step;
  }
}

}  // namespace
