#include "common/users/user_file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <array>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "tests/support/temporary_directory.h"

namespace users {
namespace {

class UserFileTest : public testing::Test {
 protected:
  void write(std::string_view text, std::string_view name = "users.txt") {
    std::ofstream(directory_.path() / name, std::ios::trunc) << text;
  }
  void append(std::string_view text) { std::ofstream(path_, std::ios::app) << text; }

  // Makes the file look as if it was last changed so long ago, to the nanosecond.
  void set_modified(int64_t seconds_ago) {
    timespec now{};
    ASSERT_EQ(::clock_gettime(CLOCK_REALTIME, &now), 0);
    set_modified(timespec{now.tv_sec - seconds_ago, 0});
  }
  void set_modified(timespec time) {
    const std::array<timespec, 2> times{time, time};
    ASSERT_EQ(::utimensat(AT_FDCWD, path_.c_str(), times.data(), 0), 0);
  }
  timespec modified() {
    struct stat status{};
    EXPECT_EQ(::stat(path_.c_str(), &status), 0);
    return status.st_mtim;
  }

  std::unique_ptr<UserFile> open() {
    auto file = UserFile::open(
        path_, [this](std::string_view problem) { problems_.emplace_back(problem); });
    if (!file) {
      error_ = file.error();
      return nullptr;
    }
    return *std::move(file);
  }

