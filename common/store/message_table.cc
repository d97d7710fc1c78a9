#include "common/store/message_table.h"

#include "common/store/names.h"

namespace store {

void MessageTable::add(const MessageFile& message) {
  const FileStatus& file = message.file;
  const uint64_t added = message.wire_octets - file.octets;  // less than the file: very many
  Row row{.inode = file.inode,
          .mtime_ns = file.mtime_ns,
          .n = static_cast<uint32_t>(message.n),
          .octets = static_cast<uint32_t>(file.octets),
          .added = static_cast<uint32_t>(added),
          .ctime_ns = static_cast<uint32_t>(file.ctime_ns)};
  const bool fits =
      message.n < kOdd && file.device == device_ && file.octets == row.octets && added == row.added;
  if (!fits) {
    row.n = kOdd;
    row.octets = static_cast<uint32_t>(odd_.size());
    odd_.push_back(message);
  }
  rows_.push_back(row);
  octets_ += message.wire_octets;
}

uint64_t MessageTable::octets_of(size_t i) const {
  const Row& row = rows_[i];
  if (row.n == kOdd) return odd_[row.octets].wire_octets;
  return uint64_t{row.octets} + row.added;
}

std::string MessageTable::uid_of(size_t i) const { return message_uid(rows_[i].mtime_ns, n_of(i)); }

uint64_t MessageTable::n_of(size_t i) const {
  const Row& row = rows_[i];
  return row.n == kOdd ? odd_[row.octets].n : row.n;
}

MessageFile MessageTable::file_of(size_t i) const {
  const Row& row = rows_[i];
  if (row.n == kOdd) return odd_[row.octets];
  return {.n = row.n,
          .file = {.device = device_,
                   .inode = row.inode,
                   .octets = row.octets,
                   .mtime_ns = row.mtime_ns,
                   .ctime_ns = row.ctime_ns,
                   .type = FileType::kRegular},
          .wire_octets = uint64_t{row.octets} + row.added};
}

size_t MessageTable::memory() const {
  return sizeof(*this) + rows_.capacity() * sizeof(Row) + odd_.capacity() * sizeof(MessageFile);
}

}  // namespace store
