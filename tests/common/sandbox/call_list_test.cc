// The lists of system calls by themselves.
#include "common/sandbox/call_list.h"

#include <gtest/gtest.h>
#include <seccomp.h>

#include <set>
#include <string>

namespace sandbox {
namespace {

TEST(CallListTest, EveryNameIsOneOfTheKernels) {
  for (const auto& calls : {allowed_calls(), forbidden_calls()}) {
    for (const auto& call : calls) {
      if (call.name == "getxattrat") continue;  // newer than Debian 12's libseccomp
      EXPECT_NE(seccomp_syscall_resolve_name(std::string(call.name).c_str()), __NR_SCMP_ERROR)
          << call.name;
    }
  }
}

TEST(CallListTest, EachCallStandsOnceAndWithAReason) {
  std::set<std::string_view> names;
  for (const auto& calls : {allowed_calls(), forbidden_calls()}) {
    for (const auto& call : calls) {
      EXPECT_TRUE(names.insert(call.name).second) << call.name;
      EXPECT_FALSE(call.why.empty()) << call.name;
    }
  }
}

}  // namespace
}  // namespace sandbox
