// A mailbox on a disk in memory, whose clock, ticks and inode numbers do what a test likes; a
// server that lists it; and a hand at work in it.
#pragma once

#include <fcntl.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tests/common/store/store_fixture.h"
#include "tests/support/crash_file_ops.h"

namespace store {

constexpr uint64_t kSecond = 1'000'000'000;
constexpr uint64_t kStart = 1'700'000'000 * kSecond;

// John's mailbox is there, and empty.
class MemoryMailboxTest : public testing::Test {
 protected:
  MemoryMailboxTest();

  std::unique_ptr<Maildrop> login();
  // Past all that was done so far: what is found now is settled.
  void wait(uint64_t seconds = 10);

  // A hand's doings in the mailbox.
  std::string path(uint64_t n) const;
  void drop(uint64_t n, std::string_view bytes);
  void take_away(uint64_t n);
  // As `mv` does: the new file is there before the old one goes.
  void replace(uint64_t n, std::string_view bytes);
  void set_mtime(const std::string& name, uint64_t mtime_ns);
  FileStatus status(const std::string& name) { return *disk_.fstatat(AT_FDCWD, name); }

  CrashFileOps disk_;
  FaultyFileOps ops_{disk_};
  const std::string folder_ = "/mail.store/" + kJohn;
  std::unique_ptr<FileStore> store_;

 private:
  void write_new(const std::string& name, std::string_view bytes);
};

}  // namespace store
