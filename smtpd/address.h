// Paths and addresses: the grammar of RFC 5321 §4.1.2 and §4.1.3. Pure; the caller keeps the text.
//
// All of it is taken: dot-strings, quoted strings, domains, IPv4, IPv6 and general address
// literals, source routes (checked, then ignored: RFC 5321 Appendix C), the null reverse-path. One
// departure: a domain may hold underscores, since the hosts of closed networks have them.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>

namespace smtp {

// The two forms without a mailbox, `<>` and `<postmaster>`, have no domain.
struct Path {
  std::string text;    // as typed, without brackets and source route
  std::string local;   // unquoted: "john.doe"@h and john.doe@h are the same
  std::string domain;  // as typed, with the brackets of an address literal; empty: see above

  bool is_null() const { return text.empty(); }
  // What users.txt is asked for.
  std::string name() const { return local + '@' + domain; }
};

struct ParsedPath {
  Path path;
  std::string_view rest;  // what follows the closing bracket
};

// The error says what is wrong, for a person, in a few ASCII words.
using PathResult = std::expected<ParsedPath, std::string_view>;

// `<…>` at the front of `text`: MAIL's argument after FROM: may be null, RCPT's after TO: may be
// the word postmaster alone, in any case.
PathResult parse_reverse_path(std::string_view text);
PathResult parse_forward_path(std::string_view text);

// `local@domain`, nothing before or after it, brackets optional: VRFY's argument.
std::expected<Path, std::string_view> parse_mailbox(std::string_view text);

// The other way: how an address spells the name of a user, its local part in quotes where it is no
// dot-string. Nothing when none can, which users.txt does not forbid: `jörg@h`, `a@b,c`.
std::optional<std::string> spell_mailbox(std::string_view name);

}  // namespace smtp
