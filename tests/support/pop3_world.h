// Drives a pop3::Session without sockets and disks: a driver and a maildrop in memory. What a test
// sends in comes out as the replies, at once.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "common/users/login.h"
#include "pop3d/session.h"
#include "tests/support/fixed_list.h"
#include "tests/support/fixed_users.h"
#include "tests/support/transcript.h"

namespace support {

class Pop3World {
 public:
  // `messages`: what is in the mailboxes.
  Pop3World(pop3::Settings settings, std::string_view users, std::vector<MessageAt> messages,
            protocol::Channel channel = {});

  Pop3World(const Pop3World&) = delete;  // the session refers into it
  Pop3World& operator=(const Pop3World&) = delete;

  // Each returns all that the server answers. After closed() nothing more is taken.
  std::string start();
  std::string send(std::string_view bytes);
  std::string end_of_input();
  std::string end(protocol::Ending why);
  // The client does the handshake that it asked for.
  std::string start_tls();

  // The next action of this kind fails: "login", "maildrop" (unavailable), "in-use", "read",
  // "remove".
  void fail_next(const std::string& action) { failures_.insert(action); }
  // How many octets a ReadMessage gets at the most.
  void set_read_octets(size_t octets) { read_octets_ = octets; }

  bool closed() const { return closed_; }
  const std::vector<MessageAt>& messages() const { return messages_; }
  size_t max_output() const { return max_output_; }

 private:
  std::string run();
  void take_output(std::string& replies);
  void perform(const protocol::Authenticate& action);
  void perform(const pop3::OpenMaildrop& action);
  void perform(const pop3::ReadMessage& action);
  void perform(const pop3::RemoveMessages& action);

  pop3::Settings settings_;
  FixedUsers users_;
  pop3::Session session_;
  users::KeyedHash hash_;
  users::Login login_{users_, hash_};
  std::vector<MessageAt> messages_;
  std::vector<size_t> maildrop_;  // which of messages_ are in the listing
  FixedList listing_;
  std::multiset<std::string> failures_;
  size_t read_octets_ = size_t{1} << 20U;
  bool closed_ = false;
  bool awaits_handshake_ = false;
  size_t max_output_ = 0;
};

}  // namespace support