  support::TemporaryDirectory directory_;
  const std::string path_ = (directory_.path() / "users.txt").string();
  std::vector<std::string> problems_;
  std::string error_;
};

TEST_F(UserFileTest, AppendedLineCountsAtTheNextLookUp) {
  write("a@b 1\n");
  const auto file = open();
  ASSERT_NE(file, nullptr) << error_;
  EXPECT_EQ(file->current()->find("c@d"), nullptr);
  append("c@d 2\n");
  EXPECT_NE(file->current()->find("c@d"), nullptr);
  EXPECT_NE(file->current()->find("a@b"), nullptr);
}

TEST_F(UserFileTest, UnchangedFileIsNotParsedAgain) {
  write("a@b 1\n");
  const auto file = open();
  ASSERT_NE(file, nullptr) << error_;
  const auto young = file->current();
  EXPECT_EQ(file->current(), young);
  set_modified(60);
  const auto old = file->current();
  EXPECT_EQ(file->current(), old);
}

TEST_F(UserFileTest, EditInPlaceOfAYoungFileIsSeenThoughItsStampStays) {
  write("a@b 1\n");
  const auto file = open();
  ASSERT_NE(file, nullptr) << error_;
  const timespec before = modified();
  write("a@b 2\n");
  set_modified(before);  // as when both writes fall into one tick of the file system's clock
  EXPECT_TRUE(file->current()->find("a@b")->password.matches("2"));
}

TEST_F(UserFileTest, EditInPlaceOfAnOldFileIsSeen) {
  write("a@b 1\n");
  set_modified(60);
  const auto file = open();
  ASSERT_NE(file, nullptr) << error_;
  write("a@b 2\n");
  EXPECT_TRUE(file->current()->find("a@b")->password.matches("2"));
}

TEST_F(UserFileTest, RenameOverItIsSeenThoughSizeAndTimeStay) {
  write("a@b 1\n");
  set_modified(timespec{1'000'000'000, 0});
  const auto file = open();
  ASSERT_NE(file, nullptr) << error_;
  write("a@b 2\n", "new");
  std::filesystem::rename(directory_.path() / "new", path_);
  set_modified(timespec{1'000'000'000, 0});
  EXPECT_TRUE(file->current()->find("a@b")->password.matches("2"));
}

TEST_F(UserFileTest, BadLineKeepsTheUsersAndIsReportedOnce) {
  write("a@b 1\n");
  const auto file = open();
  ASSERT_NE(file, nullptr) << error_;
  append("c@d 2\nnobody\n");
  for (int i = 0; i < 3; ++i) {
    EXPECT_NE(file->current()->find("a@b"), nullptr);
    EXPECT_EQ(file->current()->find("c@d"), nullptr);
  }
  ASSERT_EQ(problems_.size(), 1U);
  EXPECT_TRUE(problems_[0].starts_with(path_ + ":3: ")) << problems_[0];

  append("# again\n");  // another change, the same fault
  file->current();
  EXPECT_EQ(problems_.size(), 2U);

  write("c@d 2\n");
  EXPECT_NE(file->current()->find("c@d"), nullptr);
  EXPECT_EQ(file->current()->find("a@b"), nullptr);
  EXPECT_EQ(problems_.size(), 2U);
}

TEST_F(UserFileTest, EmptiedFileKeepsTheUsers) {
  write("a@b 1\n");
  const auto file = open();
  ASSERT_NE(file, nullptr) << error_;
  write("");
  EXPECT_NE(file->current()->find("a@b"), nullptr);
  write("# nobody\n");
  EXPECT_NE(file->current()->find("a@b"), nullptr);
  EXPECT_EQ(problems_.size(), 2U);
}

TEST_F(UserFileTest, RemovedFileKeepsTheUsersUntilItIsBack) {
  write("a@b 1\n");
  const auto file = open();
  ASSERT_NE(file, nullptr) << error_;
  std::filesystem::rename(path_, directory_.path() / "away");
  EXPECT_NE(file->current()->find("a@b"), nullptr);
  EXPECT_NE(file->current()->find("a@b"), nullptr);
  EXPECT_EQ(problems_.size(), 1U);
  write("c@d 2\n");
  EXPECT_NE(file->current()->find("c@d"), nullptr);
  EXPECT_EQ(problems_.size(), 1U);
  std::filesystem::remove(path_);
  EXPECT_NE(file->current()->find("c@d"), nullptr);
  EXPECT_EQ(problems_.size(), 2U);
}

TEST_F(UserFileTest, ReloadTakesAnEmptiedFileAtItsWord) {
  write("a@b 1\n");
  const auto file = open();
  ASSERT_NE(file, nullptr) << error_;
  write("# nobody\n");
  EXPECT_NE(file->current()->find("a@b"), nullptr);
  EXPECT_EQ(file->reload(), 0U);
  EXPECT_TRUE(file->current()->empty());
  set_modified(60);
  EXPECT_TRUE(file->current()->empty());
  append("c@d 2\n");
  EXPECT_NE(file->current()->find("c@d"), nullptr);
}

TEST_F(UserFileTest, ReloadTakesARemovedFileForNoUsers) {
  write("a@b 1\n");
  const auto file = open();
  ASSERT_NE(file, nullptr) << error_;
  std::filesystem::remove(path_);
  EXPECT_EQ(file->reload(), 0U);
  EXPECT_TRUE(file->current()->empty());
  EXPECT_TRUE(problems_.empty());
  write("c@d 2\n");
  EXPECT_NE(file->current()->find("c@d"), nullptr);
}

TEST_F(UserFileTest, ReloadOfABadFileKeepsTheUsers) {
  write("a@b 1\n");
  const auto file = open();
  ASSERT_NE(file, nullptr) << error_;
  write("c@d 1\nnobody\n");
  const auto reloaded = file->reload();
  ASSERT_FALSE(reloaded);
  EXPECT_TRUE(reloaded.error().starts_with(path_ + ":2: ")) << reloaded.error();
  EXPECT_NE(file->current()->find("a@b"), nullptr);
  std::filesystem::remove(path_);
  std::filesystem::create_directory(path_);
  EXPECT_FALSE(file->reload());
  EXPECT_NE(file->current()->find("a@b"), nullptr);
}

TEST_F(UserFileTest, ReloadReadsAnUnchangedFileToo) {
  write("a@b 1\n");
  const auto file = open();
  ASSERT_NE(file, nullptr) << error_;
  EXPECT_EQ(file->reload(), 1U);
  EXPECT_NE(file->current()->find("a@b"), nullptr);
}

TEST_F(UserFileTest, LookUpBeforeTheChangeKeepsItsUsers) {
  write("a@b 1\n");
  const auto file = open();
  ASSERT_NE(file, nullptr) << error_;
  const auto before = file->current();
  write("c@d 2\n");
  EXPECT_NE(file->current(), before);
  EXPECT_NE(before->find("a@b"), nullptr);
}

// What a session holds is whole, whatever other threads read meanwhile. Under ThreadSanitizer.
TEST_F(UserFileTest, TenThousandUsersAreReadAgainWhileSessionsLookThemUp) {
  const auto all = [](const std::string& password) {
    std::string text;
    for (int i = 0; i < 10'000; ++i) {
      text += "user" + std::to_string(i) + "@example.com " + password + '\n';
    }
    return text;
  };
  write(all("first"));
  const auto file = open();
  ASSERT_NE(file, nullptr) << error_;
  std::atomic<bool> ended = false;
  std::vector<std::thread> sessions;
  for (int session = 0; session < 2; ++session) {
    sessions.emplace_back([&] {
      for (int i = 0; !ended; i = (i + 1) % 10'000) {
        const auto held = file->current();
        const User* user = held->find("user" + std::to_string(i) + "@example.com");
        ASSERT_NE(user, nullptr);
        const User* last = held->find("user9999@example.com");
        ASSERT_NE(last, nullptr);
        EXPECT_EQ(user->password.matches("first"), last->password.matches("first"));
      }
    });
  }
  for (const auto* password : {"second", "third", "fourth"}) {
    write(all(password), "new.txt");
    std::filesystem::rename(directory_.path() / "new.txt", path_);
    EXPECT_EQ(file->reload(), 10'000U);
    EXPECT_TRUE(file->current()->find("user0@example.com")->password.matches(password));
  }
  ended = true;
  for (auto& session : sessions) session.join();
  EXPECT_TRUE(problems_.empty());
}

TEST_F(UserFileTest, StartFailsWithoutAGoodFile) {
  EXPECT_EQ(open(), nullptr);
  EXPECT_TRUE(error_.starts_with(path_ + ": No such file or directory (")) << error_;
  write("a@b 1\na@b 2\n");
  EXPECT_EQ(open(), nullptr);
  EXPECT_TRUE(error_.starts_with(path_ + ":2: ")) << error_;
  write("# nobody\n");
  EXPECT_EQ(open(), nullptr);
  EXPECT_TRUE(error_.starts_with(path_ + ": no user in it (")) << error_;
  std::filesystem::remove(path_);
  std::filesystem::create_directory(path_);
  EXPECT_EQ(open(), nullptr);
  EXPECT_TRUE(error_.starts_with(path_ + ": Is a directory (")) << error_;
  EXPECT_TRUE(problems_.empty());
}

}  // namespace
}  // namespace users
