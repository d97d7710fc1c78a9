#include "common/sandbox/file_access.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <system_error>

namespace sandbox {
namespace {

// The kernel's interface (linux/landlock.h), of which Debian 12's headers know only the first part.
namespace landlock {

constexpr unsigned kVersion = 1;  // a flag: tell the ABI
constexpr int kPathBeneath = 1;   // the kind of a rule

constexpr uint64_t kExecute = 1U << 0U;
constexpr uint64_t kWriteFile = 1U << 1U;
constexpr uint64_t kReadFile = 1U << 2U;
constexpr uint64_t kReadDir = 1U << 3U;
constexpr uint64_t kRemoveDir = 1U << 4U;
constexpr uint64_t kRemoveFile = 1U << 5U;
constexpr uint64_t kMakeChar = 1U << 6U;
constexpr uint64_t kMakeDir = 1U << 7U;
constexpr uint64_t kMakeRegular = 1U << 8U;
constexpr uint64_t kMakeSocket = 1U << 9U;
constexpr uint64_t kMakeFifo = 1U << 10U;
constexpr uint64_t kMakeBlock = 1U << 11U;
constexpr uint64_t kMakeSymlink = 1U << 12U;
constexpr uint64_t kRefer = 1U << 13U;     // ABI 2
constexpr uint64_t kTruncate = 1U << 14U;  // ABI 3
constexpr uint64_t kIoctlDev = 1U << 15U;  // ABI 5

struct Ruleset {
  uint64_t handled_files;
};

struct __attribute__((packed)) Rule {
  uint64_t allowed;
  int32_t folder;
};

int version() {
  return static_cast<int>(::syscall(SYS_landlock_create_ruleset, nullptr, 0, kVersion));
}

// What a rule has to name to allow it.
uint64_t handled(int abi) {
  uint64_t all = kExecute | kWriteFile | kReadFile | kReadDir | kRemoveDir | kRemoveFile |
                 kMakeChar | kMakeDir | kMakeRegular | kMakeSocket | kMakeFifo | kMakeBlock |
                 kMakeSymlink | kRefer;
  if (abi >= 3) all |= kTruncate;
  if (abi >= 5) all |= kIoctlDev;
  return all;
}

}  // namespace landlock

// Before ABI 2 nothing can be linked into another folder, which is how a message is delivered.
constexpr int kLeastAbi = 2;

// kRefer: a message's file is made in the store and then linked into mailboxes.
constexpr uint64_t kInStore = landlock::kReadFile | landlock::kWriteFile | landlock::kReadDir |
                              landlock::kMakeRegular | landlock::kMakeDir | landlock::kRemoveFile |
                              landlock::kRefer;
constexpr uint64_t kInFolder = landlock::kReadFile;

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

std::string text_of_errno() { return std::system_category().message(errno); }

bool allow(int ruleset, const std::string& path, uint64_t what) {
  const Descriptor folder(::open(path.c_str(), O_PATH | O_CLOEXEC));
  if (folder.get() < 0) return false;
  const landlock::Rule rule{.allowed = what, .folder = folder.get()};
  return ::syscall(SYS_landlock_add_rule, ruleset, landlock::kPathBeneath, &rule, 0) == 0;
}

std::string folder_of(const std::string& file) {
  const size_t slash = file.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : file.substr(0, slash);
}

}  // namespace

std::expected<int, std::string> file_access_version() {
  const int abi = landlock::version();
  if (abi < 0) return std::unexpected("this kernel offers no Landlock: " + text_of_errno());
  if (abi < kLeastAbi) return std::unexpected("this kernel's Landlock is older than ABI 2");
  return abi;
}

std::expected<int, std::string> confine_files(const FileAccess& access) {
  const auto abi = file_access_version();
  if (!abi) return abi;
  const landlock::Ruleset all{landlock::handled(*abi)};
  const Descriptor ruleset(
      static_cast<int>(::syscall(SYS_landlock_create_ruleset, &all, sizeof(all), 0)));
  if (ruleset.get() < 0) return std::unexpected("Landlock: " + text_of_errno());
  if (!allow(ruleset.get(), access.store, kInStore)) {
    return std::unexpected("Landlock: " + access.store + ": " + text_of_errno());
  }
  for (const auto& folder : access.folders) {
    // Who opens a file there is told soon enough what the matter is.
    (void)allow(ruleset.get(), folder, kInFolder);
  }
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
      ::syscall(SYS_landlock_restrict_self, ruleset.get(), 0) != 0) {
    return std::unexpected("Landlock: " + text_of_errno());
  }
  return abi;
}

std::vector<std::string> folders_of(const std::string& file) {
  std::vector<std::string> folders{folder_of(file)};
  const std::unique_ptr<char, decltype(&std::free)> real(::realpath(file.c_str(), nullptr),
                                                         &std::free);
  if (real) folders.push_back(folder_of(real.get()));
  return folders;
}

}  // namespace sandbox
