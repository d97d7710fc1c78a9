// What a maildrop shows of the folder, and what it removes.
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <set>

#include "common/store/size_mark.h"
#include "tests/common/store/store_fixture.h"

namespace store {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

class MaildropTest : public StoreTest {
 protected:
  std::unique_ptr<Maildrop> open(const Mailbox& mailbox = kJohn) {
    auto maildrop = open_maildrop(*store_, mailbox);
    EXPECT_TRUE(maildrop) << maildrop.error().message();
    return maildrop ? std::move(*maildrop) : nullptr;
  }
  void deliver_to_john(std::string_view text) {
    const auto id = deliver(*store_, text, {kJohn});
    ASSERT_TRUE(id) << id.error().message();
  }
  void drop(const std::string& name, std::string_view content) {
    drop_file(path_of(kJohn) / name, content);
  }
  // So that its size may be remembered.
  void age(const std::string& name, std::chrono::seconds by) {
    fs::last_write_time(path_of(kJohn) / name, fs::file_time_type::clock::now() - by);
  }
  // How many files opening the maildrop read.
  size_t reads_to_open() {
    ops_.take_calls();
    EXPECT_TRUE(open());
    const auto calls = ops_.take_calls();
    return static_cast<size_t>(
        std::ranges::count_if(calls, [](const auto& call) { return call.name == "pread"; }));
  }
  static std::vector<uint64_t> sizes(const Maildrop& maildrop) {
    std::vector<uint64_t> sizes;
    const MessageList& messages = maildrop.messages();
    for (size_t i = 0; i < messages.size(); ++i) sizes.push_back(messages.octets_of(i));
    return sizes;
  }
  static std::vector<std::string> uids(const Maildrop& maildrop) {
    std::vector<std::string> uids;
    const MessageList& messages = maildrop.messages();
    for (size_t i = 0; i < messages.size(); ++i) uids.push_back(messages.uid_of(i));
    return uids;
  }
};

TEST_F(MaildropTest, MissingFolderIsAnEmptyMaildropAndIsMade) {
  EXPECT_EQ(open()->messages().size(), 0U);
  EXPECT_EQ(fs::status(path_of(kJohn)).permissions(), fs::perms{0700});
}

TEST_F(MaildropTest, MessagesAreOrderedByNumberNotByName) {
  for (const auto* name : {"10.mail", "9.mail", "100.mail", "0.mail"}) drop(name, name);
  const auto maildrop = open();
  ASSERT_EQ(maildrop->messages().size(), 4U);
  EXPECT_EQ(read_all(*maildrop, 0), "0.mail");
  EXPECT_EQ(read_all(*maildrop, 1), "9.mail");
  EXPECT_EQ(read_all(*maildrop, 2), "10.mail");
  EXPECT_EQ(read_all(*maildrop, 3), "100.mail");
}

// Covers: 1939-11-1
TEST_F(MaildropTest, SizesCountEveryLineEndAsCrlf) {
  const std::vector<std::pair<std::string, uint64_t>> cases = {
      {"", 0},         {"a\r\nb\r\n", 6},    {"a\nb\n", 6},
      {"a\nb", 6},     {"a\r\nb\nc\r\n", 9}, {".\r\n..\r\n", 7},
      {"a\rb\r\n", 5}, {"a\r", 4},
  };
  std::vector<uint64_t> expected;
  for (size_t i = 0; i < cases.size(); ++i) {
    deliver_to_john(cases[i].first);
    expected.push_back(cases[i].second);
  }
  for (size_t i = 0; i < cases.size(); ++i) {
    drop(std::to_string(cases.size() + i) + ".mail", cases[i].first);
    expected.push_back(cases[i].second);
  }
  EXPECT_EQ(sizes(*open()), expected);
  EXPECT_EQ(sizes(*open()), expected);
}

TEST_F(MaildropTest, DeliveredMessageIsNeverReadForItsSize) {
  deliver_to_john("a\r\nb\r\n");
  deliver_to_john("a\nb\n");
  EXPECT_EQ(reads_to_open(), 0U);
}

TEST_F(MaildropTest, CountOfAHandDroppedFileIsKeptOnceItsTimeIsPast) {
  drop("0.mail", "a\nb\n");
  EXPECT_GT(reads_to_open(), 0U);
  EXPECT_GT(reads_to_open(), 0U);  // too young to be remembered
  age("0.mail", 10s);
  EXPECT_GT(reads_to_open(), 0U);
  EXPECT_EQ(reads_to_open(), 0U);
  EXPECT_EQ(sizes(*open()), std::vector<uint64_t>{6});
}

TEST_F(MaildropTest, FileFromTheFutureIsCountedEachTime) {
  drop("0.mail", "a\nb\n");
  age("0.mail", -1000s);
  EXPECT_GT(reads_to_open(), 0U);
  EXPECT_GT(reads_to_open(), 0U);
}

TEST_F(MaildropTest, EditedFileIsCountedAnew) {
  deliver_to_john("a\r\n");
  drop("0.mail", "a\nb\n");
  EXPECT_EQ(sizes(*open()), std::vector<uint64_t>{6});
}

// Covers: 1939-7-7, 1939-7-8, 1939-7-9
TEST_F(MaildropTest, UidsAreDistinctPrintableAndTheSameInEverySession) {
  for (int i = 0; i < 5; ++i) deliver_to_john("Hello\r\n");
  drop("5.mail", "by hand\n");
  drop("6.mail", "by hand\n");
  fs::last_write_time(path_of(kJohn) / "6.mail", fs::last_write_time(path_of(kJohn) / "5.mail"));
  const auto first = uids(*open());
  reopen();
  EXPECT_EQ(uids(*open()), first);
  EXPECT_EQ(std::set(first.begin(), first.end()).size(), 7U);
  for (const auto& uid : first) {
    EXPECT_TRUE(!uid.empty() && uid.size() <= 70) << uid;
    EXPECT_TRUE(std::ranges::all_of(uid, [](char c) { return c >= 0x21 && c <= 0x7e; })) << uid;
  }
}

TEST_F(MaildropTest, UidOfANumberThatComesBackDiffers) {
  deliver_to_john("first\r\n");
  const auto first = uids(*open());
  fs::remove_all(path_of(kJohn));
  deliver_to_john("second\r\n");
  EXPECT_NE(uids(*open()), first);
}

TEST_F(MaildropTest, WhatIsNoMessageIsNotListed) {
  drop("0.mail", "0");
  for (const auto* name : {"007.mail", "1.mail.bak", ".5.mail", "mail", "x.mail"}) drop(name, name);
  fs::create_directory(path_of(kJohn) / "3.mail");
  fs::create_symlink("0.mail", path_of(kJohn) / "4.mail");
  ASSERT_EQ(::mkfifo((path_of(kJohn) / "6.mail").c_str(), 0600), 0);
  EXPECT_EQ(sizes(*open()), std::vector<uint64_t>{3});
  auto told = observed();
  std::ranges::sort(told);
  ASSERT_EQ(told.size(), 3U);
  for (size_t i = 0; i < 3; ++i) {
    const auto name = std::vector<std::string>{"3.mail", "4.mail", "6.mail"}[i];
    EXPECT_NE(told[i].find(kJohn + '/' + name), std::string::npos) << told[i];
  }
}

TEST_F(MaildropTest, MessageThatMayNotBeReadIsLeftOutAndTold) {
  drop("0.mail", "0");
  drop("1.mail", "1");
  ops_.set_judge([](const FaultyFileOps::Call& call) {
    const bool reads = call.name == "openat" || call.name == "getxattrat";
    return reads && call.detail == "0.mail" ? EACCES : 0;
  });
  EXPECT_EQ(open()->messages().size(), 1U);
  EXPECT_EQ(observed().size(), 1U);
}

// What must never become a short list.
// Covers: 1939-4-6
TEST_F(MaildropTest, AnyOtherErrorFailsTheOpening) {
  drop("0.mail", "0");
  drop("1.mail", "1");
  for (const auto* name : {"openat", "flock", "fstat", "fstatat", "list", "pread"}) {
    for (const int error : {EIO, EMFILE, ENOMEM}) {
      ops_.set_judge(FaultyFileOps::always(name, error));
      const size_t before = open_descriptors();
      const auto opened = open_maildrop(*store_, kJohn);
      ASSERT_FALSE(opened) << name;
      EXPECT_EQ(opened.error(), std::error_code(error, std::system_category())) << name;
      EXPECT_EQ(open_descriptors(), before);
    }
  }
  ops_.set_judge(nullptr);
  EXPECT_EQ(open()->messages().size(), 2U);
}

TEST_F(MaildropTest, FolderThatMayNotBeSearchedFailsTheOpening) {
  drop("0.mail", "0");
  ops_.set_judge([](const FaultyFileOps::Call& call) {
    return call.name == "fstatat" && call.detail == "0.mail" ? EACCES : 0;
  });
  EXPECT_FALSE(open_maildrop(*store_, kJohn));
}

TEST_F(MaildropTest, FileThatVanishesWhileOpeningIsNotListed) {
  drop("0.mail", "0");
  drop("1.mail", "1");
  ops_.set_judge([](const FaultyFileOps::Call& call) {
    return call.name == "fstatat" && call.detail == "0.mail" ? ENOENT : 0;
  });
  EXPECT_EQ(open()->messages().size(), 1U);
  EXPECT_EQ(observed().size(), 0U);
}

// Covers: 1939-4-3
TEST_F(MaildropTest, SecondMaildropIsInUseUntilTheFirstIsGone) {
  auto other = FileStore::open(path().string(), nullptr);
  ASSERT_TRUE(other);
  auto first = open();
  for (MailStore* store : std::initializer_list<MailStore*>{store_.get(), other->get()}) {
    const auto second = open_maildrop(*store, kJohn);
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error(), MaildropError::kInUse);
  }
  EXPECT_TRUE(open(kMary));
  first.reset();
  EXPECT_TRUE(open_maildrop(**other, kJohn));
}

