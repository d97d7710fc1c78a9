// Drives an smtp::Session without sockets and disks: a driver and a store in memory. What a test
// sends in comes out as the replies, at once.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "common/users/login.h"
#include "smtpd/session.h"
#include "tests/support/fixed_users.h"
#include "tests/support/transcript.h"

namespace support {

class SmtpWorld {
 public:
  SmtpWorld(smtp::Settings settings, std::string_view users, protocol::Channel channel = {});

  SmtpWorld(const SmtpWorld&) = delete;  // the session refers into it
  SmtpWorld& operator=(const SmtpWorld&) = delete;

  // Each returns all that the server answers. After closed() nothing more is taken.
  std::string start();
  std::string send(std::string_view bytes);
  std::string end_of_input();
  std::string end(protocol::Ending why);
  // The client does the handshake that it asked for.
  std::string start_tls();

  // The next action of this kind, "admit", "open", "append" or "commit", has this outcome; "room":
  // that the mailbox is full, or cannot be measured; "login": whatever it is, it cannot be checked.
  void fail_next(const std::string& action, protocol::StoreOutcome outcome);

  // This message was there before.
  void put(const MessageAt& message) { stored_.push_back(message); }
  void set_quota(uint64_t octets) { quota_ = octets; }

  bool closed() const { return closed_; }
  // A copy for each mailbox, in the order of arrival.
  const std::vector<MessageAt>& stored() const { return stored_; }
  const std::vector<smtp::CommitMessage>& commits() const { return commits_; }
  // Where room is held for the message that may come.
  const std::set<std::string>& claims() const { return claims_; }
  // Whether the session keeps the place that a message was given.
  bool keeps_place() const { return !place_.expired(); }
  bool has_open_message() const { return message_.has_value(); }
  // The most that waited in take_output(), and that one AppendMessage brought.
  size_t max_output() const { return max_output_; }
  size_t max_append() const { return max_append_; }

 private:
  std::string run();
  void perform(const protocol::Authenticate& action);
  void perform(const smtp::ClaimRoom& action);
  void admit();
  void take_output(std::string& replies);
  protocol::StoreOutcome outcome_of(const std::string& action);

  smtp::Settings settings_;
  FixedUsers users_;
  smtp::Session session_;
  users::KeyedHash hash_;
  users::Login login_{users_, hash_};
  std::map<std::string, protocol::StoreOutcome> failures_;
  std::weak_ptr<const void> place_;
  std::optional<std::string> message_;
  std::vector<MessageAt> stored_;
  uint64_t quota_ = 0;
  std::set<std::string> claims_;
  std::vector<smtp::CommitMessage> commits_;
  bool closed_ = false;
  bool awaits_handshake_ = false;
  size_t max_output_ = 0;
  size_t max_append_ = 0;
};

}  // namespace support
