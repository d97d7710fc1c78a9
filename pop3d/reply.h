// Every reply that mypopd can give, a function each: the texts are an interface, clients look for
// words in them (docs/protocols.md). Pure.
//
// Words that a refused login may not use lightly: fetchmail takes "lock", "wait", "unavailable" and
// [IN-USE] for a mailbox that is busy, and anything else for a wrong password.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace pop3 {

struct Reply {
  bool ok;  // +OK or -ERR: there is no third
  std::string text = {};
  bool is_client_error = false;  // it tells the client that it did something wrong
};

// The status line as it is sent: ended by CRLF, at most Limits::kReplyLine octets, printable ASCII.
std::string render(const Reply& reply);

Reply ready(std::string_view host);
Reply goodbye();
Reply noop();
Reply ready_for_tls();

// CAPA's answer: a status line and the capabilities, a line each, dot included (RFC 2449).
// `mechanisms`: for SASL, with blanks between; empty: no login now, so no USER either.
// `expiry_days`: how long messages are kept at least; 0: until their user removes them.
std::string capabilities(std::string_view version, std::string_view mechanisms, bool start_tls,
                         unsigned expiry_days);

// What a mechanism says next: `+ ` and base64 (RFC 5034 §4). As it is sent.
std::string challenge(std::string_view base64);

// The login.
Reply user_is_valid();
Reply no_such_user();
Reply maildrop_loaded();
Reply wrong_password();
Reply login_unavailable();
Reply tls_needed();
Reply unknown_mechanism();
Reply not_base64();
Reply login_cancelled();
Reply maildrop_in_use();
Reply store_unavailable();

// The maildrop.
Reply totals(size_t messages, uint64_t octets);           // STAT
Reply listing_follows(size_t messages, uint64_t octets);  // LIST
Reply message_octets(size_t number, uint64_t octets);     // LIST n
Reply uids_follow();                                      // UIDL
Reply message_uid(size_t number, std::string_view uid);   // UIDL n
Reply message_follows();                                  // RETR, TOP
Reply message_unavailable();
Reply message_deleted();
Reply messages_restored(size_t messages);
Reply some_not_removed();

// Refusals.
Reply no_such_message();
Reply already_deleted();
Reply bad_sequence();
Reply bad_argument();
Reply not_implemented();
Reply unknown_command();

// After these the server closes.
Reply closing_down();
Reply closing_too_many_errors();
Reply closing_too_many_commands();
Reply closing_no_mail_client();

}  // namespace pop3
