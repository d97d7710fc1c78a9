// The size mark: an extended attribute of a message's file that says how many octets POP3 counts in
// it, so that a login need not read the message. It counts only while the file's size and
// modification time are those that it names. A file without it is counted by reading it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/store/file_ops.h"

namespace store {

struct SizeMark {
  uint64_t stored_octets = 0;  // the file's size
  uint64_t mtime_ns = 0;       // the file's modification time
  uint64_t wire_octets = 0;    // text::WireSize of its content
};

constexpr const char* kSizeMarkAttribute = "user.mymail.size";

// As the attribute has it: `<stored octets> <mtime, hex> <wire octets>`.
std::string to_text(const SizeMark& mark);
std::optional<SizeMark> parse_size_mark(std::string_view text);

// The attribute's count, if it is about this file as it is now.
std::optional<uint64_t> marked_octets(std::string_view attribute, const FileStatus& file);

// Marks the open file. Failing to is no error: the file is counted at each login then.
void mark_size(FileOps& ops, int fd, const SizeMark& mark);

// text::WireSize of the open file's first `stored_octets`, or of all that it has if it is shorter.
Result<uint64_t> count_octets(FileOps& ops, int fd, uint64_t stored_octets);

}  // namespace store
