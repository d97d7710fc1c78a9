#include "pop3d/reply.h"

#include "common/text/ascii.h"
#include "pop3d/limits.h"

namespace pop3 {
namespace {

Reply ok(std::string_view text) { return Reply{true, std::string(text)}; }
Reply err(std::string_view text) { return Reply{false, std::string(text)}; }

Reply client_error(std::string_view text) { return Reply{false, std::string(text), true}; }

}  // namespace

std::string render(const Reply& reply) {
  std::string line = reply.ok ? "+OK" : "-ERR";
  if (!reply.text.empty()) line += ' ';
  for (const char c : reply.text) line += c == ' ' || text::is_visible(c) ? c : '?';
  if (line.size() > Limits::kReplyLine - 2) line.resize(Limits::kReplyLine - 2);
  return line + "\r\n";
}

Reply ready(std::string_view host) { return ok("POP3 Server on " + std::string(host) + " ready"); }
Reply goodbye() { return ok("Service closing transmission channel"); }
Reply noop() { return ok(""); }

Reply ready_for_tls() { return ok("Begin TLS negotiation"); }

std::string capabilities(std::string_view version, std::string_view mechanisms, bool start_tls,
                         unsigned expiry_days) {
  std::string out = render(ok("Capability list follows"));
  out +=
      "TOP\r\n"
      "UIDL\r\n";
  if (start_tls) out += "STLS\r\n";
  if (!mechanisms.empty()) {
    out += "USER\r\nSASL ";
    out.append(mechanisms).append("\r\n");
  }
  out +=
      "PIPELINING\r\n"
      "RESP-CODES\r\n"
      "AUTH-RESP-CODE\r\n";
  // The same for every user, so the same before the login and after it (RFC 2449 §6.7).
  out.append("EXPIRE ").append(expiry_days == 0 ? "NEVER" : std::to_string(expiry_days));
  out.append("\r\nIMPLEMENTATION mypopd-").append(version).append("\r\n.\r\n");
  return out;
}

std::string challenge(std::string_view base64) { return "+ " + std::string(base64) + "\r\n"; }

Reply user_is_valid() { return ok("User is valid, proceed with password"); }
Reply no_such_user() { return client_error("No such user"); }
Reply maildrop_loaded() { return ok("Password is valid, mail loaded"); }
Reply wrong_password() { return client_error("[AUTH] Invalid password"); }
Reply login_unavailable() { return err("[SYS/TEMP] login unavailable, wait"); }
Reply tls_needed() { return client_error("[AUTH] TLS is needed"); }
Reply unknown_mechanism() { return client_error("Unrecognized authentication mechanism"); }
Reply not_base64() { return client_error("Cannot decode response"); }
Reply login_cancelled() { return client_error("Authentication cancelled"); }
Reply maildrop_in_use() { return err("[IN-USE] maildrop is locked by another session"); }
Reply store_unavailable() { return err("[SYS/TEMP] mail store unavailable"); }

Reply totals(size_t messages, uint64_t octets) {
  return ok(std::to_string(messages) + ' ' + std::to_string(octets));
}

Reply listing_follows(size_t messages, uint64_t octets) {
  return ok(std::to_string(messages) + " messages (" + std::to_string(octets) + " octets)");
}

Reply message_octets(size_t number, uint64_t octets) {
  return ok(std::to_string(number) + ' ' + std::to_string(octets));
}

Reply uids_follow() { return ok("Unique-id listing follows"); }

Reply message_uid(size_t number, std::string_view uid) {
  return ok(std::to_string(number) + ' ' + std::string(uid));
}

Reply message_follows() { return ok("Message follows"); }
Reply message_unavailable() { return err("[SYS/TEMP] message unavailable"); }
Reply message_deleted() { return ok("Message deleted"); }

Reply messages_restored(size_t messages) {
  return ok(std::to_string(messages) + " messages restored");
}

Reply some_not_removed() { return err("some deleted messages not removed"); }

Reply no_such_message() { return err("No such message"); }
Reply already_deleted() { return err("Message already deleted"); }
Reply bad_sequence() { return client_error("Bad sequence of commands"); }
Reply bad_argument() { return client_error("Syntax error in parameters or arguments"); }
Reply not_implemented() { return client_error("Command not implemented"); }
Reply unknown_command() { return client_error("Syntax error, command unrecognized"); }

Reply closing_down() { return err("[SYS/TEMP] service unavailable, closing transmission channel"); }
Reply closing_too_many_errors() { return err("Too many errors, closing transmission channel"); }
Reply closing_too_many_commands() {
  return err("[SYS/TEMP] Too many commands, closing transmission channel");
}
Reply closing_no_mail_client() {
  return err("This is a POP3 server, closing transmission channel");
}

}  // namespace pop3
