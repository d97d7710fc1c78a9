// What a maildrop shows of the folder, and whom it keeps out.
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <set>

#include "common/store/size_mark.h"
#include "tests/common/store/maildrop_fixture.h"

namespace store {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

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

}  // namespace
}  // namespace store
