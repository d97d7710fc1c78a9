// Several servers on one folder: two FileStores that deliver are two mysmtpd, two that open
// maildrops two mypopd.
#include <atomic>
#include <map>
#include <set>
#include <thread>

#include "common/store/names.h"
#include "tests/common/store/store_fixture.h"

namespace store {
namespace {

uint64_t number_of(const std::string& uid) { return std::stoull(uid.substr(uid.find('-') + 1)); }

class SeveralStoresTest : public testing::Test {
 protected:
  std::unique_ptr<FileStore> open_store(FileOps& ops = posix_file_ops()) {
    auto opened = FileStore::open(path().string(), nullptr, ops);
    EXPECT_TRUE(opened) << opened.error();
    return opened ? std::move(*opened) : nullptr;
  }
  std::filesystem::path path() const { return folder_.path() / "mail.store"; }

 private:
  support::TemporaryFolder folder_;
};

TEST_F(SeveralStoresTest, HighestRemovedByAnotherServerNeverComesBack) {
  const auto pop = open_store();
  std::set<uint64_t> numbers;
  std::set<std::string> uids;
  auto smtp = open_store();
  auto other_smtp = open_store();
  for (int round = 0; round < 12; ++round) {
    if (round % 3 == 2) smtp = open_store();  // a restart
    auto& store = round % 2 == 0 ? smtp : other_smtp;
    ASSERT_TRUE(deliver(*store, "Hello\r\n", {kJohn}));
    auto maildrop = open_maildrop(*pop, kJohn);
    ASSERT_TRUE(maildrop);
    const size_t newest = (*maildrop)->messages().size() - 1;
    const std::string uid = (*maildrop)->messages().uid_of(newest);
    EXPECT_TRUE(numbers.empty() || number_of(uid) > *numbers.rbegin()) << uid;
    numbers.insert(number_of(uid));
    EXPECT_TRUE(uids.insert(uid).second) << uid;
    ASSERT_TRUE(remove(**maildrop, {newest}));
  }
}

// The one server's message is there when the other undoes its own.
TEST_F(SeveralStoresTest, UndoLeavesWhatAnotherServerHasDelivered) {
  const auto other = open_store();
  FaultyFileOps ops;
  const auto store = open_store(ops);
  ops.set_judge([&](const FaultyFileOps::Call& call) {
    if (call.name != "link_fd" || !call.detail.starts_with(kMary)) return 0;
    EXPECT_TRUE(deliver(*other, "the other's\r\n", {kJohn}));
    return ENOSPC;
  });
  EXPECT_FALSE(deliver(*store, "refused\r\n", {kJohn, kMary}));
  const auto maildrop = open_maildrop(*other, kJohn);
  ASSERT_TRUE(maildrop);
  ASSERT_EQ((*maildrop)->messages().size(), 1U);
  EXPECT_EQ(read_all(**maildrop, 0), "the other's\r\n");
}

// Between the look at the folder and the link into it a whole message comes and goes.
TEST_F(SeveralStoresTest, NumberThatCameAndWentSinceTheLookIsNotUsedAgain) {
  const auto other = open_store();
  FaultyFileOps ops;
  const auto store = open_store(ops);
  ASSERT_TRUE(deliver(*store, "first\r\n", {kJohn, kMary}));
  uint64_t gone = 0;
  ops.set_judge([&](const FaultyFileOps::Call& call) {
    if (gone != 0 || call.name != "link_fd" || !call.detail.starts_with(kJohn)) return 0;
    EXPECT_TRUE(deliver(*other, "the other's\r\n", {kJohn}));
    const auto maildrop = open_maildrop(*other, kJohn);
    if (!maildrop) return EBUSY;
    gone = number_of((*maildrop)->messages().uid_of(1));
    EXPECT_TRUE(remove(**maildrop, {1}));
    return 0;
  });
  ASSERT_TRUE(deliver(*store, "second\r\n", {kJohn, kMary}));
  ASSERT_NE(gone, 0U);
  for (const auto& mailbox : {kJohn, kMary}) {
    const auto maildrop = open_maildrop(*other, mailbox);
    ASSERT_TRUE(maildrop);
    ASSERT_EQ((*maildrop)->messages().size(), 2U) << mailbox;
    EXPECT_EQ(read_all(**maildrop, 1), "second\r\n");
    if (mailbox == kJohn) {
      EXPECT_GT(number_of((*maildrop)->messages().uid_of(1)), gone);
    }
  }
}

// A session was quicker than the look at the mark: its message was read and is gone.
TEST_F(SeveralStoresTest, MessageThatIsRemovedAsSoonAsItIsLinkedDoesNotComeBack) {
  const auto other = open_store();
  FaultyFileOps ops;
  const auto store = open_store(ops);
  ASSERT_TRUE(deliver(*store, "first\r\n", {kJohn}));
  bool linked = false;
  bool removed = false;
  ops.set_judge([&](const FaultyFileOps::Call& call) {
    linked = linked || call.name == "link_fd";
    if (removed || !linked || call.name != "getxattrat") return 0;
    const auto maildrop = open_maildrop(*other, kJohn);
    if (!maildrop) return EBUSY;
    EXPECT_EQ((*maildrop)->messages().size(), 2U);
    EXPECT_TRUE(remove(**maildrop, {1}));
    removed = true;
    return 0;
  });
  ASSERT_TRUE(deliver(*store, "second\r\n", {kJohn}));
  ASSERT_TRUE(removed);
  const auto maildrop = open_maildrop(*other, kJohn);
  ASSERT_TRUE(maildrop);
  EXPECT_EQ((*maildrop)->messages().size(), 1U);
}

// What 4 sessions at a time saw of what 8 senders were told, counted until all is read and removed.
class Traffic {
 public:
  static constexpr int kSenders = 8;
  static constexpr int kMessagesEach = 100;
  static constexpr int kSessions = 4;

