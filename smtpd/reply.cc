#include "smtpd/reply.h"

#include "common/text/ascii.h"

namespace smtp {
namespace {

constexpr std::string_view kCompleted = "Requested mail action ok, completed";
constexpr std::string_view kSyntax = "Syntax error in parameters or arguments";
constexpr std::string_view kUnrecognized = "Syntax error, command unrecognized";
constexpr std::string_view kOutOfSequence = "Bad sequence of commands";
constexpr std::string_view kClosing = "Service not available, closing transmission channel";

Reply make(int code, std::string_view status, std::string_view text, std::string_view detail = {}) {
  Reply reply{code, status, std::string(text)};
  if (!detail.empty()) reply.detail.append(": ").append(detail);
  return reply;
}

Reply closing(std::string_view status, std::string_view host, std::string_view detail = {}) {
  return make(421, status, std::string(host) + ' ' + std::string(kClosing), detail);
}

// Appends one line, cut to what a reply line may hold.
void append_line(std::string& out, int code, char separator, std::string_view rest) {
  std::string line = std::to_string(code) + separator;
  for (const char c : rest) line += c == ' ' || text::is_visible(c) ? c : '?';
  // What a mechanism says may be longer, and cut it would say something else (RFC 4954 §4).
  const size_t limit = code == 334 ? Limits::kAuthLine : Limits::kReplyLine;
  if (line.size() > limit - 2) line.resize(limit - 2);
  out += line;
  out += "\r\n";
}

}  // namespace

std::string render(const Reply& reply, Greeting greeting) {
  std::string out;
  std::string_view rest = reply.text;
  for (size_t lf; (lf = rest.find('\n')) != std::string_view::npos; rest.remove_prefix(lf + 1)) {
    append_line(out, reply.code, '-', rest.substr(0, lf));
  }
  std::string last;
  const bool extended = greeting == Greeting::kEhlo;
  if (extended && !reply.status.empty()) last.append(reply.status).append(" ");
  last.append(rest);
  if (extended) last.append(reply.detail);
  append_line(out, reply.code, ' ', last);
  return out;
}

Reply service_ready(std::string_view host) {
  return Reply{220, {}, std::string(host) + " Service ready"};
}

Reply hello(std::string_view host) { return make(250, {}, host); }

Reply extensions(std::string_view host, const Limits& limits, std::string_view mechanisms,
                 bool start_tls) {
  std::string text(host);
  text.append("\nPIPELINING\nSIZE ").append(std::to_string(limits.message_octets));
  text.append("\n8BITMIME");
  if (start_tls) text.append("\nSTARTTLS");
  if (!mechanisms.empty()) text.append("\nAUTH ").append(mechanisms);
  text.append("\nENHANCEDSTATUSCODES");
  return Reply{250, {}, std::move(text)};
}

Reply bad_client_name() { return make(501, {}, kSyntax, "HELO and EHLO take one name"); }

Reply sender_ok() { return make(250, "2.1.0", kCompleted); }
Reply recipient_ok() { return make(250, "2.1.5", kCompleted); }
Reply message_stored(std::string_view id) {
  return Reply{250, "2.0.0", std::string(kCompleted), "; id=" + std::string(id)};
}
Reply start_data() { return make(354, {}, "Waiting for data, finish with <CR><LF>.<CR><LF>"); }
Reply reset() { return make(250, "2.0.0", "State reset"); }
Reply noop() { return make(250, "2.0.0", "OK (noop)"); }
Reply goodbye() { return make(221, "2.0.0", "Service closing transmission channel"); }

Reply is_user(std::string_view address) {
  return Reply{250, "2.1.5", '<' + std::string(address) + '>'};
}

Reply cannot_verify() {
  return make(252, "2.1.5", "Cannot VRFY user, but will accept message and attempt delivery");
}

Reply ready_for_tls() { return make(220, "2.0.0", "Ready to start TLS"); }
Reply challenge(std::string_view base64) { return make(334, {}, base64); }
Reply logged_in() { return make(235, "2.7.0", "Authentication successful"); }
Reply wrong_credentials() { return make(535, "5.7.8", "Authentication credentials invalid"); }
Reply login_unavailable() { return make(454, "4.7.0", "Temporary authentication failure"); }
Reply unknown_mechanism() { return make(504, "5.5.4", "Unrecognized authentication mechanism"); }
Reply not_base64() { return make(501, "5.5.2", "Cannot decode response"); }
Reply response_too_long() { return make(500, "5.5.6", "Authentication exchange line is too long"); }
Reply login_cancelled() { return make(501, "5.7.0", "Authentication cancelled"); }
Reply tls_needed() { return make(538, "5.7.11", "Encryption required for authentication"); }
Reply login_needed() { return make(530, "5.7.0", "Authentication required"); }
Reply not_your_address() { return make(553, "5.7.1", "Sender address is not yours"); }

Reply no_such_user(std::string_view address) {
  return Reply{550, "5.1.1", "No such user - " + std::string(address)};
}

Reply bad_sequence() { return make(503, "5.5.1", kOutOfSequence); }
Reply bad_argument(std::string_view detail) { return make(501, "5.5.4", kSyntax, detail); }
Reply bad_sender(std::string_view detail) { return make(501, "5.1.7", kSyntax, detail); }
Reply bad_recipient(std::string_view detail) { return make(501, "5.1.3", kSyntax, detail); }

Reply unknown_parameter(std::string_view detail) {
  return make(555, "5.5.4", "MAIL FROM/RCPT TO parameters not recognized or not implemented",
              detail);
}

Reply not_implemented() { return make(502, "5.5.1", "Command not implemented"); }
Reply unknown_command() { return make(500, "5.5.2", kUnrecognized); }
Reply malformed_line(std::string_view detail) { return make(500, "5.5.2", kUnrecognized, detail); }

Reply too_many_recipients() { return make(452, "4.5.3", "Too many recipients"); }

Reply mailbox_full(std::string_view address) {
  return Reply{452, "4.2.2", "Mailbox full - " + std::string(address)};
}

Reply message_too_large() {
  return make(552, "5.3.4", "Message size exceeds fixed maximum message size");
}

Reply message_refused(std::string_view why, uint64_t octet, std::string_view advice) {
  std::string text = "Transaction failed: ";
  text.append(why).append(" at octet ").append(std::to_string(octet));
  if (!advice.empty()) text.append(": ").append(advice);
  return Reply{554, "5.6.0", std::move(text)};
}

Reply not_stored(protocol::StoreOutcome why) {
  if (why == protocol::StoreOutcome::kFull) {
    return make(452, "4.3.1", "Insufficient system storage");
  }
  return make(451, "4.3.0", "Local error in processing");
}

Reply closing_idle(std::string_view host) { return closing("4.4.2", host); }
Reply closing_too_slow(std::string_view host) {
  return closing("4.4.2", host, "the message comes too slowly");
}
Reply closing_down(std::string_view host) { return closing("4.3.2", host); }
Reply closing_too_many_errors(std::string_view host) { return closing("4.7.0", host); }
Reply closing_too_many_commands(std::string_view host) {
  return closing("4.7.0", host, "too many commands");
}
Reply closing_no_mail_client(std::string_view host) { return closing("4.7.0", host); }

}  // namespace smtp
