// Clients wait three seconds for QUIT's reply at the most (don't 10). What takes the time there is
// the disk: so the number of syncs is bounded, whatever is removed.
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "tests/common/store/store_fixture.h"

namespace store {
namespace {

class QuitCostTest : public StoreTest {
 protected:
  // The syncs of a QUIT that removes all of so many messages, the newest with them or not.
  ptrdiff_t syncs_of_quit(size_t messages, bool newest_too) {
    for (size_t n = 0; n <= messages; ++n)
      drop_file(path_of(kJohn) / (std::to_string(n) + ".mail"), "x");
    auto maildrop = open_maildrop(*store_, kJohn);
    EXPECT_TRUE(maildrop);
    std::vector<size_t> doomed(messages);
    std::iota(doomed.begin(), doomed.end(), newest_too ? 1U : 0U);
    ops_.take_calls();
    EXPECT_TRUE(remove(**maildrop, doomed));
    const auto calls = ops_.take_calls();
    EXPECT_EQ(std::ranges::count(calls, "unlinkat", &FaultyFileOps::Call::name),
              static_cast<ptrdiff_t>(messages));
    return std::ranges::count_if(
        calls, [](const auto& call) { return call.name == "fsync" || call.name == "syncfs"; });
  }
};

TEST_F(QuitCostTest, Dont10TakeOverThreeSecondsOneSyncForAllThatIsRemoved) {
  EXPECT_EQ(syncs_of_quit(1, false), 1);
  EXPECT_EQ(syncs_of_quit(300, false), 1);
}

TEST_F(QuitCostTest, Dont10TakeOverThreeSecondsOneMoreForTheNewestsNumber) {
  EXPECT_EQ(syncs_of_quit(300, true), 2);
}

}  // namespace
}  // namespace store