  Traffic(std::vector<FileStore*> smtp, std::vector<FileStore*> pop)
      : smtp_(std::move(smtp)), pop_(std::move(pop)) {}

  void run() {
    std::vector<std::thread> threads;
    for (int sender = 0; sender < kSenders; ++sender) {
      threads.emplace_back([this, sender] { send(sender); });
    }
    for (int session = 0; session < kSessions; ++session) {
      threads.emplace_back([this, session] { read_and_remove(session); });
    }
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(removed_.size(), sent_.size());
  }

 private:
  static std::vector<Mailbox> recipients(int sender, int i) {
    if ((sender + i) % 3 == 0) return {kJohn};
    if ((sender + i) % 3 == 1) return {kMary};
    return {kJohn, kMary};
  }

  void send(int sender) {
    for (int i = 0; i < kMessagesEach; ++i) {
      // Sender and place first, then enough for some to be written before their commit.
      std::string text = std::to_string(sender) + ' ' + std::to_string(i) + "\r\n";
      if (i % 10 == 0) text.append(70'000, 'x').append("\r\n");
      const auto to = recipients(sender, i);
      {
        const std::lock_guard lock(mutex_);
        for (const auto& mailbox : to) sent_.insert(mailbox + ' ' + text);
      }
      auto& store = *smtp_[static_cast<size_t>(sender) % smtp_.size()];
      const auto id = deliver(store, text, to);
      EXPECT_TRUE(id) << id.error().message();
    }
    ++finished_;
  }

  // Sessions on both mailboxes until nothing is left and nothing will come.
  void read_and_remove(int session) {
    std::set<Mailbox> empty;
    for (int round = session; empty.size() < 2; ++round) {
      const bool all_sent = finished_ == kSenders;
      const Mailbox& mailbox = round % 2 == 0 ? kJohn : kMary;
      auto& store = *pop_[static_cast<size_t>(session) % pop_.size()];
      const auto maildrop = open_maildrop(store, mailbox);
      if (!maildrop) {
        ASSERT_EQ(maildrop.error(), MaildropError::kInUse);
        std::this_thread::yield();
        continue;
      }
      if (all_sent && (*maildrop)->messages().size() == 0) empty.insert(mailbox);
      ASSERT_NO_FATAL_FAILURE(check(**maildrop, mailbox));
      ASSERT_NO_FATAL_FAILURE(remove_some(**maildrop, mailbox, all_sent));
    }
  }

  // Whole, each name one message's for ever, and each sender's in the order of sending.
  void check(Maildrop& maildrop, const Mailbox& mailbox) {
    std::map<int, int> last_of;
    for (size_t i = 0; i < maildrop.messages().size(); ++i) {
      const std::string text = read_all(maildrop, i);
      const std::string uid = maildrop.messages().uid_of(i);
      const int sender = std::stoi(text);
      const int place = std::stoi(text.substr(text.find(' ')));
      const std::lock_guard lock(mutex_);
      ASSERT_TRUE(sent_.contains(mailbox + ' ' + text)) << uid;
      const auto number = mailbox + ' ' + std::to_string(number_of(uid));
      ASSERT_EQ(texts_.emplace(number, text).first->second, text) << number;
      ASSERT_EQ(texts_.emplace(mailbox + ' ' + uid, text).first->second, text) << uid;
      ASSERT_FALSE(removed_.contains(mailbox + ' ' + text)) << uid << " is back";
      const auto [last, is_first] = last_of.emplace(sender, place);
      ASSERT_TRUE(is_first || last->second < place) << uid << " before its turn";
      last->second = place;
    }
  }

  // The newest always, so that its n could come back.
  void remove_some(Maildrop& maildrop, const Mailbox& mailbox, bool all) {
    std::vector<size_t> doomed;
    const size_t count = maildrop.messages().size();
    const size_t step = all ? 1 : 2;
    for (size_t i = 0; i < count; i += step) doomed.push_back(count - 1 - i);
    std::vector<std::string> texts;
    for (const size_t i : doomed) texts.push_back(mailbox + ' ' + read_all(maildrop, i));
    {
      // Before it is done: the next session begins as soon as it is.
      const std::lock_guard lock(mutex_);
      removed_.insert(texts.begin(), texts.end());
    }
    const auto removed = remove(maildrop, doomed);
    ASSERT_TRUE(removed) << removed.error().message();
  }

  const std::vector<FileStore*> smtp_;
  const std::vector<FileStore*> pop_;
  std::atomic<int> finished_ = 0;  // senders
  std::mutex mutex_;
  std::set<std::string> sent_;                // with its mailbox
  std::set<std::string> removed_;             // the same
  std::map<std::string, std::string> texts_;  // of each number and UIDL of a mailbox
};

TEST_F(SeveralStoresTest, EightSendersAndFourSessionsOnFourStoresLoseAndMixUpNothing) {
  const std::vector<std::unique_ptr<FileStore>> stores = [&] {
    std::vector<std::unique_ptr<FileStore>> opened;
    for (int i = 0; i < 4; ++i) opened.push_back(open_store());
    return opened;
  }();
  Traffic({stores[0].get(), stores[1].get()}, {stores[2].get(), stores[3].get()}).run();
  EXPECT_EQ(tree(path()), (std::vector<std::string>{kJohn + '/', kMary + '/'}));
}

}  // namespace
}  // namespace store
