// The mail store as the servers see it: messages go in by a Delivery, come out by a Maildrop. The
// promise behind it is docs/mail-store.md. An interface, so that an engine other than files in
// folders can stand behind it: no path, no descriptor, no number in its signatures.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/store/done.h"
#include "common/store/maildrop.h"

namespace store {

// A user's name as spelled in users.txt, `local@domain`; UserDb has checked that it may name a
// folder.
using Mailbox = std::string;

// Names a message in every mailbox that it went to: the first part of its UIDL in each.
struct MessageId {
  std::string text;
};

// One message on its way in. Used from one thread at a time, one call at a time: not while a Done
// is still out. Destroying it before commit undoes it: nothing was visible then. That never blocks,
// so its room on the disk may be free only a moment later. A commit goes on without it.
class Delivery {
 public:
  virtual ~Delivery() = default;

  // Copies `text` to the end of the message. False: its buffer is now full, and flush() must
  // have reported before the next append. Never blocks.
  [[nodiscard]] virtual bool append(std::string_view text) = 0;

  // Moves what is buffered out of memory. After an error the message cannot be committed.
  virtual void flush(Done<void> done) = 0;

  // Undoes it, as destroying does, and reports when its room is free. After it only destroying is
  // left to do.
  virtual void drop(Done<void> done) = 0;

  // Puts the message into every one of these mailboxes, each named once. Success: it is in all of
  // them, whole, on stable storage, and visible to the next maildrop that is opened. Error: it is
  // in none, as far as the disk still takes the undo. After commit only destroying is left to do.
  virtual void commit(std::vector<Mailbox> recipients, Done<MessageId> done) = 0;
};

// Callable from any thread. Outlives its deliveries and maildrops.
class MailStore {
 public:
  virtual ~MailStore() = default;

  virtual std::unique_ptr<Delivery> new_delivery() = 0;

  // How much more mail there is room for, as far as anybody knows.
  virtual void free_octets(Done<uint64_t> done) = 0;

  // Locks the mailbox and takes a snapshot of it. Error: MaildropError::kInUse if another holds
  // it (the caller may try again), or whatever kept the store from being read.
  virtual void open_maildrop(Mailbox mailbox, Done<std::unique_ptr<Maildrop>> done) = 0;

  // The octets of all messages in the mailbox, as they are stored; of a mailbox that is not there
  // none. Counted without reading messages, whoever holds the lock; all that was reported as
  // committed or removed before the call is in it. A message that went to several mailboxes counts
  // whole in each.
  virtual void measure(Mailbox mailbox, Done<uint64_t> done) = 0;
};

}  // namespace store
