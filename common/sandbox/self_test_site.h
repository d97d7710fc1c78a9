// What the self-test's attempts aim at: a temporary folder with a store, a users.txt and a file
// outside, and sockets on 127.0.0.1.
#pragma once

#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "common/sandbox/attempts.h"
#include "common/sandbox/file_access.h"
#include "common/sandbox/privileges.h"

namespace sandbox {

// The folder is gone with it; what else it opens stays open until the process ends.
class SelfTestSite {
 public:
  // The folder is `account`'s, if there is one. The error is for a person.
  static std::expected<std::unique_ptr<SelfTestSite>, std::string> make(
      const std::optional<Account>& account);
  SelfTestSite(const SelfTestSite&) = delete;
  SelfTestSite& operator=(const SelfTestSite&) = delete;
  ~SelfTestSite();

  const Targets& targets() const { return targets_; }
  FileAccess access() const { return {.store = folder_ + "/store", .folders = {folder_ + "/etc"}}; }
  // Puts back what an attempt may have taken away.
  bool refresh();

 private:
  explicit SelfTestSite(std::string folder) : folder_(std::move(folder)) {}
  bool open_sockets();

  std::string folder_;
  Targets targets_;
};

}  // namespace sandbox
