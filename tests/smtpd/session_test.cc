// What of the SMTP session no transcript shows: properties over many inputs, and bounds.
#include "smtpd/session.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>

#include "tests/support/smtp_world.h"

namespace {

using support::SmtpWorld;

constexpr auto kUsers = "john.doe@example.com x\nmary.smith@example.com y\n";

smtp::Settings settings() {
  smtp::Settings settings;
  settings.host_name = "h";
  return settings;
}

struct Outcome {
  std::string replies;
  std::vector<support::MessageAt> stored;
  bool closed;
  bool operator==(const Outcome&) const = default;
};

// Sends `input` in pieces whose lengths next_length() gives, then ends the input.
template <class NextLength>
Outcome play(std::string_view input, NextLength next_length) {
  SmtpWorld world(settings(), kUsers);
  std::string replies = world.start();
  while (!input.empty()) {
    const std::string_view piece = input.substr(0, next_length());
    replies += world.send(piece);
    input.remove_prefix(piece.size());
  }
  replies += world.end_of_input();
  return {replies, world.stored(), world.closed()};
}

Outcome play_whole(std::string_view input) {
  return play(input, [&] { return input.size(); });
}

std::string transaction(std::string_view data) {
  return "EHLO c\r\nMAIL FROM:<a@b>\r\nRCPT TO:<john.doe@example.com>\r\nDATA\r\n" +
         std::string(data) + "\r\n.\r\n";
}

// Commands, message lines and broken line ends, thrown together: sense is not needed, only that the
// cut does not matter.
std::string random_dialogue(std::mt19937& random) {
  static const std::string kPieces[] = {"EHLO c",
                                        "HELO c",
                                        "MAIL FROM:<a@b>",
                                        "RCPT TO:<john.doe@example.com>",
                                        "RCPT TO:<mary.smith@example.com>",
                                        "RCPT TO:<no@body>",
                                        "DATA",
                                        ".",
                                        "..",
                                        ".x",
                                        "RSET",
                                        "NOOP",
                                        "junk",
                                        std::string(600, 'y'),
                                        std::string(1200, 'z'),
                                        std::string("nul\0", 4)};
  static const std::string kEnds[] = {"\r\n", "\r\n", "\r\n", "\n", "\r", "\r\r\n", "\n\r", ""};
  std::string input;
  for (size_t n = 1 + random() % 24; n > 0; --n) {
    input += kPieces[random() % std::size(kPieces)];
    input += kEnds[random() % (random() % 4 == 0 ? std::size(kEnds) : 3)];
  }
  return input;
}

// Covers: 2920-3.2-8, 2920-3.2-10, 5321-4.2-1
TEST(SmtpSessionTest, AnySplitOfTheInputGivesTheSameRepliesAndMail) {
  std::mt19937 random(1);  // fixed: a failure must come back
  size_t stored = 0;
  for (int round = 0; round < 3000; ++round) {
    const std::string input = random_dialogue(random);
    const Outcome whole = play_whole(input);
    EXPECT_EQ(play(input, [] { return size_t{1}; }), whole) << testing::PrintToString(input);
    EXPECT_EQ(play(input, [&] { return 1 + random() % 9; }), whole)
        << testing::PrintToString(input);
    EXPECT_TRUE(whole.closed);
    stored += whole.stored.size();
  }
  EXPECT_GT(stored, 0U) << "the dialogues never came to a message";
}

// Covers: 5321-2.3.8-1, 5321-4.5.3.1.5-1
TEST(SmtpSessionTest, EveryReplyLineEndsInCrlfAndIsAtMost512Octets) {
  std::mt19937 random(2);
  for (int round = 0; round < 2000; ++round) {
    std::string line = round % 2 == 0 ? "VRFY " : "RCPT TO:<";
    for (size_t n = random() % 700; n > 0; --n) line += static_cast<char>(random() % 256);
    std::string replies = play_whole("EHLO c\r\nMAIL FROM:<a@b>\r\n" + line + "\r\n").replies;
    while (!replies.empty()) {
      const size_t end = replies.find("\r\n");
      ASSERT_NE(end, std::string::npos);
      const std::string reply = replies.substr(0, end);
      EXPECT_LE(end + 2, 512U);
      EXPECT_TRUE(std::ranges::all_of(reply, [](char c) { return c >= 32 && c < 127; })) << reply;
      replies.erase(0, end + 2);
    }
  }
}

TEST(SmtpSessionTest, OutputIsBoundedHoweverMuchIsPipelined) {
  SmtpWorld world(settings(), kUsers);
  world.start();
  std::string commands = "EHLO c\r\n";
  for (int i = 0; i < 100000; ++i) commands += "EHLO c\r\n";
  const std::string replies = world.send(commands);
  EXPECT_GT(replies.size(), 5'000'000U);
  EXPECT_LE(world.max_output(), smtp::Session::kOutputLimit + 1024);
}

// Covers: 3463-3-4, 5321-4.5.3.1.8-1, 5321-4.5.3.1.8-5, 5321-4.5.3.1.10-2
TEST(SmtpSessionTest, ThousandRecipientsAreTakenByDefaultAndTheOnePastThemIsRefused) {
  std::string users;
  std::string commands = "EHLO c\r\nMAIL FROM:<a@b>\r\n";
  for (int n = 0; n <= 1000; ++n) {
    const std::string name = "user" + std::to_string(n) + "@example.com";
    users += name + " x\n";
    commands += "RCPT TO:<" + name + ">\r\n";
  }
  SmtpWorld world(settings(), users);
  world.start();
  const std::string replies = world.send(commands + "DATA\r\nx\r\n.\r\n");
  EXPECT_NE(replies.find("completed\r\n452 4.5.3 Too many recipients\r\n354 "), std::string::npos);
  EXPECT_EQ(world.stored().size(), 1000U);
}

// Covers: 2920-3.2-2, 2920-3.2-7
TEST(SmtpSessionTest, RepliesToAGroupLeaveTogetherAndBeforeTheServerWaits) {
  const smtp::Settings given = settings();
  support::FixedUsers users(kUsers);
  smtp::Session session(given, users, {});
  session.receive(
      "EHLO c\r\nMAIL FROM:<a@b>\r\nRCPT TO:<no@body>\r\nRSET\r\nMAIL FROM:<a@b>\r\n"
      "RCPT TO:<mary.smith@example.com>\r\n");
  for (int i = 0; i < 2; ++i) {
    EXPECT_TRUE(std::holds_alternative<smtp::AdmitMessage>(session.next()));
    session.message_admitted(nullptr);
  }
  EXPECT_TRUE(std::holds_alternative<protocol::Read>(session.next()));
  const std::string replies = session.take_output();
  EXPECT_TRUE(replies.ends_with(
      "250 2.1.0 Requested mail action ok, completed\r\n550 5.1.1 No such user - no@body\r\n"
      "250 2.0.0 State reset\r\n250 2.1.0 Requested mail action ok, completed\r\n"
      "250 2.1.5 Requested mail action ok, completed\r\n"));
}

// Who reads replies as fast as they come would else have the server's thread for itself.
TEST(SmtpSessionTest, OthersHaveTheirTurnHoweverMuchIsPipelined) {
  const smtp::Settings h = settings();
  support::FixedUsers users(kUsers);
  smtp::Session session(h, users, {});
  session.take_output();
  std::string commands;
  for (int i = 0; i < 1000; ++i) commands += "NOOP\r\n";
  session.receive(commands);
  size_t replies = 0;
  while (std::holds_alternative<protocol::Flush>(session.next())) {
    const std::string output = session.take_output();
    const auto lines = static_cast<size_t>(std::ranges::count(output, '\n'));
    EXPECT_LE(lines, smtp::Session::kCommandsATurn);
    replies += lines;
  }
  EXPECT_EQ(replies, 1000U);
}

// What was read ahead is kept while the client takes no replies.
TEST(SmtpSessionTest, LittleIsReadAheadOfCommandsAndMuchOfAMessage) {
  const smtp::Settings h = settings();
  support::FixedUsers users(kUsers);
  smtp::Session session(h, users, {});
  EXPECT_LE(std::get<protocol::Read>(session.next()).max_octets, 4096U);
  session.receive("HELO c\r\nMAIL FROM:<>\r\nRCPT TO:<john.doe@example.com>\r\nDATA\r\n");
  EXPECT_TRUE(std::holds_alternative<smtp::AdmitMessage>(session.next()));
  session.message_admitted(nullptr);
  EXPECT_TRUE(std::holds_alternative<smtp::OpenMessage>(session.next()));
  session.message_opened(protocol::StoreOutcome::kDone);
  EXPECT_GT(std::get<protocol::Read>(session.next()).max_octets, 50'000U);
}

TEST(SmtpSessionTest, AppendIsBoundedAndMessageIsWhole) {
  std::string message;
  std::mt19937 random(3);
  while (message.size() < 1'000'000) {
    message += std::string(random() % 100, 'x') + "\r\n" + (random() % 3 == 0 ? "." : "");
  }
  std::string sent;
  bool line_start = true;
  for (const char c : message) {
    if (line_start && c == '.') sent += '.';
    sent += c;
    line_start = c == '\n';
  }
  SmtpWorld world(settings(), kUsers);
  world.start();
  world.send(transaction(sent));
  ASSERT_EQ(world.stored().size(), 1U);
  EXPECT_EQ(world.stored()[0].text, message + "\r\n");
  EXPECT_LE(world.max_append(), smtp::Reception::kAppendOctets);
}

// A dot line at every position around the edge of what is decoded in one piece.
// Covers: 5321-4.5.2-1
TEST(SmtpSessionTest, DotIsUnstuffedAtEveryBufferEdge) {
  for (size_t before = smtp::Reception::kAppendOctets - 8;
       before < smtp::Reception::kAppendOctets + 8; ++before) {
    SmtpWorld world(settings(), kUsers);
    world.start();
    world.send(transaction(std::string(before, 'x') + "\r\n..\r\n..y"));
    ASSERT_EQ(world.stored().size(), 1U);
    EXPECT_EQ(world.stored()[0].text, std::string(before, 'x') + "\r\n.\r\n.y\r\n");
  }
}

TEST(SmtpSessionTest, BareNewlineIsReportedWithItsOctetInACrlfSessionOnly) {
  SmtpWorld world(settings(), kUsers);
  world.start();
  world.send(transaction("ab\ncd") +
             "MAIL FROM:<a@b>\r\nRCPT TO:<john.doe@example.com>\r\nDATA\r\nx\r\n.\r\n");
  ASSERT_EQ(world.commits().size(), 2U);
  ASSERT_TRUE(world.commits()[0].bare_newline);
  EXPECT_EQ(world.commits()[0].bare_newline->octet, 3U);
  EXPECT_EQ(world.commits()[0].bare_newline->which, '\n');
  EXPECT_EQ(world.commits()[0].octets, 7U);
  EXPECT_FALSE(world.commits()[1].bare_newline);
}

TEST(SmtpSessionTest, RefusedMessageIsDiscardedBeforeItsEnd) {
  SmtpWorld world(settings(), kUsers);
  world.start();
  const std::string data = transaction(std::string("x\0y", 3));
  world.send(data.substr(0, data.size() - 3));
  EXPECT_FALSE(world.has_open_message());
  EXPECT_EQ(world.send(".\r\n").substr(0, 3), "554");
}

TEST(SmtpSessionTest, RoomIsHeldUntilTheTransactionEndsHoweverItEnds) {
  auto with_quota = settings();
  with_quota.has_quota = true;
  with_quota.logins.tls = true;
  for (const std::string end :
       {"RSET\r\n", "HELO c\r\n", "EHLO c\r\n", "STARTTLS\r\n", "DATA\r\nx\r\n.\r\n",
        "DATA\r\nx\ny\r\n.\r\n", "DATA\r\nto the last\r\n.\r\n"}) {
    SCOPED_TRACE(end);
    with_quota.bare_newlines = smtp::BareNewlines::kRefuse;
    SmtpWorld world(with_quota, kUsers);
    world.set_quota(100);
    world.start();
    world.send("EHLO c\r\nMAIL FROM:<a@b>\r\nRCPT TO:<john.doe@example.com>\r\n");
    world.send("RCPT TO:<mary.smith@example.com>\r\nRCPT TO:<john.doe@example.com>\r\n");
    EXPECT_EQ(world.claims().size(), 2U);
    if (end.find("last") != std::string::npos) {
      world.fail_next("open", protocol::StoreOutcome::kFailed);
    }
    world.send(end.substr(0, end.size() - 1));
    EXPECT_EQ(world.claims().size(), 2U);
    world.send("\n");
    EXPECT_TRUE(world.claims().empty());
  }
}

TEST(SmtpSessionTest, NoRoomIsAskedForWithoutAQuota) {
  SmtpWorld world(settings(), kUsers);  // whose quota is 0: it would refuse
  world.start();
  world.send(transaction("x"));
  EXPECT_EQ(world.stored().size(), 1U);
}

TEST(SmtpSessionTest, AfterTheCloseNothingIsTaken) {
  SmtpWorld world(settings(), kUsers);
  world.start();
  world.send("QUIT\r\n" + transaction("x"));
  EXPECT_TRUE(world.closed());
  EXPECT_TRUE(world.stored().empty());
}

}  // namespace
