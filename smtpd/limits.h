// How much mysmtpd takes, with the least that RFC 5321 §4.5.3.1 lets a server take asserted. Text
// lines have no limit of their own: a message is stored whatever its lines are (the RFC asks for
// 1,000).
#pragma once

#include <cstddef>
#include <cstdint>

namespace smtp {

struct Limits {
  // Command lines in octets, line end included. MAIL's: 512, and what its parameters may add:
  // 26 SIZE (RFC 1870 §3), 17 BODY (RFC 6152 §2), 500 AUTH (RFC 4954 §3).
  static constexpr size_t kCommandLine = 512;
  static constexpr size_t kMailLine = kCommandLine + 26 + 17 + 500;
  static constexpr size_t kAuthLine = 12'288;  // RFC 4954 §4, and the lines of its dialogue
  static constexpr size_t kReplyLine = 512;
  static constexpr size_t kPath = 256;  // brackets included; its parts have no limit of their own

  size_t recipients = 1000;
  uint64_t message_octets = uint64_t{50} * 1024 * 1024;
  // In a session, since its last message was stored; the one past it is answered 421.
  size_t errors = 100;
  size_t commands = 100'000;  // 0: any number

  unsigned timeout_s = 5 * 60;       // for a command (RFC 5321 §4.5.3.2.7)
  unsigned data_timeout_s = 5 * 60;  // for more of a message
  uint64_t octets_a_second = 1'000;  // of a message, where others wait to be served
  // Of all messages that come in at a time: more of them than half of the connections that there
  // may be, so that those who are slow are sent away before others find no room.
  uint64_t memory_octets = uint64_t{1} << 30U;
};

static_assert(Limits::kCommandLine >= 512, "RFC 5321 §4.5.3.1.4");
static_assert(Limits::kReplyLine <= 512, "RFC 5321 §4.5.3.1.5");
static_assert(Limits::kPath >= 256, "RFC 5321 §4.5.3.1.3");
static_assert(Limits{}.recipients >= 100, "RFC 5321 §4.5.3.1.8");
static_assert(Limits{}.message_octets >= uint64_t{64} * 1024, "RFC 5321 §4.5.3.1.7");
static_assert(Limits{}.timeout_s >= 5 * 60, "RFC 5321 §4.5.3.2.7");
static_assert(Limits{}.data_timeout_s >= 3 * 60,
              "RFC 5321 §4.5.3.2.5 lets the client take so long");
static_assert(Limits{}.commands >= 100 * Limits{}.recipients,
              "who names many recipients is honest");

}  // namespace smtp
