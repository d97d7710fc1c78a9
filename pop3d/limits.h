// How much mypopd takes, with what the RFCs ask for asserted.
#pragma once

#include <cstddef>
#include <cstdint>

namespace pop3 {

struct Limits {
  // A command line in octets, line end included. RFC 2449 §4 lets a client send 255; this one takes
  // more, for the longest name that users.txt takes and for long passwords.
  static constexpr size_t kCommandLine = 512;
  static constexpr size_t kAuthLine = 12'288;  // of AUTH's dialogue (RFC 5034 §4)
  static constexpr size_t kReplyLine = 512;    // RFC 2449 §4
  // What is asked of the maildrop in one piece while a message is sent.
  static constexpr size_t kReadOctets = size_t{64} * 1024;
  // Messages that are shorter leave together, if they are pipelined: as many as this takes. No more
  // than a piece of a long one, so neither is what a session may hold.
  static constexpr size_t kTogetherOctets = kReadOctets;

  size_t errors = 100;  // in a session; the one past it ends it
  // 0: any number. A maildrop has no limit, so neither have the commands of who empties it.
  size_t commands = 0;

  unsigned timeout_s = 10 * 60;        // RFC 1939 §3
  unsigned login_timeout_s = 10 * 60;  // the same is asked of a client that does not log in
  uint64_t octets_a_second = 1'000;    // of a message, where others wait to be served
};

static_assert(Limits::kCommandLine >= 255, "RFC 2449 §4");
static_assert(Limits{}.timeout_s >= 10 * 60, "RFC 1939 §3");
static_assert(Limits{}.login_timeout_s >= Limits{}.timeout_s, "RFC 1939 §3");

}  // namespace pop3
