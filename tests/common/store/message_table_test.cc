// The list of messages that is kept in memory: what goes in comes out, in few octets.
#include "common/store/message_table.h"

#include <gtest/gtest.h>

#include <vector>

#include "common/store/names.h"

namespace store {
namespace {

constexpr uint64_t kDevice = 7;

MessageFile message(uint64_t n, uint64_t octets, uint64_t wire_octets, uint64_t device = kDevice) {
  return {.n = n,
          .file = {.device = device,
                   .inode = n + 1000,
                   .octets = octets,
                   .mtime_ns = 0xfedc'ba98'7654'3210 + n,
                   .ctime_ns = 0x1234'5678'9abc'def0 + n,
                   .type = FileType::kRegular},
          .wire_octets = wire_octets};
}

// Those that fit into a row, those that are one past it, and all that is odd.
const std::vector<MessageFile> kMessages = {
    message(0, 0, 0),
    message(1, 100, 100),
    message(2, 100, 107),
    message(3, UINT32_MAX, uint64_t{UINT32_MAX} * 2),
    message(4, uint64_t{UINT32_MAX} + 1, uint64_t{UINT32_MAX} + 1),
    message(5, 1, uint64_t{UINT32_MAX} + 2),
    message(6, 100, 99),
    message(7, 100, 100, kDevice + 1),
    message(UINT32_MAX - 1, 5, 6),
    message(UINT32_MAX, 5, 6),
    message(uint64_t{UINT32_MAX} + 1, 5, 6),
    message(UINT64_MAX - 1, UINT64_MAX, 0),
};

TEST(MessageTableTest, EveryMessageComesOutAsItWasPutIn) {
  MessageTable table(kDevice, 0);
  uint64_t sum = 0;
  for (const auto& in : kMessages) {
    table.add(in);
    sum += in.wire_octets;
  }
  ASSERT_EQ(table.size(), kMessages.size());
  EXPECT_EQ(table.octets(), sum);
  for (size_t i = 0; i < kMessages.size(); ++i) {
    SCOPED_TRACE(i);
    const MessageFile& in = kMessages[i];
    const MessageFile out = table.file_of(i);
    EXPECT_EQ(table.octets_of(i), in.wire_octets);
    EXPECT_EQ(table.uid_of(i), message_uid(in.file.mtime_ns, in.n));
    EXPECT_EQ(table.n_of(i), in.n);
    EXPECT_EQ(out.n, in.n);
    EXPECT_EQ(out.wire_octets, in.wire_octets);
    EXPECT_TRUE(out.is_untouched(in.file));
    EXPECT_EQ(out.file.type, FileType::kRegular);
  }
}

TEST(MessageTableTest, MessageThatAnythingHasTouchedIsNotUntouched) {
  MessageTable table(kDevice, 2);
  table.add(message(1, 100, 107));
  table.add(message(UINT64_MAX, 100, 107));
  for (const size_t i : {0U, 1U}) {
    const auto untouched = message(table.n_of(i), 100, 107).file;
    for (uint64_t FileStatus::* field :
         {&FileStatus::device, &FileStatus::inode, &FileStatus::octets, &FileStatus::mtime_ns}) {
      FileStatus touched = untouched;
      ++(touched.*field);
      EXPECT_FALSE(table.file_of(i).is(touched));
      EXPECT_FALSE(table.file_of(i).is_untouched(touched));
    }
    FileStatus relinked = untouched;
    ++relinked.ctime_ns;
    EXPECT_TRUE(table.file_of(i).is(relinked));
    EXPECT_FALSE(table.file_of(i).is_untouched(relinked));
  }
}

TEST(MessageTableTest, MessageTakes32Octets) {
  constexpr size_t kCount = 100'000;
  MessageTable table(kDevice, kCount);
  for (size_t n = 0; n < kCount; ++n) table.add(message(n, 5'000, 5'100));
  EXPECT_LE(table.memory(), kCount * 32 + 200);
  EXPECT_EQ(MessageTable::kOctetsEach, 32U);
}

}  // namespace
}  // namespace store
