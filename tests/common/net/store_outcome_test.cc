#include "common/net/store_outcome.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <system_error>

namespace net {
namespace {

using protocol::StoreOutcome;

StoreOutcome outcome_of(int number) { return store_outcome({number, std::system_category()}); }

TEST(StoreOutcomeTest, ShortageIsFullAndAnythingElseFailed) {
  EXPECT_EQ(store_outcome({}), StoreOutcome::kDone);
  // All that the store calls a shortage: common/store/store_error.h
  for (const int number : {ENOSPC, EDQUOT, EMFILE, ENFILE, ENOMEM, EMLINK, EFBIG}) {
    EXPECT_EQ(outcome_of(number), StoreOutcome::kFull) << number;
  }
  for (const int number : {EIO, EROFS, EACCES, ENOENT}) {
    EXPECT_EQ(outcome_of(number), StoreOutcome::kFailed) << number;
  }
}

}  // namespace
}  // namespace net
