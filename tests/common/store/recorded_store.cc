#include "tests/common/store/recorded_store.h"

#include <iostream>

#include "common/store/names.h"
#include "tests/support/gate.h"

namespace store {

RecordedStore::RecordedStore(CrashFileOps& disk, Ledger& ledger, FileOps& ops)
    : disk_(disk), ledger_(ledger), ops_(ops) {}

bool RecordedStore::open() {
  const auto observe = [this](std::string_view what, std::string_view) {
    if (what == "refused messages may be back after a crash" ||
        what == "a message that was refused is in a mailbox") {
      undo_is_lost_ = true;
    }
  };
  auto opened = FileStore::open("/mail.store", observe, ops_, disk_.clock());
  if (!opened) return false;
  store_ = std::move(*opened);
  return true;
}

std::string RecordedStore::new_text(size_t octets) {
  std::string text = "message " + std::to_string(ledger_.next_serial()) + "\n";
  while (text.size() < octets) text += "0123456789abcde\n";
  return text;
}

Committed RecordedStore::deliver(std::vector<Mailbox> recipients, size_t octets) {
  const auto delivery = store_->new_delivery();
  std::string text = new_text(octets);
  if (const auto error = append_all(*delivery, text)) return std::unexpected(error);
  return await<MessageId>([&](Done<MessageId> done) {
    commit(*delivery, std::move(text), std::move(recipients), std::move(done));
  });
}

void RecordedStore::commit(Delivery& delivery, std::string text, std::vector<Mailbox> recipients,
                           Done<MessageId> done) {
  const size_t message = ledger_.send(text, recipients);
  undo_is_lost_ = false;
  auto write_down = [this, message, text = std::move(text), recipients,
                     done = std::move(done)](Committed id) mutable {
    const auto outcome = id              ? Ledger::Outcome::kAcknowledged
                         : undo_is_lost_ ? Ledger::Outcome::kRefusedMayReturn
                                         : Ledger::Outcome::kRefused;
    std::map<Mailbox, std::string> uids;
    if (id) uids = uids_of(text, recipients);
    disk_.note(ledger_.tell(message, outcome, std::move(uids)));
    done(std::move(id));
  };
  delivery.commit(std::move(recipients), std::move(write_down));
}

std::map<Mailbox, std::string> RecordedStore::uids_of(
    const std::string& text, const std::vector<Mailbox>& recipients) const {
  const Disk disk = disk_.disk();
  const auto& root = disk.inodes.at(disk.inodes.at(kRootKey).entries.at("mail.store"));
  std::map<Mailbox, std::string> uids;
  for (const auto& mailbox : recipients) {
    const auto folder = root.entries.find(mailbox);
    if (folder == root.entries.end()) continue;
    for (const auto& [name, key] : disk.inodes.at(folder->second).entries) {
      const Inode& file = disk.inodes.at(key);
      if (file.bytes != text) continue;
      uids[mailbox] = message_uid(file.mtime_ns, message_number(name).value());
    }
  }
  return uids;
}

std::expected<void, std::error_code> RecordedStore::remove(const Mailbox& mailbox,
                                                           const std::vector<size_t>& messages) {
  const auto maildrop = open_maildrop(*store_, mailbox);
  if (!maildrop) return std::unexpected(maildrop.error());
  std::vector<size_t> doomed;
  for (const size_t i : messages) doomed.push_back(ledger_.message_of(read_all(**maildrop, i)));
  for (const size_t message : doomed) disk_.note(ledger_.begin_removal(message, mailbox));
  return await<void>([&](Done<void> done) {
    (*maildrop)->remove(messages, [&, done = std::move(done)](auto removed) mutable {
      if (removed) {
        for (const size_t message : doomed) disk_.note(ledger_.end_removal(message, mailbox));
      }
      done(std::move(removed));
    });
  });
}

std::vector<size_t> RecordedStore::messages_at(const Mailbox& mailbox,
                                               const std::vector<size_t>& indexes) {
  std::vector<size_t> messages;
  const auto maildrop = open_maildrop(*store_, mailbox);
  EXPECT_TRUE(maildrop);
  if (!maildrop) return messages;
  for (const size_t i : indexes) messages.push_back(ledger_.message_of(read_all(**maildrop, i)));
  return messages;
}

bool RecordedStore::expire(const Mailbox& mailbox, const std::vector<size_t>& messages,
                           std::chrono::nanoseconds age, ExpiryBy by) {
  const auto doomed = messages_at(mailbox, messages);
  const auto other = FileStore::open("/mail.store", nullptr, ops_, disk_.clock());
  if (!other) return false;
  bool is_told = false;
  (*other)->expire_after(age, [&](const Mailbox& where, size_t count) {
    EXPECT_EQ(where, mailbox);
    EXPECT_EQ(count, doomed.size());
    for (const size_t message : doomed) disk_.note(ledger_.end_removal(message, mailbox));
    is_told = true;
  });
  for (const size_t message : doomed) disk_.note(ledger_.begin_removal(message, mailbox));
  if (by == ExpiryBy::kSweep) {
    (*other)->sweep(mailbox);
  } else {
    EXPECT_TRUE(open_maildrop(**other, mailbox));
  }
  return is_told;
}

std::vector<bool> RecordedTest::deliver_together(
    const std::vector<std::vector<Mailbox>>& recipients, FaultyFileOps::Judge then) {
  Gate gate;
  ops_.set_judge(gate.judge(std::move(then)));
  std::vector<std::promise<bool>> told(recipients.size() + 1);
  const auto commit = [&](size_t i, std::vector<Mailbox> to) {
    const auto delivery = server_.store().new_delivery();
    std::string text = server_.new_text();
    EXPECT_TRUE(delivery->append(text));
    server_.commit(*delivery, std::move(text), std::move(to),
                   [&told, i](const Committed& id) { told[i].set_value(id.has_value()); });
  };
  commit(0, {kJohn});
  gate.wait_until_reached();
  for (size_t i = 0; i < recipients.size(); ++i) commit(i + 1, recipients[i]);
  gate.release();
  std::vector<bool> outcomes;
  for (auto& promise : told) outcomes.push_back(promise.get_future().get());
  ops_.set_judge(nullptr);
  EXPECT_TRUE(outcomes.front());
  outcomes.erase(outcomes.begin());
  return outcomes;
}

void RecordedTest::begin_recording() {
  disk_.begin_recording();
  facts_before_ = ledger_.facts();
}

Findings RecordedTest::survey() const {
  return store::survey(disk_.recording(), ledger_, facts_before_);
}

void RecordedTest::expect_promise_kept() const {
  const Findings findings = survey();
  EXPECT_TRUE(findings.breaches.empty()) << to_text(findings);
  std::cout << to_text(findings);
}

}  // namespace store
