// The users as users.txt says now: follows the file while the server runs. Its form is user_db.h's.
//
// Each look-up compares the file's stat with what was read last and reads it again when it differs,
// so a line that was appended counts at the next connection. All or nothing: when the file has a
// bad line, is empty, cannot be read or is gone (an editor may be at work), the users stay as they
// were, and that is reported, once for each such state of the file. reload() is how to say that it
// is meant so.
#pragma once

#include <sys/stat.h>

#include <cstddef>
#include <cstdint>
#include <ctime>
#include <expected>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "common/users/user_db.h"

namespace users {

class UserFile final : public UserSource {
 public:
  // Told why a change of the file is not taken over: one line for a person, which names the file
  // and, for a bad line, its number; never a password. Called from whatever thread looks up.
  using Report = std::function<void(std::string_view problem)>;

  // Reads the file for the first time. Here everything is an error that later keeps the users as
  // they were; its text names the file and the line and says what to do.
  static std::expected<std::unique_ptr<UserFile>, std::string> open(std::string path,
                                                                    Report report);

  std::shared_ptr<const UserDb> current() override;

  // Reads the file now, as it is: unlike at a look-up, an empty file and a missing one count, as no
  // users. Returns how many there are; the error says why they stay as they were.
  std::expected<size_t, std::string> reload();

 private:
  // What of a file's stat tells that it changed.
  struct Stamp {
    dev_t device;
    ino_t inode;
    off_t size;
    int64_t modified_ns;
    bool operator==(const Stamp&) const = default;
  };
  struct Content {
    Stamp stamp;
    std::string text;
  };
  // What the file held when it was read.
  struct Seen {
    Stamp stamp;
    size_t hash;    // of its octets
    bool may_hide;  // it was so young that another change may have left the same stamp
  };

  // Why the file cannot be read, for a person.
  struct Fault {
    bool missing;
    std::string text;
  };
  using Reading = std::expected<Content, Fault>;
  enum class IfEmpty { kRefuse, kTakeOver };

  UserFile(std::string path, Report report);

  static Stamp stamp_of(const struct stat& status);
  static Seen seen(const Content& content);
  // Whether what is read last is what the file still holds.
  bool is_current() const;
  // The file as it is now. Called without the lock.
  Reading read() const;
  // The users are now those of `content`; the error says why they cannot be.
  std::expected<void, std::string> take_over(const Reading& content);
  std::expected<void, std::string> parse(std::string_view text, IfEmpty if_empty);

  const std::string path_;
  const Report report_;
  mutable std::mutex mutex_;
  // Guarded by mutex_:
  std::optional<Seen> seen_;
  std::shared_ptr<const UserDb> current_;
  std::string last_problem_;  // the one reported last, until the file is good again or changes
};

}  // namespace users
