// What a maildrop reads of its messages, and which it removes.
#include <algorithm>
#include <cerrno>

#include "tests/common/store/maildrop_fixture.h"

namespace store {
namespace {

namespace fs = std::filesystem;

TEST_F(MaildropTest, DestroyingRemovesNothing) {
  deliver_to_john("first\r\n");
  open().reset();
  EXPECT_EQ(open()->messages().size(), 1U);
}

TEST_F(MaildropTest, MessageGoneAlreadyCountsAsRemoved) {
  for (int i = 0; i < 3; ++i) deliver_to_john("Hello\r\n");
  const auto maildrop = open();
  fs::remove(path_of(kJohn) / "1.mail");
  EXPECT_TRUE(remove(*maildrop, {0, 1}));
  EXPECT_EQ(tree(path_of(kJohn)), std::vector<std::string>{"2.mail"});
}

// Covers: 1939-6-4
TEST_F(MaildropTest, AnotherFileOfThatNameIsNotRemoved) {
  deliver_to_john("Hello\r\n");
  const auto maildrop = open();
  fs::remove(path_of(kJohn) / "0.mail");
  drop("0.mail", "by hand");
  EXPECT_TRUE(remove(*maildrop, {0}));
  EXPECT_EQ(file_content(path_of(kJohn) / "0.mail"), "by hand");
}

TEST_F(MaildropTest, OneRecipientsRemovalLeavesTheOthers) {
  ASSERT_TRUE(deliver(*store_, "Hello\r\n", {kJohn, kMary}));
  const auto maildrop = open();
  ASSERT_TRUE(remove(*maildrop, {0}));
  EXPECT_EQ(read_all(*open(kMary), 0), "Hello\r\n");
}

// Covers: 1939-6-3, 1939-6-5
TEST_F(MaildropTest, MessageThatCannotBeRemovedIsReportedAndTheOthersGo) {
  for (int i = 0; i < 3; ++i) deliver_to_john("Hello\r\n");
  const auto maildrop = open();
  ops_.set_judge(FaultyFileOps::nth_of("unlinkat", 2, EIO));
  const auto removed = remove(*maildrop, {0, 1, 2});
  ASSERT_FALSE(removed);
  EXPECT_EQ(removed.error(), MaildropError::kSomeRemain);
  EXPECT_EQ(tree(path_of(kJohn)), std::vector<std::string>{"1.mail"});
  EXPECT_TRUE(open());
}

TEST_F(MaildropTest, RemovalThatIsNotDurableIsReported) {
  deliver_to_john("Hello\r\n");
  const auto maildrop = open();
  ops_.set_judge(FaultyFileOps::always("fsync", EIO));
  EXPECT_FALSE(remove(*maildrop, {0}));
}

// The number of the newest could come back, were its going durable and the mark not.
TEST_F(MaildropTest, MarkOfTheHighestIsDurableBeforeItGoes) {
  for (int i = 0; i < 3; ++i) deliver_to_john("Hello\r\n");
  const auto order = [&](std::vector<size_t> messages) {
    const auto maildrop = open();
    ops_.take_calls();
    EXPECT_TRUE(remove(*maildrop, std::move(messages)));
    std::vector<std::string> names;
    for (const auto& call : ops_.take_calls()) {
      if (call.name == "fsetxattr" || call.name == "fsync" || call.name == "unlinkat") {
        names.push_back(call.name);
      }
    }
    return names;
  };
  EXPECT_EQ(order({0}), (std::vector<std::string>{"fsetxattr", "unlinkat", "fsync"}));
  EXPECT_EQ(order({1}), (std::vector<std::string>{"fsetxattr", "fsync", "unlinkat", "fsync"}));
}

TEST_F(MaildropTest, ReadBeginsWhereItIsToldAndFillsTheBuffer) {
  std::string text;
  for (int i = 0; text.size() < 300'000; ++i) text += std::to_string(i) + "\r\n";
  deliver_to_john(text);
  const auto maildrop = open();
  std::vector<char> buffer(100'000);
  for (const uint64_t offset : {0U, 1U, 65'536U, 150'000U, 250'000U}) {
    const auto got = await<size_t>(
        [&](Done<size_t> done) { maildrop->read(0, offset, buffer, std::move(done)); });
    ASSERT_TRUE(got);
    EXPECT_EQ(*got, std::min(buffer.size(), text.size() - offset));
    EXPECT_TRUE(std::string_view(buffer.data(), *got) ==
                std::string_view(text).substr(offset, *got));
  }
  EXPECT_EQ(await<size_t>([&](Done<size_t> done) {
              maildrop->read(0, text.size() + 10, buffer, std::move(done));
            }),
            0U);
}

TEST_F(MaildropTest, ReadWithoutTheCacheGivesTheSame) {
  deliver_to_john("one\r\n");
  deliver_to_john("two\r\n");
  ops_.set_judge([](const FaultyFileOps::Call& call) {
    if (call.name == "openat_cached") return EAGAIN;
    return call.name == "pread_nowait" ? EOPNOTSUPP : 0;
  });
  const auto maildrop = open();
  EXPECT_EQ(read_all(*maildrop, 0), "one\r\n");
  EXPECT_EQ(read_all(*maildrop, 1), "two\r\n");
  EXPECT_EQ(read_all(*maildrop, 0), "one\r\n");
}

TEST_F(MaildropTest, MessageThatIsGoneOrAnothersIsAnError) {
  deliver_to_john("first\r\n");
  deliver_to_john("second\r\n");
  const auto maildrop = open();
  fs::remove(path_of(kJohn) / "0.mail");
  fs::remove(path_of(kJohn) / "1.mail");
  drop("1.mail", "another");
  std::vector<char> buffer(100);
  for (const size_t i : {0U, 1U}) {
    const auto got =
        await<size_t>([&](Done<size_t> done) { maildrop->read(i, 0, buffer, std::move(done)); });
    EXPECT_FALSE(got) << i;
  }
}

TEST_F(MaildropTest, ReadErrorIsReported) {
  deliver_to_john("first\r\n");
  const auto maildrop = open();
  ops_.set_judge(
      [](const FaultyFileOps::Call& call) { return call.name.starts_with("pread") ? EIO : 0; });
  std::vector<char> buffer(100);
  const auto got =
      await<size_t>([&](Done<size_t> done) { maildrop->read(0, 0, buffer, std::move(done)); });
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error(), std::errc::io_error);
}

}  // namespace
}  // namespace store
