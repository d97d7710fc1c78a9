// An open file, closed with its owner.
#pragma once

#include <utility>

#include "common/store/file_ops.h"

namespace store {

// Holds at most one open descriptor. `ops` outlives it.
class Descriptor {
 public:
  Descriptor() = default;
  Descriptor(FileOps& ops, int fd) : ops_(&ops), fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept
      : ops_(other.ops_), fd_(std::exchange(other.fd_, kNone)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    if (this != &other) {
      reset();
      ops_ = other.ops_;
      fd_ = std::exchange(other.fd_, kNone);
    }
    return *this;
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() { reset(); }

  static Result<Descriptor> open(FileOps& ops, int folder, const std::string& name, int flags,
                                 mode_t mode = 0) {
    const Result<int> fd = ops.openat(folder, name, flags, mode);
    if (!fd) return std::unexpected(fd.error());
    return Descriptor(ops, *fd);
  }

  bool is_open() const { return fd_ != kNone; }
  int fd() const { return fd_; }
  void reset() {
    if (is_open()) ops_->close(std::exchange(fd_, kNone));
  }

 private:
  static constexpr int kNone = -1;

  FileOps* ops_ = nullptr;
  int fd_ = kNone;
};

}  // namespace store
