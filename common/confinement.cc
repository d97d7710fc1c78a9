#include "common/confinement.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <ctime>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "common/log.h"
#include "common/net/tls_context.h"
#include "common/sandbox/call_filter.h"
#include "common/sandbox/file_access.h"
#include "common/sandbox/privileges.h"

namespace service {
namespace {

namespace fs = std::filesystem;

constexpr mode_t kStoreMode = 0700;

// What libraries read from files once, at their first use, is read now.
void have_libraries_ready() {
  ::tzset();
  net::prepare_tls();
}

std::string text_of_errno() { return std::system_category().message(errno); }

std::string with_advice(const std::string& no_filter) {
  return no_filter +
         " (--no-sandbox does without it, and then nothing keeps a server that was broken into "
         "from connecting to others)";
}

using Done = std::expected<void, std::string>;

Done make_store(const std::string& path) {
  struct stat status{};
  if (::mkdir(path.c_str(), kStoreMode) == 0) return {};
  // Whatever is there: the store itself finds out what is wrong with it.
  if (errno == EEXIST && ::stat(path.c_str(), &status) == 0) {
    if (S_ISDIR(status.st_mode)) return {};
    errno = ENOTDIR;
  }
  return std::unexpected("mail store " + path + ": " + text_of_errno() +
                         " (--store names a folder that this process may write to, or one that "
                         "it can make)");
}

Done check_readable(const std::string& file, const sandbox::Account& account) {
  if (file.empty() || ::access(file.c_str(), R_OK) == 0 || errno != EACCES) return {};
  return std::unexpected(file + ": the user " + account.name +
                         " may not read it (give it to that user's group, and let the group read "
                         "it and enter its folder)");
}

Done check_owner(const fs::path& folder, const sandbox::Account& account) {
  struct stat status{};
  if (::stat(folder.c_str(), &status) != 0 || !S_ISDIR(status.st_mode) ||
      status.st_uid == account.user) {
    return {};
  }
  return std::unexpected(folder.string() + ": this folder of the mail store does not belong to " +
                         account.name + " (chown -R " + account.name + ": the whole store)");
}

// Its own folder and each mailbox.
Done check_owners(const std::string& store, const sandbox::Account& account) {
  if (auto owned = check_owner(store, account); !owned) return owned;
  std::error_code error;
  for (fs::directory_iterator entry(store, error), end; !error && entry != end;
       entry.increment(error)) {
    if (auto owned = check_owner(entry->path(), account); !owned) return owned;
  }
  return {};
}

Done make_ready_for_user(const options::Common& options) {
  const auto account = sandbox::find_account(options.user);
  if (!account) return std::unexpected(account.error() + " (--user names one of its own)");
  if (auto became = sandbox::become(*account); !became) {
    return std::unexpected(became.error() + " (--user names whose rights root's are given up for)");
  }
  for (const auto& file : {options.users_file, options.tls_certificate, options.tls_key}) {
    if (auto readable = check_readable(file, *account); !readable) return readable;
  }
  if (auto made = make_store(options.store_directory); !made) return made;
  return check_owners(options.store_directory, *account);
}

std::vector<std::string> readable_folders(const options::Common& options) {
  std::vector<std::string> folders;
  for (const auto& file : {options.users_file, options.tls_certificate, options.tls_key}) {
    if (file.empty()) continue;
    for (auto& folder : sandbox::folders_of(file)) folders.push_back(std::move(folder));
  }
  return folders;
}

}  // namespace

std::expected<Confinement, std::string> Confinement::begin(const options::Common& options) {
  if (!options.no_sandbox) {
    if (auto filtering = sandbox::check_filtering(); !filtering) {
      return std::unexpected(with_advice(filtering.error()));
    }
  }
  have_libraries_ready();
  if (auto ready =
          options.user.empty() ? make_store(options.store_directory) : make_ready_for_user(options);
      !ready) {
    return std::unexpected(ready.error());
  }
  Confinement confinement(options);
  if (!options.no_sandbox) {
    confinement.files_ = sandbox::confine_files(
        {.store = options.store_directory, .folders = readable_folders(options)});
  }
  return confinement;
}

std::expected<void, std::string> Confinement::complete() const {
  if (!options_.user.empty()) logging::info("user-taken", {{"user", options_.user}});
  if (sandbox::is_root()) {
    logging::warning("running-as-root",
                     {{"reason",
                       "whoever breaks in has root's rights: --user names whose to take "
                       "once the ports are open"}});
  }
  if (options_.no_sandbox) {
    logging::warning("sandbox-off", {{"reason", "--no-sandbox: the kernel confines nothing"}});
    return {};
  }
  if (auto filtered = sandbox::filter_calls(); !filtered) {
    return std::unexpected(with_advice(filtered.error()));
  }
  if (!files_) logging::warning("files-not-confined", {{"reason", files_.error()}});
  logging::info("sandbox", {{"calls", "filtered"}, {"landlock", files_.value_or(0)}});
  return {};
}

}  // namespace service
