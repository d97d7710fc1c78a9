#include "common/users/user_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <system_error>
#include <utility>

namespace users {
namespace {

// A file system's time stamps may be as coarse as this: a file that was changed more recently may
// change again and keep its stamp.
constexpr std::chrono::seconds kCoarsestStamp{2};

constexpr std::string_view kAdvice =
    " (the file has a line for each user: name@domain, a blank, the password;"
    " --users names another file)";

int64_t to_ns(const timespec& time) {
  constexpr int64_t kPerSecond = 1'000'000'000;
  return int64_t{time.tv_sec} * kPerSecond + time.tv_nsec;
}

bool is_young(int64_t modified_ns) {
  using std::chrono::nanoseconds;
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const auto age = std::chrono::duration_cast<nanoseconds>(now) - nanoseconds(modified_ns);
  return std::chrono::abs(age) < kCoarsestStamp;
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
  if (const auto taken = file->take_over(file->read()); !taken) {
    return std::unexpected(taken.error() + std::string(kAdvice));
  }
  return file;
}

UserFile::Stamp UserFile::stamp_of(const struct stat& status) {
  return {status.st_dev, status.st_ino, status.st_size, to_ns(status.st_mtim)};
}

std::shared_ptr<const UserDb> UserFile::current() {
  if (!is_current()) {
    // Two threads may read at once and the older content be taken over last: its stamp is then not
    // the file's, and the next look-up reads again.
    const auto content = read();
    const std::scoped_lock lock(mutex_);
    if (const auto taken = take_over(content); taken) {
      last_problem_.clear();
    } else if (taken.error() != last_problem_) {
      last_problem_ = taken.error();
      report_(last_problem_ + " (the users stay as they were)");
    }
  }
  const std::scoped_lock lock(mutex_);
  return current_;
}

bool UserFile::is_current() const {
  struct stat status{};
  const bool is_there = ::stat(path_.c_str(), &status) == 0;
  const std::scoped_lock lock(mutex_);
  return is_there && seen_ && seen_->stamp == stamp_of(status) && !seen_->may_hide;
}

std::expected<UserFile::Content, std::string> UserFile::read() const {
  const Descriptor file(::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  struct stat status{};
  if (file.get() < 0 || ::fstat(file.get(), &status) != 0) {
    return std::unexpected(path_ + ": " + text_of_errno());
  }
  auto text = read_all(file.get());
  if (!text) return std::unexpected(path_ + ": " + text.error());
  return Content{stamp_of(status), *std::move(text)};
}

std::expected<void, std::string> UserFile::take_over(
    const std::expected<Content, std::string>& content) {
  if (!content) {
    seen_.reset();
    return std::unexpected(content.error());
  }
  const size_t hash = std::hash<std::string_view>()(content->text);
  const bool same = seen_ && seen_->stamp == content->stamp && seen_->hash == hash;
  seen_ = Seen{content->stamp, hash, is_young(content->stamp.modified_ns)};
  // Read again for its youth alone: nothing new to take over, nor to report.
  if (same && last_problem_.empty()) return {};
  if (same) return std::unexpected(last_problem_);
  last_problem_.clear();
  return parse(content->text);
}

std::expected<void, std::string> UserFile::parse(std::string_view text) {
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
