// The store's promise (docs/mail-store.md), kept as a ledger: what was told to whom, and when; and
// what a disk must therefore show to a server that is started on it.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "common/store/mail_store.h"
#include "tests/support/disk_model.h"

namespace store {

// A way in which the promise can be broken.
enum class Breach {
  kMissing,         // an acknowledged message is not in a mailbox
  kTorn,            // a .mail file holds anything but a whole message that was sent there
  kRefusedIsThere,  // a refused message is in a mailbox
  kRemovedIsBack,   // a message is there though QUIT has said that it is gone
  kTwice,           // a message is in a mailbox twice
  kOtherUid,        // an acknowledged message has another UIDL than before
  kOtherSize,       // LIST would give another size than the message has
  kNumberCameBack,  // a new message got the n of an acknowledged one, or a lower one
  kStrayFile,       // something else than a message is left
  kUnusable,        // the store cannot be opened, read, or written to
};
const char* name_of(Breach breach);

// Used from one thread at a time.
class Ledger {
 public:
  enum class Outcome { kAcknowledged, kRefused, kRefusedMayReturn };

  // For a text that is unlike all others.
  size_t next_serial() { return serial_++; }

  // A message is on its way; its text is unlike all others'. Returns which it is.
  size_t send(std::string text, std::vector<Mailbox> recipients);
  // What was said of it, and the UIDL that it has in each mailbox. These return the fact's number,
  // by which survey() finds it in a recording.
  size_t tell(size_t message, Outcome outcome, std::map<Mailbox, std::string> uids);
  // QUIT is asked to remove it from the mailbox; it has succeeded.
  size_t begin_removal(size_t message, const Mailbox& mailbox);
  size_t end_removal(size_t message, const Mailbox& mailbox);

  size_t facts() const { return facts_.size(); }
  const std::string& text(size_t message) const { return messages_[message].text; }
  // Which message has this text; messages() if none has.
  size_t message_of(std::string_view text) const;
  size_t messages() const { return messages_.size(); }

  // Starts a server on this disk, and compares: with the first `facts` facts. The clock is set
  // back to before all of them.
  std::map<Breach, std::string> check(const Disk& disk, size_t facts) const;

 private:
  enum class Stage { kSent, kAcknowledged, kRefused, kMayReturn, kBeingRemoved, kRemoved };
  struct Message {
    std::string text;
    std::vector<Mailbox> recipients;
  };
  struct Fact {
    size_t message;
    Mailbox mailbox;
    Stage stage;
    std::string uid;  // of an acknowledged message
  };
  struct Standing {
    Stage stage = Stage::kSent;
    std::string uid;
  };
  // What must be true of a mailbox: each message that was sent to it, and how it stands.
  using Account = std::map<size_t, Standing>;

  std::map<Mailbox, Account> accounts(size_t facts) const;
  void check_mailbox(MailStore& store, const Mailbox& mailbox, const Account& account,
                     std::map<Breach, std::string>& breaches) const;
  void check_numbers(MailStore& store, const std::map<Mailbox, Account>& accounts,
                     std::map<Breach, std::string>& breaches) const;

  size_t serial_ = 0;
  std::vector<Message> messages_;
  std::vector<Fact> facts_;
};

// What looking at the disks of a recorded run has found.
struct Findings {
  size_t prefixes = 0;
  size_t disks = 0;                        // that a power cut may have left
  size_t different = 0;                    // of these: each was started on
  std::map<Breach, std::string> breaches;  // each with the first disk that showed it
};

// Every prefix of the run, and every disk that it may have left, against the promise as it was
// then. The notes of the recording are the ledger's facts; `facts_before` were told before it.
Findings survey(const Recording& recording, const Ledger& ledger, size_t facts_before);

// For a failed test to show.
std::string to_text(const Findings& findings);

}  // namespace store
