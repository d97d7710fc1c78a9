// What a delivery leaves in mail.store, and when.
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <future>
#include <latch>
#include <memory>
#include <thread>
#include <vector>

#include "tests/common/store/store_fixture.h"

namespace store {
namespace {

namespace fs = std::filesystem;

std::string text_of(size_t octets) {
  constexpr std::string_view kLine =
      "From here to the end of the line, and no dot at its start.\r\n";
  std::string text;
  text.reserve(octets + kLine.size());
  while (text.size() < octets) text += kLine;
  text.resize(octets);
  return text;
}

class DeliveryTest : public StoreTest {};

TEST_F(DeliveryTest, MessageOfAnySizeIsStoredByteForByte) {
  constexpr size_t kKi = 1024;
  uint64_t n = 0;
  for (const size_t octets :
       {size_t{0}, size_t{1}, 16 * kKi - 1, 16 * kKi, 16 * kKi + 1, 1024 * kKi, 5 * 1024 * kKi}) {
    const std::string text = text_of(octets);
    const auto id = deliver(*store_, text, {kJohn});
    ASSERT_TRUE(id) << id.error().message();
    EXPECT_TRUE(file_content(path_of(kJohn) / (std::to_string(n) + ".mail")) == text) << octets;
    auto maildrop = open_maildrop(*store_, kJohn);
    ASSERT_TRUE(maildrop);
    EXPECT_TRUE(read_all(**maildrop, n) == text) << octets;
    EXPECT_EQ((*maildrop)->messages().uid_of(n), id->text + '-' + std::to_string(n));
    ++n;
  }
}

// Covers: 5321-4.5.2-3
TEST_F(DeliveryTest, EveryByteSurvives) {
  std::string text;
  for (int c = 0; c < 256; ++c) text += static_cast<char>(c);
  ASSERT_TRUE(deliver(*store_, text, {kJohn}));
  EXPECT_EQ(file_content(path_of(kJohn) / "0.mail"), text);
}

TEST_F(DeliveryTest, AppendSaysWhenItsBufferIsFull) {
  const auto delivery = store_->new_delivery();
  EXPECT_TRUE(delivery->append(text_of(16 * 1024 - 1)));
  EXPECT_FALSE(delivery->append("x"));
  ASSERT_TRUE(flush(*delivery));
  EXPECT_TRUE(delivery->append("y"));
  ASSERT_TRUE(commit(*delivery, {kJohn}));
  EXPECT_EQ(file_content(path_of(kJohn) / "0.mail"), text_of(16 * 1024 - 1) + "xy");
}

TEST_F(DeliveryTest, SmallMessageTouchesNoDiskBeforeItsCommit) {
  ops_.take_calls();
  const auto delivery = store_->new_delivery();
  EXPECT_TRUE(delivery->append("Hello\r\n"));
  EXPECT_EQ(ops_.take_calls().size(), 0U);
}

TEST_F(DeliveryTest, AllRecipientsShareOneFile) {
  std::vector<Mailbox> recipients;
  for (int i = 0; i < 20; ++i) recipients.push_back("user" + std::to_string(i) + "@example.com");
  ASSERT_TRUE(deliver(*store_, "Hello\r\n", recipients));
  for (const auto& recipient : recipients) {
    EXPECT_EQ(fs::hard_link_count(path_of(recipient) / "0.mail"), recipients.size());
    EXPECT_EQ(file_content(path_of(recipient) / "0.mail"), "Hello\r\n");
  }
}

TEST_F(DeliveryTest, MailboxNamedTwiceGetsOneMessage) {
  ASSERT_TRUE(deliver(*store_, "Hello\r\n", {kJohn, kMary, kJohn}));
  EXPECT_EQ(tree(path()), (std::vector<std::string>{kJohn + "/0.mail", kMary + "/0.mail"}));
}

TEST_F(DeliveryTest, FoldersAndMessagesAreTheOwnersAlone) {
  ASSERT_TRUE(deliver(*store_, "Hello\r\n", {kJohn}));
  EXPECT_EQ(fs::status(path()).permissions(), fs::perms{0700});
  EXPECT_EQ(fs::status(path_of(kJohn)).permissions(), fs::perms{0700});
  EXPECT_EQ(fs::status(path_of(kJohn) / "0.mail").permissions(), fs::perms{0600});
}

TEST_F(DeliveryTest, NothingButMessagesIsLeft) {
  ASSERT_TRUE(deliver(*store_, text_of(200'000), {kJohn}));
  ASSERT_TRUE(deliver(*store_, "Hello\r\n", {kJohn, kMary}));
  EXPECT_EQ(tree(path()),
            (std::vector<std::string>{kJohn + "/0.mail", kJohn + "/1.mail", kMary + "/0.mail"}));
}

TEST_F(DeliveryTest, DroppedBeforeCommitItHasLeftNothingWhenThatIsReported) {
  const size_t before = open_descriptors();
  const auto delivery = store_->new_delivery();
  ASSERT_FALSE(append_all(*delivery, text_of(200'000)));
  EXPECT_GT(open_descriptors(), before);
  ASSERT_TRUE(await<void>([&](Done<void> done) { delivery->drop(std::move(done)); }));
  EXPECT_EQ(tree(path()), std::vector<std::string>{});
  EXPECT_EQ(open_descriptors(), before);
}

// Freeing a large file takes milliseconds, and who destroys it serves others.
TEST_F(DeliveryTest, DestroyedBeforeCommitItIsClosedByThePool) {
  constexpr int kMoreThanThePoolHasThreads = 8;
  const size_t before = open_descriptors();
  auto delivery = store_->new_delivery();
  ASSERT_FALSE(append_all(*delivery, text_of(200'000)));
  const size_t with_its_file = open_descriptors();
  EXPECT_GT(with_its_file, before);

  std::promise<void> gate;
  ops_.set_judge([opened = gate.get_future().share()](const FaultyFileOps::Call& call) {
    if (call.name == "openat") opened.wait();
    return 0;
  });
  std::vector<std::unique_ptr<Delivery>> others;
  std::latch flushed(kMoreThanThePoolHasThreads);
  for (int i = 0; i < kMoreThanThePoolHasThreads; ++i) {
    others.push_back(store_->new_delivery());
    others.back()->flush([&flushed](const auto&) { flushed.count_down(); });
  }
  delivery.reset();
  EXPECT_EQ(open_descriptors(), with_its_file) << "closed by who destroyed it";
  gate.set_value();
  flushed.wait();
  others.clear();
  reopen();  // finishes what was asked of the store
  EXPECT_EQ(tree(path()), std::vector<std::string>{});
  EXPECT_EQ(open_descriptors(), before);
}

TEST_F(DeliveryTest, BadRecipientsAreRefusedWithoutATrace) {
  EXPECT_FALSE(deliver(*store_, "Hello\r\n", {}));
  EXPECT_FALSE(deliver(*store_, "Hello\r\n", {kJohn, "../mary@example.com"}));
  EXPECT_FALSE(deliver(*store_, "Hello\r\n", {kJohn, ".mary@example.com"}));
  EXPECT_EQ(tree(path()), std::vector<std::string>{kJohn + '/'});
  EXPECT_EQ(tree(path().parent_path()), std::vector<std::string>{"mail.store/" + kJohn + '/'});
}

TEST_F(DeliveryTest, DestroyingTheStoreFinishesWhatItAccepted) {
  constexpr int kMessages = 50;
  std::atomic<int> stored = 0;
  for (int i = 0; i < kMessages; ++i) {
    const auto delivery = store_->new_delivery();
    EXPECT_TRUE(delivery->append("Hello\r\n"));
    delivery->commit({kJohn}, [&](Committed id) { stored += id ? 1 : 0; });
  }
  store_.reset();
  EXPECT_EQ(stored, kMessages);
  EXPECT_EQ(tree(path()).size(), size_t{kMessages});
}

TEST_F(DeliveryTest, ConcurrentDeliveriesAreAllThereNumberedByStamp) {
  constexpr size_t kThreads = 8;
  constexpr size_t kEach = 25;
  const std::vector<Mailbox> mailboxes = {kJohn, kMary, "edward.snowden@example.com"};
  std::vector<std::thread> threads;
  std::atomic<int> failed = 0;
  for (size_t t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (size_t i = 0; i < kEach; ++i) {
        const std::string text = std::to_string(t) + '/' + std::to_string(i) + "\r\n";
        if (!deliver(*store_, text, {mailboxes[i % 3], mailboxes[(i + t % 2 + 1) % 3]})) ++failed;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  ASSERT_EQ(failed, 0);
  size_t in_all = 0;
  for (const auto& mailbox : mailboxes) {
    auto maildrop = open_maildrop(*store_, mailbox);
    ASSERT_TRUE(maildrop);
    const MessageList& messages = (*maildrop)->messages();
    in_all += messages.size();
    for (size_t n = 0; n < messages.size(); ++n) {
      EXPECT_TRUE(messages.uid_of(n).ends_with('-' + std::to_string(n))) << messages.uid_of(n);
      if (n > 0) {
        EXPECT_LT(messages.uid_of(n - 1), messages.uid_of(n));  // 16 hex digits all
      }
    }
  }
  EXPECT_EQ(in_all, 2 * kThreads * kEach);
}

// What the file system lacks: named temporaries instead.
class NamedDraftTest : public StoreTest {
 protected:
  NamedDraftTest() { ops_.set_judge(FaultyFileOps::without_tmpfile()); }
};

TEST_F(NamedDraftTest, NameIsGoneWhenSuccessIsReported) {
  ASSERT_TRUE(deliver(*store_, text_of(200'000), {kJohn, kMary}));
  EXPECT_EQ(tree(path()), (std::vector<std::string>{kJohn + "/0.mail", kMary + "/0.mail"}));
  EXPECT_EQ(file_content(path_of(kMary) / "0.mail"), text_of(200'000));
  EXPECT_EQ(fs::hard_link_count(path_of(kJohn) / "0.mail"), 2U);
}

TEST_F(NamedDraftTest, NameIsGoneWhenTheDeliveryIs) {
  auto delivery = store_->new_delivery();
  ASSERT_FALSE(append_all(*delivery, text_of(200'000)));
  ASSERT_EQ(tree(path()).size(), 1U);
  EXPECT_TRUE(tree(path()).front().starts_with(".tmp-"));
  delivery.reset();
  store_.reset();  // waits for what its threads are at
  EXPECT_EQ(tree(path()), std::vector<std::string>{});
}

TEST_F(NamedDraftTest, SweepTakesWhatACrashLeftAndNotWhatIsBeingWritten) {
  const auto delivery = store_->new_delivery();
  ASSERT_FALSE(append_all(*delivery, text_of(200'000)));
  drop_file(path() / ".tmp-1-1-1", "left by a crash");
  drop_file(path() / ".gitignore", "*\n");
  ASSERT_TRUE(FileStore::open(path().string(), nullptr, ops_));
  EXPECT_FALSE(fs::exists(path() / ".tmp-1-1-1"));
  EXPECT_TRUE(fs::exists(path() / ".gitignore"));
  ASSERT_TRUE(commit(*delivery, {kJohn}));
  EXPECT_EQ(file_content(path_of(kJohn) / "0.mail"), text_of(200'000));
}

TEST_F(NamedDraftTest, SweepBetweenCreatingAndLockingDoesNoHarm) {
  ops_.set_judge([&, swept = false](const FaultyFileOps::Call& call) mutable {
    if (call.name == "flock" && !swept) {
      swept = true;
      for (const auto& entry : fs::directory_iterator(path())) fs::remove_all(entry.path());
    }
    return FaultyFileOps::without_tmpfile()(call);
  });
  ASSERT_TRUE(deliver(*store_, text_of(200'000), {kJohn}));
  EXPECT_EQ(tree(path()), std::vector<std::string>{kJohn + "/0.mail"});
}

// What cannot be a store is refused with a reason.
TEST(StoreOpeningTest, FileIsNoStore) {
  const support::TemporaryFolder folder;
  drop_file(folder.path() / "mail.store", "");
  const auto opened = FileStore::open((folder.path() / "mail.store").string(), nullptr);
  ASSERT_FALSE(opened);
  EXPECT_NE(opened.error().find("Not a directory"), std::string::npos) << opened.error();
}

TEST(StoreOpeningTest, MissingParentIsNotMade) {
  const support::TemporaryFolder folder;
  EXPECT_FALSE(FileStore::open((folder.path() / "no/mail.store").string(), nullptr));
  EXPECT_TRUE(fs::is_empty(folder.path()));
}

TEST(StoreOpeningTest, StoreThatTakesNoWritingIsRefused) {
  const support::TemporaryFolder folder;
  FaultyFileOps ops;
  ops.set_judge(FaultyFileOps::always("write", EROFS));
  const auto opened = FileStore::open((folder.path() / "mail.store").string(), nullptr, ops);
  ASSERT_FALSE(opened);
  EXPECT_NE(opened.error().find("cannot be written to"), std::string::npos) << opened.error();
}

TEST(StoreOpeningTest, FullDiskIsNoReasonNotToStart) {
  const support::TemporaryFolder folder;
  FaultyFileOps ops;
  ops.set_judge(FaultyFileOps::always("write", ENOSPC));
  EXPECT_TRUE(FileStore::open((folder.path() / "mail.store").string(), nullptr, ops));
}

TEST(StoreOpeningTest, StoresNameIsSyncedWhoeverMadeIt) {
  const support::TemporaryFolder folder;
  for (const bool is_new : {true, false}) {
    FaultyFileOps ops;
    ASSERT_TRUE(FileStore::open((folder.path() / "mail.store/").string(), nullptr, ops));
    std::vector<std::string> names;
    for (const auto& call : ops.take_calls()) {
      if (call.name == "mkdirat" || call.name == "fsync") names.push_back(call.name);
      if (call.name == "openat" && call.detail == "..") names.push_back("parent");
    }
    EXPECT_EQ(names.front(), is_new ? "mkdirat" : "parent");
    EXPECT_EQ(std::vector(names.end() - 2, names.end()),
              (std::vector<std::string>{"parent", "fsync"}));
  }
}

TEST(StoreOpeningTest, ParentThatMayNotBeReadIsNoReasonNotToStart) {
  const support::TemporaryFolder folder;
  FaultyFileOps ops;
  ops.set_judge([](const FaultyFileOps::Call& call) {
    return call.name == "openat" && call.detail == ".." ? EACCES : 0;
  });
  ASSERT_TRUE(FileStore::open((folder.path() / "mail.store").string(), nullptr, ops));
  const auto calls = ops.take_calls();
  EXPECT_TRUE(std::ranges::any_of(calls, [](const auto& call) { return call.name == "syncfs"; }));
}

}  // namespace
}  // namespace store
