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

std::string text_of_errno() { return std::system_category().message(errno); }

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

std::expected<size_t, std::string> UserFile::reload() {
  const auto content = read();
  const std::scoped_lock lock(mutex_);
  if (!content && !content.error().missing) return std::unexpected(content.error().text);
  if (const auto parsed = parse(content ? content->text : "", IfEmpty::kTakeOver); !parsed) {
    return std::unexpected(parsed.error());
  }
  // Taken over or known to be gone: no reason for the next look-up to report it.
  seen_.reset();
  last_problem_.clear();
  if (content) {
    seen_ = seen(*content);
  } else {
    last_problem_ = content.error().text;
  }
  return current_->all().size();
}

UserFile::Reading UserFile::read() const {
  const auto fault = [this](bool missing, const std::string& why) {
    return std::unexpected(Fault{missing, path_ + ": " + why});
  };
  const Descriptor file(::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  struct stat status{};
  if (file.get() < 0 || ::fstat(file.get(), &status) != 0) {
    const bool missing = errno == ENOENT;
    return fault(missing, text_of_errno());
  }
  auto text = read_all(file.get());
  if (!text) return fault(false, text.error());
  return Content{stamp_of(status), *std::move(text)};
}

UserFile::Seen UserFile::seen(const Content& content) {
  return {content.stamp, std::hash<std::string_view>()(content.text),
          is_young(content.stamp.modified_ns)};
}

std::expected<void, std::string> UserFile::take_over(const Reading& content) {
  if (!content) {
    seen_.reset();
    return std::unexpected(content.error().text);
  }
  const Seen now = seen(*content);
  const bool same = seen_ && seen_->stamp == now.stamp && seen_->hash == now.hash;
  seen_ = now;
  // Read again for its youth alone: nothing new to take over, nor to report.
  if (same && last_problem_.empty()) return {};
  if (same) return std::unexpected(last_problem_);
  last_problem_.clear();
  return parse(content->text, IfEmpty::kRefuse);
}

std::expected<void, std::string> UserFile::parse(std::string_view text, IfEmpty if_empty) {
  auto parsed = UserDb::parse(text);
  if (!parsed) {
    return std::unexpected(path_ + ":" + std::to_string(parsed.error().line) + ": " +
                           parsed.error().reason);
  }
  if (parsed->empty() && if_empty == IfEmpty::kRefuse) {
    return std::unexpected(path_ + ": no user in it");
  }
  current_ = std::make_shared<const UserDb>(*std::move(parsed));
  return {};
}

}  // namespace users
