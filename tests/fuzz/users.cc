// A users.txt that is taken finds every user by name, and none may name anything but a folder of
// its own.
#include <cstddef>
#include <cstdint>
#include <string>

#include "common/users/user_db.h"
#include "tests/fuzz/check.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto db = users::UserDb::parse(std::string(data, data + size));
  if (!db) {
    FUZZ_CHECK(db.error().line > 0 && !db.error().reason.empty());
    return 0;
  }
  for (const auto& user : db->all()) {
    FUZZ_CHECK(db->find(user.name) == &user);
    FUZZ_CHECK(!user.name.contains('/') && !user.name.contains('\0'));
    FUZZ_CHECK(!user.name.starts_with('.') && user.name.size() <= 254);
    FUZZ_CHECK(!user.password.matches(""));
  }
  return 0;
}
