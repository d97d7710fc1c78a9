// What the index keeps and what it lets go. Whether it may be believed: snapshot_cost_test.cc and
// index_traps_test.cc.
#include "common/store/mailbox_index.h"

#include <thread>

#include "common/store/file_maildrop.h"
#include "tests/common/store/store_fixture.h"

namespace store {
namespace {

std::shared_ptr<const KnownMailbox> known(size_t messages) {
  auto table = std::make_shared<MessageTable>(1, messages);
  for (size_t n = 0; n < messages; ++n) {
    table->add({.n = n, .file = {.device = 1, .octets = 10}, .wire_octets = 10});
  }
  KnownMailbox mailbox;
  mailbox.messages = std::move(table);
  return std::make_shared<const KnownMailbox>(std::move(mailbox));
}

// Room for two mailboxes of 100 messages, not for three.
constexpr size_t kRoomForTwo =
    2 * (MailboxIndex::kOctetsEach + 100 * MessageTable::kOctetsEach + sizeof(MessageTable));

TEST(MailboxIndexTest, WhatWasKeptIsFoundUntilItIsForgotten) {
  MailboxIndex index;
  EXPECT_EQ(index.find("a"), nullptr);
  const auto a = known(3);
  index.keep("a", a);
  EXPECT_EQ(index.find("a"), a);
  EXPECT_EQ(index.find("b"), nullptr);
  index.forget("b");
  EXPECT_EQ(index.find("a"), a);
  index.forget("a");
  EXPECT_EQ(index.find("a"), nullptr);
  EXPECT_EQ(index.octets(), 0U);
}

TEST(MailboxIndexTest, NewerKnowledgeTakesTheOldersPlace) {
  MailboxIndex index;
  index.keep("a", known(1000));
  const size_t large = index.octets();
  const auto newer = known(10);
  index.keep("a", newer);
  EXPECT_EQ(index.find("a"), newer);
  EXPECT_LT(index.octets(), large);
}

TEST(MailboxIndexTest, LeastRecentlyUsedMailboxGoesFirst) {
  MailboxIndex index(kRoomForTwo);
  index.keep("a", known(100));
  index.keep("b", known(100));
  EXPECT_TRUE(index.find("a"));
  EXPECT_TRUE(index.find("b"));
  EXPECT_TRUE(index.find("a"));
  index.keep("c", known(100));
  EXPECT_FALSE(index.find("b"));
  EXPECT_TRUE(index.find("a"));
  EXPECT_TRUE(index.find("c"));
}

TEST(MailboxIndexTest, MemoryIsBoundedWhateverIsKept) {
  MailboxIndex index(kRoomForTwo);
  for (size_t i = 0; i < 1000; ++i) {
    index.keep(std::to_string(i % 37), known(i % 150));
    EXPECT_LE(index.octets(), kRoomForTwo);
  }
  EXPECT_GT(index.octets(), kRoomForTwo / 4);
}

TEST(MailboxIndexTest, MailboxLargerThanAllMayBeIsNotKeptAndDrivesNobodyOut) {
  MailboxIndex index(kRoomForTwo);
  index.keep("a", known(100));
  index.keep("large", known(1000));
  EXPECT_FALSE(index.find("large"));
  EXPECT_TRUE(index.find("a"));
  index.keep("a", known(1000));  // it grew: what was known of it is out of date
  EXPECT_FALSE(index.find("a"));
}

TEST(MailboxIndexTest, DoubtfulNumbersCountAsMemory) {
  MailboxIndex index(kRoomForTwo);
  auto doubtful = *known(10);
  doubtful.doubtful.resize(1'000'000);
  index.keep("a", std::make_shared<const KnownMailbox>(std::move(doubtful)));
  EXPECT_FALSE(index.find("a"));
}

// Under ThreadSanitizer.
TEST(MailboxIndexTest, ThreadsKeepFindAndForgetAtTheSameTime) {
  MailboxIndex index(kRoomForTwo);
  std::vector<std::thread> threads;
  for (size_t t = 0; t < 4; ++t) {
    threads.emplace_back([&index, t] {
      for (size_t i = 0; i < 2000; ++i) {
        const Mailbox mailbox(1, static_cast<char>('a' + (i * (t + 1)) % 7));
        if (const auto found = index.find(mailbox)) {
          const MessageTable& messages = *found->messages;
          EXPECT_EQ(messages.octets(), 10 * messages.size());
        } else {
          index.keep(mailbox, known(i % 120));
        }
        if (i % 11 == 0) index.forget(mailbox);
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_LE(index.octets(), kRoomForTwo);
}

class SmallIndexTest : public StoreTest {};

TEST_F(SmallIndexTest, OpenMaildropKeepsItsListWhenTheIndexLetsGoOfIt) {
  for (const auto& mailbox : {kJohn, kMary}) {
    ASSERT_TRUE(deliver(*store_, "to " + mailbox + "\r\n", {mailbox}));
  }
  auto root = StoreRoot::open(path().string(), ops_, nullptr, time_of_day);
  ASSERT_TRUE(root);
  MailboxIndex index(MailboxIndex::kOctetsEach + sizeof(MessageTable) + MessageTable::kOctetsEach);
  WorkerPool pool(1);
  ReadAheadRoom ahead;
  const FileMaildrop::Shared shared{**root, pool, index, ahead};
  const auto johns = FileMaildrop::open(shared, kJohn);
  ASSERT_TRUE(johns);
  ASSERT_TRUE(index.find(kJohn));
  const auto marys = FileMaildrop::open(shared, kMary);
  ASSERT_TRUE(marys);
  ASSERT_FALSE(index.find(kJohn));
  ASSERT_TRUE(index.find(kMary));
  EXPECT_EQ((*johns)->messages().octets_of(0), 5 + kJohn.size());
  EXPECT_EQ(read_all(**johns, 0), "to " + kJohn + "\r\n");
  EXPECT_TRUE(remove(**johns, {0}));
  EXPECT_TRUE(std::filesystem::is_empty(path_of(kJohn)));
  EXPECT_EQ(read_all(**marys, 0), "to " + kMary + "\r\n");
}

}  // namespace
}  // namespace store
