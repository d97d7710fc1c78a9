#include "tests/common/store/ledger.h"

#include <algorithm>
#include <set>
#include <utility>

#include "common/store/file_store.h"
#include "common/store/names.h"
#include "common/text/dot_stuffing.h"
#include "tests/common/store/store_fixture.h"
#include "tests/support/crash_file_ops.h"

namespace store {
namespace {

constexpr const char* kStore = "/mail.store";
constexpr uint64_t kLongAgo = 1'000'000'000'000'000'000;

uint64_t number_of(const std::string& uid) { return std::stoull(uid.substr(uid.find('-') + 1)); }

uint64_t wire_octets(std::string_view text) {
  text::WireSize size;
  size.add(text);
  return size.octets();
}

void check_files(const Disk& disk, std::map<Breach, std::string>& breaches) {
  const auto& top = disk.inodes.at(kRootKey).entries;
  const auto root = top.find("mail.store");
  if (root == top.end()) return;
  for (const auto& [mailbox, folder] : disk.inodes.at(root->second).entries) {
    const Inode& inode = disk.inodes.at(folder);
    if (inode.type != FileType::kFolder) breaches.emplace(Breach::kStrayFile, mailbox);
    for (const auto& [name, file] : inode.entries) {
      if (!message_number(name)) breaches.emplace(Breach::kStrayFile, name);
    }
  }
}

std::string describe(const Event& event) {
  static constexpr const char* kEffects[] = {"grow",      "fill",  "mtime",
                                             "attribute", "entry", "unlink"};
  switch (event.kind) {
    case Event::Kind::kEffect:
      return std::string(kEffects[static_cast<size_t>(event.effect.kind)]) + ' ' +
             event.effect.name;
    case Event::Kind::kWritten:
      return "written";
    case Event::Kind::kSync:
      return "sync";
    case Event::Kind::kFailedSync:
      return "failed sync";
    case Event::Kind::kNote:
      return "outcome";
  }
  return {};
}

}  // namespace

const char* name_of(Breach breach) {
  switch (breach) {
    case Breach::kMissing:
      return "missing";
    case Breach::kTorn:
      return "torn";
    case Breach::kRefusedIsThere:
      return "refused is there";
    case Breach::kRemovedIsBack:
      return "removed is back";
    case Breach::kTwice:
      return "twice";
    case Breach::kOtherUid:
      return "other UIDL";
    case Breach::kOtherSize:
      return "other size";
    case Breach::kNumberCameBack:
      return "number came back";
    case Breach::kStrayFile:
      return "stray file";
    case Breach::kUnusable:
      return "unusable";
  }
  return "?";
}

size_t Ledger::send(std::string text, std::vector<Mailbox> recipients) {
  messages_.push_back({std::move(text), std::move(recipients)});
  return messages_.size() - 1;
}

size_t Ledger::tell(size_t message, Outcome outcome, std::map<Mailbox, std::string> uids) {
  const Stage stage = outcome == Outcome::kAcknowledged ? Stage::kAcknowledged
                      : outcome == Outcome::kRefused    ? Stage::kRefused
                                                        : Stage::kMayReturn;
  for (const auto& mailbox : messages_[message].recipients) {
    facts_.push_back({message, mailbox, stage, uids[mailbox]});
  }
  return facts_.size() - 1;
}

size_t Ledger::begin_removal(size_t message, const Mailbox& mailbox) {
  facts_.push_back({message, mailbox, Stage::kBeingRemoved, {}});
  return facts_.size() - 1;
}

size_t Ledger::end_removal(size_t message, const Mailbox& mailbox) {
  facts_.push_back({message, mailbox, Stage::kRemoved, {}});
  return facts_.size() - 1;
}

size_t Ledger::message_of(std::string_view text) const {
  const auto found = std::ranges::find(messages_, text, &Message::text);
  return static_cast<size_t>(found - messages_.begin());
}

std::map<Mailbox, Ledger::Account> Ledger::accounts(size_t facts) const {
  std::map<Mailbox, Account> accounts;
  for (size_t i = 0; i < messages_.size(); ++i) {
    for (const auto& mailbox : messages_[i].recipients) accounts[mailbox][i] = {};
  }
  for (size_t i = 0; i < facts; ++i) {
    const Fact& fact = facts_[i];
    Standing& standing = accounts[fact.mailbox][fact.message];
    standing.stage = fact.stage;
    if (fact.stage == Stage::kAcknowledged) standing.uid = fact.uid;
  }
  return accounts;
}

std::map<Breach, std::string> Ledger::check(const Disk& disk, size_t facts) const {
  std::map<Breach, std::string> breaches;
  CrashFileOps ops(disk);
  ops.set_time(kLongAgo);
  auto store = FileStore::open(kStore, nullptr, ops, ops.clock());
  if (!store) {
    breaches.emplace(Breach::kUnusable, store.error());
    return breaches;
  }
  const auto now = accounts(facts);
  for (const auto& [mailbox, account] : now) check_mailbox(**store, mailbox, account, breaches);
  check_numbers(**store, now, breaches);
  store->reset();
  check_files(ops.disk(), breaches);
  return breaches;
}

void Ledger::check_mailbox(MailStore& store, const Mailbox& mailbox, const Account& account,
                           std::map<Breach, std::string>& breaches) const {
  const auto maildrop = open_maildrop(store, mailbox);
  if (!maildrop) {
    breaches.emplace(Breach::kUnusable, mailbox + ": " + maildrop.error().message());
    return;
  }
  std::set<size_t> seen;
  const MessageList& infos = (*maildrop)->messages();
  for (size_t i = 0; i < infos.size(); ++i) {
    const std::string content = read_all(**maildrop, i);
    const size_t message = message_of(content);
    const auto standing = account.find(message);
    const std::string which = mailbox + ' ' + infos.uid_of(i);
    if (standing == account.end()) {
      breaches.emplace(Breach::kTorn, which + " has " + std::to_string(content.size()) + " octets");
      continue;
    }
    const auto& [stage, uid] = standing->second;
    if (!seen.insert(message).second) breaches.emplace(Breach::kTwice, which);
    if (stage == Stage::kRefused) breaches.emplace(Breach::kRefusedIsThere, which);
    if (stage == Stage::kRemoved) breaches.emplace(Breach::kRemovedIsBack, which);
    if (!uid.empty() && uid != infos.uid_of(i)) breaches.emplace(Breach::kOtherUid, which);
    if (infos.octets_of(i) != wire_octets(content)) breaches.emplace(Breach::kOtherSize, which);
  }
  for (const auto& [message, standing] : account) {
    if (standing.stage == Stage::kAcknowledged && !seen.contains(message)) {
      breaches.emplace(Breach::kMissing, mailbox + ' ' + standing.uid);
    }
  }
}

void Ledger::check_numbers(MailStore& store, const std::map<Mailbox, Account>& accounts,
                           std::map<Breach, std::string>& breaches) const {
  std::vector<Mailbox> all;
  for (const auto& [mailbox, account] : accounts) all.push_back(mailbox);
  if (const auto id = deliver(store, "after the crash\r\n", all); !id) {
    breaches.emplace(Breach::kUnusable, "takes no message: " + id.error().message());
    return;
  }
  for (const auto& [mailbox, account] : accounts) {
    const auto maildrop = open_maildrop(store, mailbox);
    if (!maildrop || (*maildrop)->messages().size() == 0) {
      breaches.emplace(Breach::kUnusable, mailbox + " does not show a new message");
      continue;
    }
    const auto newest = (*maildrop)->messages().uid_of((*maildrop)->messages().size() - 1);
    for (const auto& [message, standing] : account) {
      if (!standing.uid.empty() && number_of(standing.uid) >= number_of(newest)) {
        breaches.emplace(Breach::kNumberCameBack, mailbox + ' ' + newest);
      }
    }
  }
}

Findings survey(const Recording& recording, const Ledger& ledger, size_t facts_before) {
  Findings findings;
  std::set<std::pair<size_t, std::string>> known;
  size_t facts = facts_before;
  for (size_t prefix = 0; prefix <= recording.events.size(); ++prefix) {
    if (prefix > 0 && recording.events[prefix - 1].kind == Event::Kind::kNote) {
      facts = std::max(facts, recording.events[prefix - 1].note + 1);
    }
    ++findings.prefixes;
    for (const auto& lost : recording.losses(prefix)) {
      ++findings.disks;
      const Disk disk = recording.disk_after(prefix, lost);
      if (!known.emplace(facts, disk.text()).second) continue;
      ++findings.different;
      for (const auto& [breach, which] : ledger.check(disk, facts)) {
        const std::string after = prefix == 0 ? "nothing" : describe(recording.events[prefix - 1]);
        findings.breaches.emplace(
            breach, which + ", after event " + std::to_string(prefix) + " (" + after + ")");
      }
    }
  }
  return findings;
}

std::string to_text(const Findings& findings) {
  std::string text = std::to_string(findings.prefixes) + " prefixes, " +
                     std::to_string(findings.disks) + " disks, " +
                     std::to_string(findings.different) + " different\n";
  for (const auto& [breach, which] : findings.breaches) {
    text += std::string("  ") + name_of(breach) + ": " + which + '\n';
  }
  return text;
}

}  // namespace store
