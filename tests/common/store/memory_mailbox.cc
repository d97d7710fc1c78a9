#include "tests/common/store/memory_mailbox.h"

#include "common/store/names.h"

namespace store {

MemoryMailboxTest::MemoryMailboxTest() {
  disk_.set_time(kStart);
  auto opened = FileStore::open("/mail.store", nullptr, ops_, disk_.clock());
  EXPECT_TRUE(opened) << opened.error();
  store_ = std::move(*opened);
  EXPECT_FALSE(disk_.mkdirat(AT_FDCWD, folder_, 0700));
}

std::unique_ptr<Maildrop> MemoryMailboxTest::login() {
  auto opened = open_maildrop(*store_, kJohn);
  EXPECT_TRUE(opened) << opened.error().message();
  return opened ? std::move(*opened) : nullptr;
}

void MemoryMailboxTest::wait(uint64_t seconds) {
  disk_.set_time(disk_.clock()() + seconds * kSecond);
}

std::string MemoryMailboxTest::path(uint64_t n) const {
  return folder_ + '/' + message_file_name(n);
}

void MemoryMailboxTest::write_new(const std::string& name, std::string_view bytes) {
  const int fd = *disk_.openat(AT_FDCWD, name, O_CREAT | O_RDWR, 0600);
  EXPECT_EQ(disk_.write(fd, bytes), bytes.size());
  disk_.close(fd);
}

void MemoryMailboxTest::drop(uint64_t n, std::string_view bytes) { write_new(path(n), bytes); }

void MemoryMailboxTest::take_away(uint64_t n) { ASSERT_FALSE(disk_.unlinkat(AT_FDCWD, path(n))); }

void MemoryMailboxTest::replace(uint64_t n, std::string_view bytes) {
  const std::string name = folder_ + "/new";
  write_new(name, bytes);
  take_away(n);
  const int fd = *disk_.openat(AT_FDCWD, name, O_RDONLY, 0);
  ASSERT_FALSE(disk_.link_fd(fd, AT_FDCWD, path(n)));
  disk_.close(fd);
  ASSERT_FALSE(disk_.unlinkat(AT_FDCWD, name));
}

void MemoryMailboxTest::set_mtime(const std::string& name, uint64_t mtime_ns) {
  const int fd = *disk_.openat(AT_FDCWD, name, O_RDONLY, 0);
  ASSERT_FALSE(disk_.futimens(fd, mtime_ns));
  disk_.close(fd);
}

}  // namespace store
