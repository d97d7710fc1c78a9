#include "common/options.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/command_line.h"
#include "tests/support/temporary_directory.h"

namespace options {
namespace {

// A command line as main() gets it.
class Arguments {
 public:
  explicit Arguments(std::vector<std::string> words) : words_(std::move(words)) {
    words_.insert(words_.begin(), "server");
    for (auto& word : words_) pointers_.push_back(word.data());
    pointers_.push_back(nullptr);
  }
  int count() const { return static_cast<int>(words_.size()); }
  char** values() { return pointers_.data(); }

 private:
  std::vector<std::string> words_;
  std::vector<char*> pointers_;
};

std::expected<Smtp, int> smtp(std::vector<std::string> words, bool port_needed = true) {
  Arguments arguments(std::move(words));
  Smtp defaults;
  defaults.max_connections = 100;
  defaults.max_connections_per_address = 50;
  defaults.idle_timeout_s = 300;
  defaults.max_recipients = 1000;
  defaults.max_message_octets = 1 << 20;
  defaults.max_message_memory = 1 << 30;
  defaults.max_errors = 100;
  defaults.max_commands = 1000;
  defaults.min_transfer_rate = 1000;
  defaults.data_timeout_s = 300;
  defaults.handshake_timeout_s = 60;
  return parse_smtp(arguments.count(), arguments.values(), defaults, port_needed);
}

// Covers: 5321-4.5.3.2.7-1
TEST(OptionsTest, PortAloneLeavesTheDefaults) {
  const auto parsed = smtp({"2525"});
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->port, 2525);
  EXPECT_EQ(parsed->users_file, "users.txt");
  EXPECT_EQ(parsed->store_directory, "mail.store");
  EXPECT_TRUE(parsed->addresses.empty());
  EXPECT_FALSE(parsed->host_name.empty());
  EXPECT_EQ(parsed->idle_timeout_s, 300U);
  EXPECT_EQ(parsed->max_recipients, 1000U);
  EXPECT_EQ(parsed->quota_octets, 0U);
  EXPECT_EQ(parsed->bare_newlines, "keep");
  EXPECT_EQ(parsed->log_format, "text");
  EXPECT_EQ(parsed->io_threads, 1U);
  EXPECT_FALSE(parsed->trace_headers);
}

TEST(OptionsTest, EveryOptionIsTaken) {
  const auto parsed = smtp({"--users",
                            "u",
                            "--store",
                            "s",
                            "--listen",
                            "127.0.0.1",
                            "--listen",
                            "::1",
                            "--hostname",
                            "h",
                            "--max-message-size",
                            "70000",
                            "--max-recipients",
                            "100",
                            "--quota",
                            "7000000000",
                            "--postmaster",
                            "p@d",
                            "--bare-newlines",
                            "refuse",
                            "--idle-timeout",
                            "7",
                            "--log-level",
                            "debug",
                            "--log-format",
                            "json",
                            "--max-connections",
                            "20",
                            "--max-connections-per-address",
                            "10",
                            "--io-threads",
                            "2",
                            "--trace-headers",
                            "0"});
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->port, 0);
  EXPECT_EQ(parsed->users_file, "u");
  EXPECT_EQ(parsed->store_directory, "s");
  EXPECT_EQ(parsed->addresses, (std::vector<std::string>{"127.0.0.1", "::1"}));
  EXPECT_EQ(parsed->host_name, "h");
  EXPECT_EQ(parsed->max_message_octets, 70000U);
  EXPECT_EQ(parsed->max_recipients, 100U);
  EXPECT_EQ(parsed->quota_octets, 7'000'000'000U);
  EXPECT_EQ(parsed->postmaster, "p@d");
  EXPECT_EQ(parsed->bare_newlines, "refuse");
  EXPECT_EQ(parsed->max_connections, 20U);
  EXPECT_EQ(parsed->max_connections_per_address, 10U);
  EXPECT_EQ(parsed->io_threads, 2U);
  EXPECT_TRUE(parsed->trace_headers);
  EXPECT_EQ(parsed->log_format, "json");
  EXPECT_EQ(parsed->idle_timeout_s, 7U);
  EXPECT_EQ(parsed->log_level, "debug");
}

TEST(OptionsTest, WrongCommandLineIsRefused) {
  const std::vector<std::vector<std::string>> wrong = {
      {},
      {"65536"},
      {"-1"},
      {"smtp"},
      {"25", "26"},
      {"25", "--max-recipients", "0"},
      {"25", "--bare-newlines", "drop"},
      {"25", "--hostname", "two words"},
      {"25", "--hostname", ""},
      {"25", "--idle-timeout", "0"},
      {"25", "--log-level", "loud"},
      {"25", "--log-format", "xml"},
      {"25", "--io-threads", "0"},
      {"25", "--max-connections", "0"},
      {"25", "--max-connections-per-address", "0"},
      {"25", "--idle-timeout", "86401"},
      {"25", "--data-timeout", "0"},
      {"25", "--data-timeout", "86401"},
      {"25", "--handshake-timeout", "0"},
      {"25", "--handshake-timeout", "86401"},
      {"25", "--max-errors", "0"},
      {"25", "--max-errors", "-1"},
      {"25", "--max-commands", "-1"},
      {"25", "--min-transfer-rate", "-1"},
      {"25", "--min-transfer-rate", "fast"},
      {"25", "--max-message-memory", "0"},
      {"25", "--min-free-disk", "-1"},
      {"25", "--login-timeout", "60"},  // mypopd's
      {"25", "--frobnicate"},
  };
  for (const auto& words : wrong) {
    const auto parsed = smtp(words);
    ASSERT_FALSE(parsed) << testing::PrintToString(words);
    EXPECT_NE(parsed.error(), 0) << testing::PrintToString(words);
  }
}

TEST(OptionsTest, EveryLimitIsTakenFromOneEndOfItsRangeToTheOther) {
  const auto least = smtp({"25", "--max-commands", "0", "--max-errors", "1", "--data-timeout", "1",
                           "--handshake-timeout", "1", "--min-transfer-rate", "0",
                           "--max-message-memory", "1", "--min-free-disk", "0"});
  ASSERT_TRUE(least);
  EXPECT_EQ(least->max_commands, 0U);
  EXPECT_EQ(least->max_errors, 1U);
  EXPECT_EQ(least->data_timeout_s, 1U);
  EXPECT_EQ(least->handshake_timeout_s, 1U);
  EXPECT_EQ(least->min_transfer_rate, 0U);
  EXPECT_EQ(least->max_message_memory, 1U);
  EXPECT_EQ(least->min_free_disk, 0U);
  const auto more =
      smtp({"25", "--max-commands", "7", "--max-errors", "8", "--data-timeout", "86400",
            "--handshake-timeout", "86400", "--min-transfer-rate", "9", "--max-message-memory",
            "1000000000000", "--min-free-disk", "2000000000000"});
  ASSERT_TRUE(more);
  EXPECT_EQ(more->max_commands, 7U);
  EXPECT_EQ(more->max_errors, 8U);
  EXPECT_EQ(more->data_timeout_s, 86'400U);
  EXPECT_EQ(more->handshake_timeout_s, 86'400U);
  EXPECT_EQ(more->min_transfer_rate, 9U);
  EXPECT_EQ(more->max_message_memory, 1'000'000'000'000U);
  EXPECT_EQ(more->min_free_disk, 2'000'000'000'000U);
}

TEST(OptionsTest, LoginTimeoutIsMypopds) {
  Arguments arguments({"110", "--login-timeout", "86400"});
  EXPECT_EQ(parse_pop3(arguments.count(), arguments.values(), {}, true).value().login_timeout_s,
            86'400U);
  for (const char* const wrong : {"0", "86401", "soon"}) {
    Arguments refused({"110", "--login-timeout", wrong});
    EXPECT_FALSE(parse_pop3(refused.count(), refused.values(), {}, true)) << wrong;
  }
}

TEST(OptionsTest, HelpAndVersionEndWithSuccess) {
  for (const char* const word : {"--help", "--version"}) {
    const auto parsed = smtp({word});
    ASSERT_FALSE(parsed);
    EXPECT_EQ(parsed.error(), 0);
  }
}

TEST(OptionsTest, PortMayBeMissingWhereSocketsArePassed) {
  const auto parsed = smtp({}, false);
  ASSERT_TRUE(parsed);
  EXPECT_FALSE(parsed->port);
}

TEST(OptionsTest, PortMayBeAnOption) { EXPECT_EQ(smtp({"--port", "2525"}).value().port, 2525); }

class ConfigFileTest : public testing::Test {
 protected:
  std::expected<Smtp, int> with_config(std::string_view text,
                                       const std::vector<std::string>& words = {}) const {
    const std::string file = (directory_.path() / "config").string();
    std::ofstream(file) << text;
    std::vector<std::string> all{"--config", file};
    all.insert(all.end(), words.begin(), words.end());
    return smtp(all);
  }
  // What --show-config prints.
  static std::string shown(std::vector<std::string> words) {
    words.emplace_back("--show-config");
    testing::internal::CaptureStdout();
    const auto parsed = smtp(std::move(words));
    std::string text = testing::internal::GetCapturedStdout();
    EXPECT_EQ(parsed.error(), 0);
    return text;
  }
  // What is said about a file that is refused.
  std::string complaint(std::string_view text) const {
    testing::internal::CaptureStderr();
    const auto parsed = with_config(text);
    std::string said = testing::internal::GetCapturedStderr();
    EXPECT_FALSE(parsed);
    EXPECT_EQ(parsed ? 0 : parsed.error(), command_line::kBadConfigFile);
    EXPECT_EQ(std::ranges::count(said, '\n'), 1) << said;
    return said;
  }

  const support::TemporaryDirectory directory_;
};

TEST_F(ConfigFileTest, OptionsHaveTheSameNames) {
  const auto parsed = with_config(
      "# a comment\n\nport = 2525\r\nusers=my users #1.txt\n  store = \" s \"\nlisten = 127.0.0.1\n"
      "listen = ::1\nhostname = h\nmax-recipients = 100\nbare-newlines = refuse\n"
      "trace-headers = true\nlog-format = json\npostmaster = p@d");
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->port, 2525);
  EXPECT_EQ(parsed->users_file, "my users #1.txt");
  EXPECT_EQ(parsed->store_directory, " s ");
  EXPECT_EQ(parsed->addresses, (std::vector<std::string>{"127.0.0.1", "::1"}));
  EXPECT_EQ(parsed->host_name, "h");
  EXPECT_EQ(parsed->max_recipients, 100U);
  EXPECT_EQ(parsed->bare_newlines, "refuse");
  EXPECT_TRUE(parsed->trace_headers);
  EXPECT_EQ(parsed->log_format, "json");
  EXPECT_EQ(parsed->postmaster, "p@d");
}

TEST_F(ConfigFileTest, CommandLineCountsMore) {
  const auto parsed =
      with_config("port = 1\nusers = a\nlisten = ::1\ntrace-headers = true\n",
                  {"2", "--users", "b", "--listen", "127.0.0.1", "--trace-headers=false"});
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->port, 2);
  EXPECT_EQ(parsed->users_file, "b");
  EXPECT_EQ(parsed->addresses, std::vector<std::string>{"127.0.0.1"});
  EXPECT_FALSE(parsed->trace_headers);
}

TEST_F(ConfigFileTest, WhatIsWrongIsSaidInOneLine) {
  const auto holds = [](const std::string& said, std::string_view what) {
    return said.find("/config: ") != std::string::npos && said.find(what) != std::string::npos;
  };
  EXPECT_PRED2(holds, complaint("port = 1\nfrobnicate = 2\n"), "no option frobnicate");
  EXPECT_PRED2(holds, complaint("port = 1\n\nlisten\n"), "line 3 ");
  EXPECT_PRED2(holds, complaint("port = 65536\n"), "--port");
  EXPECT_PRED2(holds, complaint("port = 1\nport = 2\n"), "--port");
  EXPECT_PRED2(holds, complaint("port = 1\nbare-newlines = drop\n"), "--bare-newlines");
  EXPECT_PRED2(holds, complaint("port = 1\nconfig = other\n"), "config");
  EXPECT_PRED2(holds, complaint("port = 1\n[section]\n"), "line 2 ");
}

TEST_F(ConfigFileTest, MissingFileIsRefused) {
  const auto parsed = smtp({"25", "--config", (directory_.path() / "none").string()});
  ASSERT_FALSE(parsed);
  EXPECT_EQ(parsed.error(), command_line::kBadConfigFile);
}

TEST_F(ConfigFileTest, FaultOfTheCommandLineIsNotTheFiles) {
  const auto parsed = with_config("port = 1\n", {"--frobnicate"});
  ASSERT_FALSE(parsed);
  EXPECT_NE(parsed.error(), command_line::kBadConfigFile);
}

TEST_F(ConfigFileTest, WhatIsShownIsReadAsTheSame) {
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{{},
                                             {"25"},
                                             {"--port",
                                              "0",
                                              "--users",
                                              " a # b=c;\"d ",
                                              "--store",
                                              "\"s\"",
                                              "--listen",
                                              "::1",
                                              "--listen",
                                              "127.0.0.1",
                                              "--hostname",
                                              "'h'",
                                              "--trace-headers",
                                              "--bare-newlines",
                                              "refuse",
                                              "--max-message-size",
                                              "70000",
                                              "--postmaster",
                                              "p@d",
                                              "--log-level",
                                              "debug",
                                              "--max-connections",
                                              "7",
                                              "--idle-timeout",
                                              "1"}}) {
    const std::string text = shown(words);
    const std::string file = (directory_.path() / "shown").string();
    std::ofstream(file) << text;
    EXPECT_EQ(shown({"--config", file}), text);
    EXPECT_NE(text.find("max-recipients = 1000\n"), std::string::npos) << text;
  }
}

TEST(OptionsTest, OptionsOfTheOtherServerAreUnknown) {
  Arguments arguments({"110", "--max-recipients", "100"});
  EXPECT_FALSE(parse_pop3(arguments.count(), arguments.values(), {}, true));
}

}  // namespace
}  // namespace options
