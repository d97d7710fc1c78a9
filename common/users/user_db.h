// The accounts: what users.txt says, as a value that never changes once it is parsed. Text in,
// look-ups out; user_file.h reads the file and follows its changes.
//
// A line is `name@domain password`: the name, a run of blanks or tabs, and the rest of the line is
// the password; a CR and blanks at the line's end are dropped. Blank lines and lines that begin
// with # are skipped. Names match case-blind (ASCII).
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "common/text/ascii.h"
#include "common/users/password.h"

namespace users {

struct User {
  std::string name;  // as spelled in users.txt: also the name of the mailbox
  Password password;
};

// A bad line. The file counts as a whole or not at all.
struct ParseError {
  size_t line;         // the first is 1
  std::string reason;  // for a person; never holds a password
};

class UserDb {
 public:
  UserDb() = default;  // no users
  UserDb(UserDb&&) noexcept = default;
  UserDb& operator=(UserDb&&) noexcept = default;
  UserDb(const UserDb&) = delete;  // the tables point into users_
  UserDb& operator=(const UserDb&) = delete;
  ~UserDb() = default;

  static std::expected<UserDb, ParseError> parse(std::string_view text);

  // The user of this name, `local@domain` in any case, or null. Lives as long as this UserDb. Takes
  // as long for ten thousand users as for one.
  const User* find(std::string_view name) const;

  // The user whom a login means: as above, or by the part before the @ alone, if only one user has
  // it. Null: nobody, or more than one.
  const User* find_login(std::string_view name) const;

  // Somebody to check a password against where find_login() finds nobody, so that an unknown name
  // costs the same time as a wrong password. `number`: the same for the same name, and nobody
  // else's to know (KeyedHash). Only if there are users.
  const User& stand_in(uint64_t number) const { return users_[number % users_.size()]; }

  // Whether every user can log in by SCRAM.
  bool all_know_scram() const { return all_know_scram_; }
  // Whether the check of anybody's password is slow (Password::is_hashed()).
  bool has_hashed() const { return has_hashed_; }

  // Whether any user has this domain, in any case.
  bool has_domain(std::string_view domain) const;

  // In the order of users.txt.
  const std::deque<User>& all() const { return users_; }
  bool empty() const { return users_.empty(); }

 private:
  std::deque<User> users_;
  // Keys are views of the names in users_, which stay where they are.
  using ByName =
      std::unordered_map<std::string_view, const User*, text::CaseBlindHash, text::CaseBlindEqual>;
  ByName by_name_;
  ByName by_local_part_;  // null: several have it
  std::unordered_set<std::string_view, text::CaseBlindHash, text::CaseBlindEqual> domains_;
  bool all_know_scram_ = true;
  bool has_hashed_ = false;
};

// Where sessions look users up: users.txt as it is now, so that a line appended counts at the next
// look-up. Callable from any thread; never null.
class UserSource {
 public:
  virtual ~UserSource() = default;
  virtual std::shared_ptr<const UserDb> current() = 0;
};

}  // namespace users
