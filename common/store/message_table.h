// The messages of a mailbox as they were found in its folder: kept in memory from one login to the
// next (mailbox_index.h), and shared by the maildrops that show them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "common/store/file_ops.h"
#include "common/store/message_list.h"

namespace store {

// A message's file: n is its name, and `file` says which file is meant by it.
struct MessageFile {
  uint64_t n = 0;
  FileStatus file;
  uint64_t wire_octets = 0;

  // Whether what has this name now is still that message. Its time too: an inode number may come
  // back at once, and a message with another time has another UIDL. Its size too: a file that is
  // still being copied in may have grown within one tick of its time.
  bool is(const FileStatus& now) const {
    return now.is_same_file(file) && now.mtime_ns == file.mtime_ns && now.octets == file.octets;
  }
  // Whether nobody has touched it since: a hand can set all of the above, but not the time of the
  // inode's last change, of which the last 32 bits are compared. (Other mailboxes that the message
  // comes to or goes from change it too.)
  bool is_untouched(const FileStatus& now) const {
    return is(now) && static_cast<uint32_t>(now.ctime_ns) == static_cast<uint32_t>(file.ctime_ns);
  }
};

// By n, ascending. kOctetsEach octets of memory a message. Filled by one thread; from then on it
// never changes, and any thread may read it.
class MessageTable final : public MessageList {
 public:
  static constexpr size_t kOctetsEach = 32;

  // `device`: of the mailbox's folder. Room for `messages` is taken at once.
  MessageTable(uint64_t device, size_t messages) : device_(device) { rows_.reserve(messages); }

  // `message.n` is greater than all before.
  void add(const MessageFile& message);

  size_t size() const override { return rows_.size(); }
  uint64_t octets() const override { return octets_; }
  uint64_t octets_of(size_t i) const override;
  std::string uid_of(size_t i) const override;

  // The number of message `i`.
  uint64_t n_of(size_t i) const;
  // All that was found; of its ctime the last 32 bits.
  MessageFile file_of(size_t i) const;

  // The memory that this object takes, in octets.
  size_t memory() const;

 private:
  struct Row {
    uint64_t inode;
    uint64_t mtime_ns;
    uint32_t n;         // or kOdd
    uint32_t octets;    // as stored; of an odd one: where it is in odd_
    uint32_t added;     // by counting every line end as CRLF
    uint32_t ctime_ns;  // the last 32 bits
  };
  static_assert(sizeof(Row) == kOctetsEach);
  // What does not fit: 4 GiB and more, n that large, another device than the folder's, a mark by
  // which a hand has made a message less than its file.
  static constexpr uint32_t kOdd = UINT32_MAX;

  uint64_t device_;
  uint64_t octets_ = 0;
  std::vector<Row> rows_;
  std::vector<MessageFile> odd_;
};

}  // namespace store
