#include "common/store/names.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <string>

#include "common/store/size_mark.h"
#include "common/store/store_error.h"

namespace store {
namespace {

constexpr uint64_t kMax = std::numeric_limits<uint64_t>::max();

TEST(NamesTest, EveryNumberComesBackFromItsFileName) {
  for (const uint64_t n : {uint64_t{0}, uint64_t{9}, uint64_t{10}, uint64_t{17}, kMax}) {
    EXPECT_EQ(message_number(message_file_name(n)), n);
  }
}

TEST(NamesTest, OnlyCanonicalDecimalsCount) {
  for (const std::string_view name :
       {"007.mail", "00.mail", "+1.mail", "-1.mail", " 1.mail", "1 .mail", "1.mail.bak", ".5.mail",
        "0x1.mail", "1.MAIL", "1.5.mail", ".mail", "mail", "1", "", "a.mail",
        "18446744073709551616.mail", "99999999999999999999999.mail"}) {
    EXPECT_EQ(message_number(name), std::nullopt) << name;
  }
}

// Covers: 1939-7-7
TEST(NamesTest, UidIsPrintableAndShortForAnyFile) {
  for (const uint64_t mtime_ns : {uint64_t{0}, uint64_t{1'700'000'000'000'000'001}, kMax}) {
    const std::string uid = message_uid(mtime_ns, kMax);
    EXPECT_GE(uid.size(), 1U);
    EXPECT_LE(uid.size(), 70U);
    EXPECT_TRUE(std::ranges::all_of(uid, [](char c) { return c >= 0x21 && c <= 0x7e; })) << uid;
    EXPECT_TRUE(uid.starts_with(stamp_text(mtime_ns) + '-'));
  }
}

TEST(NamesTest, FolderNameStaysInTheStore) {
  EXPECT_TRUE(is_folder_name("john.doe@example.com"));
  for (const std::string_view name : {"", ".", "..", ".john@b", "a/b@c", "../a@b"}) {
    EXPECT_FALSE(is_folder_name(name)) << name;
  }
  EXPECT_FALSE(is_folder_name(std::string_view("a\0b@c", 5)));
}

TEST(SizeMarkTest, CountsOnlyWhileSizeAndTimeAreTheFiles) {
  const std::string mark = to_text({.stored_octets = 10, .mtime_ns = 0xabc, .wire_octets = 12});
  const FileStatus file{.octets = 10, .mtime_ns = 0xabc, .type = FileType::kRegular};
  EXPECT_EQ(marked_octets(mark, file), 12U);
  FileStatus longer = file;
  longer.octets = 11;
  EXPECT_EQ(marked_octets(mark, longer), std::nullopt);
  FileStatus later = file;
  later.mtime_ns = 0xabd;
  EXPECT_EQ(marked_octets(mark, later), std::nullopt);
}

TEST(SizeMarkTest, NothingElseIsTakenForAMark) {
  for (const std::string_view text : {"", "10", "10 abc", "10 abc ", "10 abc 12x", "x abc 12",
                                      "10 abc 12 13", "-1 abc 12", "10 abc 99999999999999999999"}) {
    EXPECT_FALSE(parse_size_mark(text)) << text;
  }
}

TEST(StoreErrorTest, ShortagesAreToldFromFailures) {
  for (const int error : {ENOSPC, EDQUOT, EMFILE, ENFILE, ENOMEM}) {
    EXPECT_TRUE(is_shortage({error, std::system_category()})) << error;
  }
  for (const int error : {0, EIO, EACCES, EROFS}) {
    EXPECT_FALSE(is_shortage({error, std::system_category()})) << error;
  }
  EXPECT_FALSE(is_shortage(make_error_code(std::errc::io_error)));
}

}  // namespace
}  // namespace store