// Covers: 1939-6-5
TEST_F(MaildropTest, RemoveUnlocksBeforeItReports) {
  deliver_to_john("Hello\r\n");
  for (const std::vector<size_t>& messages : {std::vector<size_t>{0}, std::vector<size_t>{}}) {
    const auto maildrop = open();
    const auto locked = await<void>([&](Done<void> done) {
      maildrop->remove(messages, [&, done = std::move(done)](auto removed) mutable {
        auto folder =
            Descriptor::open(posix_file_ops(), AT_FDCWD, path_of(kJohn).string(), O_RDONLY);
        const auto error = posix_file_ops().flock(folder->fd());
        folder->reset();
        done(error ? std::unexpected(error) : std::move(removed));
      });
    });
    EXPECT_TRUE(locked) << locked.error().message();
  }
}

TEST_F(MaildropTest, LockIsOnTheFolderThatIsThere) {
  const auto first = open();
  fs::remove_all(path_of(kJohn));
  const auto second = open();
  EXPECT_FALSE(open_maildrop(*store_, kJohn));
}

TEST_F(MaildropTest, FolderExchangedWhileLockingIsLockedAnew) {
  drop("0.mail", "old");
  ops_.set_judge([&, exchanged = false](const FaultyFileOps::Call& call) mutable {
    if (call.name == "flock" && !exchanged) {
      exchanged = true;
      fs::rename(path_of(kJohn), path() / "old");
      drop("0.mail", "new");
    }
    return 0;
  });
  const auto maildrop = open();
  EXPECT_EQ(read_all(*maildrop, 0), "new");
  EXPECT_FALSE(open_maildrop(*store_, kJohn));
}

// Covers: 1939-4-8
TEST_F(MaildropTest, SnapshotStaysAsItWas) {
  deliver_to_john("first\r\n");
  const auto maildrop = open();
  deliver_to_john("second\r\n");
  EXPECT_EQ(maildrop->messages().size(), 1U);
  ASSERT_TRUE(remove(*maildrop, {0}));
  EXPECT_EQ(tree(path_of(kJohn)), std::vector<std::string>{"1.mail"});
  EXPECT_EQ(read_all(*open(), 0), "second\r\n");
}

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
