// A maildrop's listing that says what a test has put into it.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "common/store/message_list.h"

namespace support {

struct ListedMessage {
  uint64_t octets;
  std::string uid;
};

class FixedList final : public store::MessageList {
 public:
  FixedList() = default;
  explicit FixedList(std::vector<ListedMessage> messages) : messages_(std::move(messages)) {}

  void add(ListedMessage message) { messages_.push_back(std::move(message)); }

  size_t size() const override { return messages_.size(); }
  uint64_t octets() const override {
    uint64_t sum = 0;
    for (const auto& message : messages_) sum += message.octets;
    return sum;
  }
  uint64_t octets_of(size_t i) const override { return messages_.at(i).octets; }
  std::string uid_of(size_t i) const override { return messages_.at(i).uid; }

 private:
  std::vector<ListedMessage> messages_;
};

}  // namespace support
