// Which n a message gets.
#include "tests/common/store/store_fixture.h"

namespace store {
namespace {

namespace fs = std::filesystem;
using Names = std::vector<std::string>;

class NumbersTest : public StoreTest {
 protected:
  void deliver_to_john(std::string_view text = "Hello\r\n") {
    const auto id = deliver(*store_, text, {kJohn});
    ASSERT_TRUE(id) << id.error().message();
  }
  void remove_all_of_john() {
    auto maildrop = open_maildrop(*store_, kJohn);
    ASSERT_TRUE(maildrop);
    std::vector<size_t> all((*maildrop)->messages().size());
    for (size_t i = 0; i < all.size(); ++i) all[i] = i;
    ASSERT_TRUE(remove(**maildrop, all));
  }
  Names johns() const { return tree(path_of(kJohn)); }
};

// Covers: 1939-7-10
TEST_F(NumbersTest, RemovedHighestNeverComesBackEvenInALaterProcess) {
  for (int i = 0; i < 3; ++i) deliver_to_john();
  remove_all_of_john();
  EXPECT_EQ(johns(), Names{});
  deliver_to_john();
  EXPECT_EQ(johns(), Names{"3.mail"});
  remove_all_of_john();
  reopen();
  deliver_to_john();
  EXPECT_EQ(johns(), Names{"4.mail"});
}

TEST_F(NumbersTest, RemovedMarkNeverGoesDown) {
  for (int i = 0; i < 3; ++i) deliver_to_john();
  auto maildrop = open_maildrop(*store_, kJohn);
  ASSERT_TRUE(maildrop && remove(**maildrop, {2}));
  maildrop = open_maildrop(*store_, kJohn);
  ASSERT_TRUE(maildrop && remove(**maildrop, {0}));
  reopen();
  deliver_to_john();
  EXPECT_EQ(johns(), (Names{"1.mail", "3.mail"}));
}

TEST_F(NumbersTest, MarkThatCannotBeReadIsAnErrorAndNotNone) {
  for (int i = 0; i < 2; ++i) deliver_to_john();
  reopen();
  ops_.set_judge(FaultyFileOps::always("fgetxattr", EIO));
  EXPECT_FALSE(deliver(*store_, "Hello\r\n", {kJohn}));
  const auto maildrop = open_maildrop(*store_, kJohn);
  ASSERT_TRUE(maildrop);
  EXPECT_FALSE(remove(**maildrop, {1}));
  EXPECT_EQ(johns(), (Names{"0.mail", "1.mail"}));
}

TEST_F(NumbersTest, HandDroppedFileIsSteppedOver) {
  deliver_to_john();
  drop_file(path_of(kJohn) / "1.mail", "by hand");
  drop_file(path_of(kJohn) / "7.mail", "by hand");
  deliver_to_john("after");
  EXPECT_EQ(johns(), (Names{"0.mail", "1.mail", "7.mail", "8.mail"}));
  EXPECT_EQ(file_content(path_of(kJohn) / "1.mail"), "by hand");
}

// The folder is read, and then a hand is faster than the link.
TEST_F(NumbersTest, FileDroppedWhileLinkingIsNotOverwritten) {
  deliver_to_john();
  ops_.set_judge([&, dropped = false](const FaultyFileOps::Call& call) mutable {
    if (call.name == "link_fd" && !dropped) {
      dropped = true;
      drop_file(path_of(kJohn) / "1.mail", "by hand");
    }
    return 0;
  });
  deliver_to_john("after");
  EXPECT_EQ(file_content(path_of(kJohn) / "1.mail"), "by hand");
  EXPECT_EQ(file_content(path_of(kJohn) / "2.mail"), "after");
}

TEST_F(NumbersTest, NameThatIsNoFileIsSteppedOverAndDoesNotCount) {
  fs::create_directories(path_of(kJohn) / "0.mail");
  fs::create_directories(path_of(kJohn) / "1.mail");
  fs::create_symlink("nowhere", path_of(kJohn) / "2.mail");
  fs::create_directories(path_of(kJohn) / "9.mail");
  deliver_to_john("after");
  EXPECT_EQ(file_content(path_of(kJohn) / "3.mail"), "after");
}

TEST_F(NumbersTest, NamesThatAreNoMessagesDoNotCount) {
  for (const auto* name : {"007.mail", "5.mail.bak", ".9.mail", "+8.mail"}) {
    drop_file(path_of(kJohn) / name, "not a message");
  }
  deliver_to_john("first");
  EXPECT_EQ(file_content(path_of(kJohn) / "0.mail"), "first");
}

TEST_F(NumbersTest, LastNumberIsNotPassed) {
  drop_file(path_of(kJohn) / "18446744073709551615.mail", "by hand");
  const auto id = deliver(*store_, "Hello\r\n", {kJohn, kMary});
  ASSERT_FALSE(id);
  EXPECT_EQ(id.error(), std::errc::value_too_large);
  EXPECT_EQ(tree(path()), (Names{kJohn + "/18446744073709551615.mail"}));
}

TEST_F(NumbersTest, FolderRemovedWhileRunningIsMadeAnewFromZero) {
  for (int i = 0; i < 3; ++i) deliver_to_john();
  fs::remove_all(path_of(kJohn));
  deliver_to_john();
  EXPECT_EQ(johns(), Names{"0.mail"});
  EXPECT_EQ(fs::status(path_of(kJohn)).permissions(), fs::perms{0700});
}

TEST_F(NumbersTest, FolderRemovedWhileLinkingIsMadeAnew) {
  for (int i = 0; i < 3; ++i) deliver_to_john();
  ops_.set_judge([&, removed = false](const FaultyFileOps::Call& call) mutable {
    if (call.name == "link_fd" && !removed) {
      removed = true;
      fs::remove_all(path_of(kJohn));
    }
    return 0;
  });
  deliver_to_john();
  EXPECT_EQ(johns(), Names{"0.mail"});
}

TEST_F(NumbersTest, MemorySavesReadingTheFolder) {
  deliver_to_john();
  ops_.take_calls();
  deliver_to_john();
  for (const auto& call : ops_.take_calls()) EXPECT_NE(call.name, "list");
}

TEST_F(NumbersTest, TwoServersOnOneStoreTakeTurns) {
  auto other = FileStore::open(path().string(), nullptr);
  ASSERT_TRUE(other);
  for (int i = 0; i < 10; ++i) {
    deliver_to_john();
    ASSERT_TRUE(deliver(**other, "Hello\r\n", {kJohn}));
  }
  auto maildrop = open_maildrop(*store_, kJohn);
  ASSERT_TRUE(maildrop);
  ASSERT_EQ((*maildrop)->messages().size(), 20U);
  EXPECT_TRUE((*maildrop)->messages().uid_of(19).ends_with("-19"));
}

}  // namespace
}  // namespace store
