#include "common/protocol/command_table.h"

#include <gtest/gtest.h>

#include <array>

namespace protocol {
namespace {

struct FakeSession {
  void run(std::string_view) {}
};
using Row = CommandRow<FakeSession>;
constexpr unsigned kGreeted = 1, kInMail = 2;
constexpr auto kRun = &FakeSession::run;

constexpr std::array<Row, 5> kTable{{
    {"FREE", kRun},
    {"MAIL", kRun, kGreeted, kInMail, Argument::kRequired},
    {"DATA", kRun, kGreeted | kInMail, 0, Argument::kNone},
    {"EXPN"},
    {"HELO", kRun, 0, 0, Argument::kRequired},
}};

std::optional<Refusal> ask(std::string_view line, unsigned facts) {
  const auto command = split_command(line);
  return refusal(find_command<FakeSession>(kTable, command.verb), facts, command.argument);
}

// Covers: 1939-3-2, 5321-2.4-1
TEST(CommandTableTest, VerbIsFoundInAnyCase) {
  EXPECT_EQ(ask("free", 0), std::nullopt);
  EXPECT_EQ(ask("FrEe x", 0), std::nullopt);
  EXPECT_EQ(ask("FRE", 0), Refusal::kUnknown);
  EXPECT_EQ(ask("FREEE", 0), Refusal::kUnknown);
  EXPECT_EQ(ask("", 0), Refusal::kUnknown);
  EXPECT_EQ(ask(" FREE", 0), Refusal::kUnknown);
}

TEST(CommandTableTest, KnownVerbWithoutHandlerIsNotImplementedInAnyPhase) {
  for (unsigned facts = 0; facts < 4; ++facts) {
    EXPECT_EQ(ask("EXPN list", facts), Refusal::kNotImplemented);
  }
}

TEST(CommandTableTest, OrderComesBeforeSyntax) {
  EXPECT_EQ(ask("DATA x", 0), Refusal::kBadSequence);
  EXPECT_EQ(ask("DATA x", kGreeted | kInMail), Refusal::kBadArgument);
  EXPECT_EQ(ask("MAIL", 0), Refusal::kBadSequence);
  EXPECT_EQ(ask("MAIL", kGreeted), Refusal::kBadArgument);
}

// The whole table against an oracle written out: row, facts → refused for order or not.
// Covers: 5321-3.3-19, 5321-4.1.4-16
TEST(CommandTableTest, NeedsAndForbidsHoldForEveryRowInEveryState) {
  for (unsigned facts = 0; facts < 4; ++facts) {
    const bool greeted = (facts & kGreeted) != 0;
    const bool in_mail = (facts & kInMail) != 0;
    EXPECT_EQ(ask("FREE", facts), std::nullopt);
    EXPECT_EQ(ask("HELO x", facts), std::nullopt);
    EXPECT_EQ(ask("MAIL x", facts) == std::nullopt, greeted && !in_mail);
    EXPECT_EQ(ask("DATA", facts) == std::nullopt, greeted && in_mail);
  }
}

TEST(CommandTableTest, TrailingBlanksAreNoArgument) {
  EXPECT_EQ(ask("DATA  \t", kGreeted | kInMail), std::nullopt);
  EXPECT_EQ(ask("HELO  ", 0), Refusal::kBadArgument);
}

TEST(CommandTableTest, ArgumentKeepsItsBlanks) {
  EXPECT_EQ(split_command("PASS  a b ").argument, " a b ");
  EXPECT_EQ(split_command("PASS").argument, "");
}

}  // namespace
}  // namespace protocol
