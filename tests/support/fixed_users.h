// A UserSource with the users of a text, for sessions without a file.
#pragma once

#include <memory>
#include <stdexcept>
#include <string_view>

#include "common/users/user_db.h"

namespace support {

class FixedUsers : public users::UserSource {
 public:
  explicit FixedUsers(std::string_view text) { set(text); }

  void set(std::string_view text) {
    auto db = users::UserDb::parse(text);
    if (!db) throw std::invalid_argument(db.error().reason);
    db_ = std::make_shared<const users::UserDb>(*std::move(db));
  }

  std::shared_ptr<const users::UserDb> current() override { return db_; }

 private:
  std::shared_ptr<const users::UserDb> db_;
};

}  // namespace support
