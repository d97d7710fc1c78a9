// Reading messages before they are asked for, as POP3's clients fetch them one after the other: the
// store's pool reads the next ones while the thread that serves the client sends the current one.
//
// A session that reads a second message next to the one before is given a window, if its maildrop
// finds that worthwhile (file_maildrop.cc says when): the messages that follow, few at first, then
// as many as kMost messages and kWindowOctets. When half of it is used the next one is begun, so
// there are two at the most. A window ends before a message that is long, for which a handover
// costs nothing. Any other message that is asked for ends the sequence, but one within the windows:
// what was left out is then dropped.
//
// Nobody waits for a window: what is not there when it is asked for is read as if there were none,
// and the pool leaves it out if it has not begun with it. What could not be read ahead is not
// reported either; it is read again when it is asked for, and that tells. An octet that is handed
// out is one of the file that was listed, as it was at some time since the window was begun.
//
// Memory: kWindowOctets a window, from its beginning until it is used up, dropped or outlived by
// its maildrop, and the pool is done with it. A session that stops in a sequence keeps its windows
// until it goes on or ends; all sessions together have what ReadAheadRoom holds, and past that read
// as if there were no such thing.
#pragma once

#include <atomic>
#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <span>

#include "common/store/descriptor.h"
#include "common/store/file_ops.h"
#include "common/store/message_table.h"
#include "common/store/worker_pool.h"

namespace store {

// What all windows of a store may hold together. From any thread.
class ReadAheadRoom {
 public:
  static constexpr size_t kOctets = size_t{4} * 1024 * 1024;

  explicit ReadAheadRoom(size_t octets = kOctets) : left_(octets) {}

  // Whether there is so much, which is then the caller's until it gives it back.
  bool take(size_t octets);
  void give_back(size_t octets) { left_ += octets; }

 private:
  std::atomic<size_t> left_;
};

// A maildrop's. Used from one thread at a time; it may be destroyed while the pool reads for it.
class ReadAhead {
 public:
  static constexpr size_t kWindowOctets = size_t{64} * 1024;
  static constexpr size_t kMostMessages = 16;
  static constexpr size_t kFirstMessages = 4;
  static constexpr size_t kLongOctets = size_t{16} * 1024;  // a message that is never read ahead

  // `ops` and `room` outlive it and what the pool does for it; `pool` outlives it.
  ReadAhead(FileOps& ops, WorkerPool& pool, ReadAheadRoom& room,
            std::shared_ptr<const MessageTable> messages);
  ReadAhead(const ReadAhead&) = delete;
  ReadAhead& operator=(const ReadAhead&) = delete;
  ~ReadAhead() { drop(); }

  // The whole message `i`, if it is there and `buffer` takes it: its octets.
  std::optional<size_t> take(size_t i, std::span<char> buffer);

  // Message `i` was asked for, from its beginning. Begins the next window if it is time for it and
  // `worthwhile`. `folder`: the mailbox, open; it is needed for the time of this call alone.
  void follow(size_t i, int folder, bool worthwhile);

  // Ends the sequence. Afterwards nothing is done in the mailbox but with the message that the pool
  // is just reading.
  void drop();

 private:
  class Window;

  void pass(size_t i);
  void begin_window(size_t first, int folder);
  bool open_folder(int folder);

  FileOps& ops_;
  WorkerPool& pool_;
  ReadAheadRoom& room_;
  const std::shared_ptr<const MessageTable> messages_;
  // The folder without the lock, which is its maildrop's: a window may outlive that.
  std::shared_ptr<const Descriptor> folder_;
  std::deque<std::shared_ptr<Window>> windows_;  // ascending, without a gap
  std::optional<size_t> last_;                   // the message that was asked for
  size_t next_size_ = kFirstMessages;
};

}  // namespace store
