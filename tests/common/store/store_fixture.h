// What the store's tests share: a store in a fresh folder, and its callbacks turned into values.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <future>
#include <memory>
#include <string>
#include <vector>

#include "common/store/file_store.h"
#include "tests/support/faulty_file_ops.h"
#include "tests/support/temporary_folder.h"

namespace store {

// Calls `ask` with a Done, and waits for what it is told.
template <class T, class Ask>
std::expected<T, std::error_code> await(Ask ask) {
  auto told = std::make_shared<std::promise<std::expected<T, std::error_code>>>();
  auto outcome = told->get_future();
  ask([told](std::expected<T, std::error_code> result) { told->set_value(std::move(result)); });
  return outcome.get();
}

using Committed = std::expected<MessageId, std::error_code>;
using Opened = std::expected<std::unique_ptr<Maildrop>, std::error_code>;

inline const Mailbox kJohn = "john.doe@example.com";
inline const Mailbox kMary = "mary.smith@example.com";

std::expected<void, std::error_code> flush(Delivery& delivery);
Committed commit(Delivery& delivery, std::vector<Mailbox> recipients);
std::expected<void, std::error_code> remove(Maildrop& maildrop, std::vector<size_t> messages);
Opened open_maildrop(MailStore& store, const Mailbox& mailbox);

// Appends the whole message as a server does: in pieces, flushed when the buffer is full.
std::error_code append_all(Delivery& delivery, std::string_view text);
// Appends and commits.
Committed deliver(MailStore& store, std::string_view text, std::vector<Mailbox> recipients);
// Reads the whole message, or fails the test.
std::string read_all(Maildrop& maildrop, size_t i);

std::string file_content(const std::filesystem::path& path);
void drop_file(const std::filesystem::path& path, std::string_view content);
// All files below `folder`, as paths relative to it, sorted; folders that are empty end in `/`.
std::vector<std::string> tree(const std::filesystem::path& folder);
size_t open_descriptors();

class StoreTest : public testing::Test {
 protected:
  StoreTest() { reopen(); }

  // Ends the store, if there is one, and opens it again.
  void reopen();
  bool try_reopen();
  std::filesystem::path path() const { return folder_.path() / "mail.store"; }
  std::filesystem::path path_of(const Mailbox& mailbox) const { return path() / mailbox; }
  std::vector<std::string> observed();

  FaultyFileOps ops_;
  std::unique_ptr<FileStore> store_;

 private:
  support::TemporaryFolder folder_;
  std::mutex mutex_;
  std::vector<std::string> observed_;  // guarded by mutex_
};

}  // namespace store
