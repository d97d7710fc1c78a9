#include "common/users/user_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <system_error>
#include <utility>

namespace users {
namespace {

constexpr int64_t kNanosecondsPerSecond = 1'000'000'000;

// A file system's time stamps may be as coarse as this: a file that was changed more recently may
// change again and keep its stamp.
constexpr int64_t kCoarsestStampNs = 2 * kNanosecondsPerSecond;

constexpr std::string_view kAdvice =
    " (the file has a line for each user: name@domain, a blank, the password;"
    " --users names another file)";

int64_t to_ns(const timespec& time) {
  return int64_t{time.tv_sec} * kNanosecondsPerSecond + time.tv_nsec;
}

bool is_young(int64_t modified_ns) {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  return std::llabs(to_ns(now) - modified_ns) < kCoarsestStampNs;
}

std::string text_of_errno() {
  return std::system_category().message(errno);
}

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }

 private:
  int fd_;
};

std::expected<std::string, std::string> read_all(int fd) {
  std::string text;
  std::array<char, size_t{16} * 1024> buffer{};
  for (;;) {
    const ssize_t octets = ::read(fd, buffer.data(), buffer.size());
    if (octets == 0) return text;
    if (octets > 0) {
      text.append(buffer.data(), static_cast<size_t>(octets));
    } else if (errno != EINTR) {
      return std::unexpected(text_of_errno());
    }
  }
}

}  // namespace

UserFile::UserFile(std::string path, Report report)
    : path_(std::move(path)), report_(std::move(report)) {}

std::expected<std::unique_ptr<UserFile>, std::string> UserFile::open(std::string path,
                                                                     Report report) {
  std::unique_ptr<UserFile> file(new UserFile(std::move(path), std::move(report)));
  if (auto read = file->read(); !read) {
    return std::unexpected(read.error() + std::string(kAdvice));
  }
  return file;
}

UserFile::Stamp UserFile::stamp_of(const struct stat& status) {
  return {status.st_dev, status.st_ino, status.st_size, to_ns(status.st_mtim)};
}

std::shared_ptr<const UserDb> UserFile::current() {
  const std::scoped_lock lock(mutex_);
  refresh();
  return current_;
}

void UserFile::refresh() {
  struct stat status{};
  if (::stat(path_.c_str(), &status) == 0 && seen_ && seen_->stamp == stamp_of(status) &&
      !seen_->may_hide) {
    return;
  }
  if (auto taken = read(); taken) {
    last_problem_.clear();
  } else if (taken.error() != last_problem_) {
    last_problem_ = taken.error();
    report_(last_problem_ + " (the users stay as they were)");
  }
}

std::expected<void, std::string> UserFile::read() {
  const auto fails = [this](const std::string& why) {
    seen_.reset();
    return std::unexpected(path_ + ": " + why);
  };
  const Descriptor file(::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  if (file.get() < 0) return fails(text_of_errno());
  struct stat status{};
  if (::fstat(file.get(), &status) != 0) return fails(text_of_errno());
  auto text = read_all(file.get());
  if (!text) return fails(text.error());

  const size_t hash = std::hash<std::string_view>()(*text);
  const bool same = seen_ && seen_->stamp == stamp_of(status) && seen_->hash == hash;
  seen_ = Seen{stamp_of(status), hash, is_young(to_ns(status.st_mtim))};
  // Read again for its youth alone: nothing new to take over, nor to report.
  if (same) {
    if (!last_problem_.empty()) return std::unexpected(last_problem_);
    return {};
  }
  last_problem_.clear();
  return take_over(*text);
}

std::expected<void, std::string> UserFile::take_over(std::string_view text) {
  auto parsed = UserDb::parse(text);
  if (!parsed) {
    return std::unexpected(path_ + ":" + std::to_string(parsed.error().line) + ": " +
                           parsed.error().reason);
  }
  if (parsed->empty()) return std::unexpected(path_ + ": no user in it");
  current_ = std::make_shared<const UserDb>(*std::move(parsed));
  return {};
}

}  // namespace users
