#include "tests/fuzz/case_users.h"

#include "tests/support/fixed_users.h"

namespace fuzz {

users::UserSource& all_users() {
  static support::FixedUsers users(
      "john.doe@example.com password123\n"
      "mary.smith@example.com mypasswordisstrongerthanyours\n"
      "edward.snowden@example.com ThisIsA100%SecureAndMemorablePassword\n"
      "a@b x\n");
  return users;
}

}  // namespace fuzz
