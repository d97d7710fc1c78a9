#include "common/store/message_file.h"

#include <fcntl.h>

#include <cerrno>
#include <utility>

#include "common/store/names.h"

namespace store {
namespace {

// O_NONBLOCK: should the name be a pipe's by now, opening it may not wait for a writer.
constexpr int kReadFlags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY;

}  // namespace

Result<Descriptor> open_message(FileOps& ops, int folder, const MessageFile& message, Wait wait) {
  const std::string name = message_file_name(message.n);
  const auto fd = wait == Wait::kNever ? ops.openat_cached(folder, name, kReadFlags)
                                       : ops.openat(folder, name, kReadFlags, 0);
  if (!fd) return std::unexpected(fd.error());
  Descriptor file(ops, *fd);
  const auto status = ops.fstat(file.fd());
  if (!status) return std::unexpected(status.error());
  if (!message.is(*status)) return std::unexpected(std::error_code(ESTALE, std::system_category()));
  return file;
}

Result<size_t> read_message(FileOps& ops, int fd, std::span<char> buffer, uint64_t offset) {
  size_t got = 0;
  while (got < buffer.size()) {
    const auto octets = ops.pread(fd, buffer.subspan(got), offset + got);
    if (!octets) return std::unexpected(octets.error());
    if (*octets == 0) break;
    got += *octets;
  }
  return got;
}

}  // namespace store
