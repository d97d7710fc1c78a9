#include "common/options.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

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

std::expected<Smtp, int> smtp(std::vector<std::string> words) {
  Arguments arguments(std::move(words));
  Smtp defaults;
  defaults.idle_timeout_s = 300;
  defaults.max_recipients = 1000;
  defaults.max_message_octets = 1 << 20;
  return parse_smtp(arguments.count(), arguments.values(), defaults);
}

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
  EXPECT_FALSE(parsed->refuse_bare_newlines);
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
                            "--postmaster",
                            "p@d",
                            "--bare-newlines",
                            "refuse",
                            "--idle-timeout",
                            "7",
                            "--log-level",
                            "debug",
                            "0"});
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->port, 0);
  EXPECT_EQ(parsed->users_file, "u");
  EXPECT_EQ(parsed->store_directory, "s");
  EXPECT_EQ(parsed->addresses, (std::vector<std::string>{"127.0.0.1", "::1"}));
  EXPECT_EQ(parsed->host_name, "h");
  EXPECT_EQ(parsed->max_message_octets, 70000U);
  EXPECT_EQ(parsed->max_recipients, 100U);
  EXPECT_EQ(parsed->postmaster, "p@d");
  EXPECT_TRUE(parsed->refuse_bare_newlines);
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
      {"25", "--frobnicate"},
  };
  for (const auto& words : wrong) {
    const auto parsed = smtp(words);
    ASSERT_FALSE(parsed) << testing::PrintToString(words);
    EXPECT_NE(parsed.error(), 0) << testing::PrintToString(words);
  }
}

TEST(OptionsTest, HelpAndVersionEndWithSuccess) {
  for (const char* const word : {"--help", "--version"}) {
    const auto parsed = smtp({word});
    ASSERT_FALSE(parsed);
    EXPECT_EQ(parsed.error(), 0);
  }
}

TEST(OptionsTest, OptionsOfTheOtherServerAreUnknown) {
  Arguments arguments({"110", "--max-recipients", "100"});
  EXPECT_FALSE(parse_pop3(arguments.count(), arguments.values(), {}));
}

}  // namespace
}  // namespace options
