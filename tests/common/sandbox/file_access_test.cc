// What a process may open once its files are confined.
#include "common/sandbox/file_access.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/child_process.h"
#include "tests/support/temporary_directory.h"

namespace sandbox {
namespace {

namespace fs = std::filesystem;
using support::exit_status_of;

void write_file(const fs::path& path, const std::string& text) { std::ofstream(path) << text; }

// 0 or the errno.
int error_of_opening(const fs::path& path, int flags) {
  return ::open(path.c_str(), flags | O_CLOEXEC, 0600) < 0 ? errno : 0;
}

class FileAccessTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!file_access_version()) GTEST_SKIP() << file_access_version().error();
    for (const char* name : {"store", "etc", "outside"}) fs::create_directory(folder_ / name);
    for (const char* name : {"store/0.mail", "etc/users.txt", "outside/file"}) {
      write_file(folder_ / name, "old");
    }
  }

  bool confine() const {
    return confine_files(
               {.store = folder_ / "store", .folders = {folder_ / "etc", folder_ / "not-there"}})
        .has_value();
  }

  support::TemporaryDirectory temporary_;
  const fs::path folder_ = temporary_.path();
};

TEST_F(FileAccessTest, OtherFilesAreOutOfReach) {
  EXPECT_EQ(exit_status_of([this] {
              if (!confine()) return -2;
              return error_of_opening(folder_ / "outside/file", O_RDONLY);
            }),
            EACCES);
}

TEST_F(FileAccessTest, TheFolderOfUsersIsReadAndNotWritten) {
  EXPECT_EQ(exit_status_of([this] {
              if (!confine()) return -2;
              if (error_of_opening(folder_ / "etc/users.txt", O_RDONLY) != 0) return -3;
              return error_of_opening(folder_ / "etc/users.txt", O_WRONLY);
            }),
            EACCES);
}

TEST_F(FileAccessTest, AFileThatReplacedAnotherIsRead) {
  std::array<int, 2> confined{};
  std::array<int, 2> replaced{};
  ASSERT_TRUE(::pipe(confined.data()) == 0 && ::pipe(replaced.data()) == 0);
  // Whoever replaces it is another process, as it will be.
  std::thread other([&] {
    char letter = 0;
    if (::read(confined[0], &letter, 1) != 1) return;
    write_file(folder_ / "etc/new", "new");
    fs::rename(folder_ / "etc/new", folder_ / "etc/users.txt");
    EXPECT_EQ(::write(replaced[1], "x", 1), 1);
  });
  EXPECT_EQ(exit_status_of([&] {
              char letter = 0;
              if (!confine() || ::write(confined[1], "x", 1) != 1) return -2;
              if (::read(replaced[0], &letter, 1) != 1) return -3;
              return error_of_opening(folder_ / "etc/users.txt", O_RDONLY);
            }),
            0);
  ::close(confined[1]);
  other.join();
  for (const int end : {confined[0], replaced[0], replaced[1]}) ::close(end);
}

// As the store delivers: a file without a name, linked into a new folder through /proc.
TEST_F(FileAccessTest, AMessageIsWrittenAndLinkedIntoAMailbox) {
  EXPECT_EQ(exit_status_of([this] {
              if (!confine()) return -2;
              const fs::path store = folder_ / "store";
              const int file = ::open(store.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
              if (file < 0 || ::write(file, "text", 4) != 4) return errno;
              if (::mkdir((store / "anna@x").c_str(), 0700) != 0) return errno;
              const std::string from = "/proc/self/fd/" + std::to_string(file);
              const fs::path to = store / "anna@x/0.mail";
              if (::linkat(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), AT_SYMLINK_FOLLOW) != 0) {
                return errno;
              }
              return ::unlink((store / "0.mail").c_str()) == 0 ? 0 : errno;
            }),
            0);
  EXPECT_EQ(fs::file_size(folder_ / "store/anna@x/0.mail"), 4U);
  EXPECT_FALSE(fs::exists(folder_ / "store/0.mail"));
}

TEST_F(FileAccessTest, NoMessageLeavesTheStore) {
  EXPECT_EQ(exit_status_of([this] {
              if (!confine()) return -2;
              const fs::path from = folder_ / "store/0.mail";
              return ::rename(from.c_str(), (folder_ / "outside/x").c_str()) == 0 ? 0 : errno;
            }),
            EACCES);
  EXPECT_TRUE(fs::exists(folder_ / "store/0.mail"));
  EXPECT_FALSE(fs::exists(folder_ / "outside/x"));
}

TEST(FoldersOfTest, ALinkIsFollowedToWhereTheFileIs) {
  const support::TemporaryDirectory temporary;
  const fs::path folder = fs::canonical(temporary.path());
  fs::create_directory(folder / "real");
  write_file(folder / "real/key", "");
  fs::create_symlink(folder / "real/key", folder / "link");
  const auto folders = folders_of(folder / "link");
  EXPECT_EQ(folders, (std::vector<std::string>{folder.string(), (folder / "real").string()}));
}

TEST(FoldersOfTest, ANameAloneIsInTheWorkingFolder) {
  EXPECT_EQ(folders_of("no-such-file-here"), std::vector<std::string>{"."});
  EXPECT_EQ(folders_of("/no-such-file-here"), std::vector<std::string>{"/"});
}

}  // namespace
}  // namespace sandbox
