// What the tests of a maildrop share: john's mailbox, what lies in it and what is seen of it.
#pragma once

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tests/common/store/store_fixture.h"

namespace store {

class MaildropTest : public StoreTest {
 protected:
  std::unique_ptr<Maildrop> open(const Mailbox& mailbox = kJohn) {
    auto maildrop = open_maildrop(*store_, mailbox);
    EXPECT_TRUE(maildrop) << maildrop.error().message();
    return maildrop ? std::move(*maildrop) : nullptr;
  }
  void deliver_to_john(std::string_view text) {
    const auto id = deliver(*store_, text, {kJohn});
    ASSERT_TRUE(id) << id.error().message();
  }
  void drop(const std::string& name, std::string_view content) {
    drop_file(path_of(kJohn) / name, content);
  }
  // So that its size may be remembered.
  void age(const std::string& name, std::chrono::seconds by) {
    std::filesystem::last_write_time(path_of(kJohn) / name,
                                     std::filesystem::file_time_type::clock::now() - by);
  }
  // How many files opening the maildrop read.
  size_t reads_to_open() {
    ops_.take_calls();
    EXPECT_TRUE(open());
    const auto calls = ops_.take_calls();
    return static_cast<size_t>(
        std::ranges::count_if(calls, [](const auto& call) { return call.name == "pread"; }));
  }
  static std::vector<uint64_t> sizes(const Maildrop& maildrop) {
    std::vector<uint64_t> sizes;
    const MessageList& messages = maildrop.messages();
    for (size_t i = 0; i < messages.size(); ++i) sizes.push_back(messages.octets_of(i));
    return sizes;
  }
  static std::vector<std::string> uids(const Maildrop& maildrop) {
    std::vector<std::string> uids;
    const MessageList& messages = maildrop.messages();
    for (size_t i = 0; i < messages.size(); ++i) uids.push_back(messages.uid_of(i));
    return uids;
  }
};

}  // namespace store
