// Whose rights a process takes. That it does is tests/e2e/sandbox_test.py's: it takes root.
#include "common/sandbox/privileges.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "tests/support/child_process.h"

namespace sandbox {
namespace {

TEST(PrivilegesTest, AUserIsFoundByItsName) {
  const auto root = find_account("root");
  ASSERT_TRUE(root) << root.error();
  EXPECT_EQ(root->user, 0U);
  EXPECT_EQ(root->group, 0U);
  EXPECT_FALSE(root->groups.empty());
}

TEST(PrivilegesTest, AUserThatIsNotThereIsSaid) {
  const auto nobody = find_account("no-such-user-here");
  ASSERT_FALSE(nobody);
  EXPECT_EQ(nobody.error(), "user no-such-user-here: this machine has no such user");
}

TEST(PrivilegesTest, RootIsNobodyToGiveUpRootsRightsFor) {
  const auto became = become({.name = "root", .user = 0, .group = 0, .groups = {0}});
  ASSERT_FALSE(became);
  EXPECT_EQ(became.error(), "cannot become root: that is root");
}

TEST(PrivilegesTest, OnlyRootBecomesSomebodyElse) {
  EXPECT_EQ(support::exit_status_of([] {
              if (is_root() && ::setuid(1) != 0) return -2;
              const uid_t other = ::getuid() + 1;
              return become({.name = "x", .user = other, .group = 1, .groups = {}}) ? 1 : 0;
            }),
            0);
}

}  // namespace
}  // namespace sandbox
