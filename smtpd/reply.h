// Every reply that mysmtpd can give, a function each: the texts are an interface, scripts compare
// them (docs/protocols.md). Pure.
//
// A reply has one text. In a session opened with EHLO an enhanced status code stands in front of it
// (RFC 2034 §4), and a refusal may be followed by a detail that says what exactly was wrong; in a
// session opened with HELO, or not opened yet, neither is there.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/protocol/action.h"
#include "smtpd/limits.h"

namespace smtp {

// How the client has greeted: it decides what a reply looks like and which parameters are taken.
enum class Greeting { kNone, kHelo, kEhlo };

struct Reply {
  int code;
  std::string_view status;  // RFC 3463; empty: this reply never has one
  std::string text;         // lines parted by LF: only EHLO's answer has more than one
  std::string detail = {};  // what follows the text after EHLO, its separator included

  // Whether it tells the client that it did something wrong. An address that is nobody's is no such
  // thing: it is the answer to a well-formed question, and a list may have many.
  bool is_client_error() const { return code >= 500 && code != 550; }
};

// As it is sent: each line ended by CRLF, at most Limits::kReplyLine octets, printable ASCII only
// (what a client typed is echoed with `?` for any other octet).
std::string render(const Reply& reply, Greeting greeting);

Reply service_ready(std::string_view host);
// The answers to HELO and EHLO, a refusal too, never have a status code (RFC 2034 §3).
Reply hello(std::string_view host);
// `mechanisms`: for AUTH, with blanks between; empty: no AUTH.
Reply extensions(std::string_view host, const Limits& limits, std::string_view mechanisms,
                 bool start_tls);
Reply bad_client_name();

Reply sender_ok();
Reply recipient_ok();
// `id`: the first part of the message's UIDL in every mailbox.
Reply message_stored(std::string_view id);
Reply start_data();
Reply reset();
Reply noop();
Reply goodbye();
Reply is_user(std::string_view address);
Reply cannot_verify();

// TLS and logins: RFC 3207, RFC 4954.
Reply ready_for_tls();
Reply challenge(std::string_view base64);
Reply logged_in();
Reply wrong_credentials();
Reply login_unavailable();
Reply unknown_mechanism();
Reply not_base64();
Reply response_too_long();
Reply login_cancelled();
Reply tls_needed();
Reply login_needed();
Reply not_your_address();

Reply no_such_user(std::string_view address);
Reply bad_sequence();
Reply bad_argument(std::string_view detail = {});
Reply bad_sender(std::string_view detail);
Reply bad_recipient(std::string_view detail);
Reply unknown_parameter(std::string_view detail);
Reply not_implemented();
Reply unknown_command();
Reply malformed_line(std::string_view detail);

Reply too_many_recipients();
Reply mailbox_full(std::string_view address);
Reply message_too_large();
Reply message_refused(std::string_view why, uint64_t octet, std::string_view advice);
// 452 if the store is full, else 451. Not for kDone.
Reply not_stored(protocol::StoreOutcome why);

// 421, after which the server closes. RFC 3463 tells the reasons apart.
Reply closing_idle(std::string_view host);
Reply closing_too_slow(std::string_view host);
Reply closing_down(std::string_view host);
Reply closing_too_many_errors(std::string_view host);
Reply closing_too_many_commands(std::string_view host);
Reply closing_no_mail_client(std::string_view host);

}  // namespace smtp
