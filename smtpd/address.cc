#include "smtpd/address.h"

#include "common/text/ascii.h"
#include "smtpd/address_literal.h"
#include "smtpd/limits.h"

namespace smtp {
namespace {

constexpr std::string_view kAtextMarks = "!#$%&'*+-/=?^_`{|}~";  // RFC 5322 §3.2.3

// Eats its way through a text from the left. Each take_… moves past what it took, or takes nothing.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  std::string_view rest() const { return rest_; }
  bool at(char c) const { return rest_.starts_with(c); }

  bool take(char c) {
    if (!at(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }

  template <class Predicate>
  std::string_view take_while(Predicate predicate) {
    size_t n = 0;
    while (n < rest_.size() && predicate(rest_[n])) ++n;
    return take_octets(n);
  }

  std::string_view take_octets(size_t n) {
    const std::string_view taken = rest_.substr(0, n);
    rest_.remove_prefix(n);
    return taken;
  }

 private:
  std::string_view rest_;
};

bool is_atext(char c) { return text::is_alnum(c) || kAtextMarks.contains(c); }

// Dot-string = Atom *("." Atom)
std::optional<std::string> take_dot_string(Scanner& in) {
  std::string local;
  do {
    if (!local.empty()) local += '.';
    const std::string_view atom = in.take_while(is_atext);
    if (atom.empty()) return std::nullopt;
    local += atom;
  } while (in.take('.'));
  return local;
}

// Quoted-string = DQUOTE *QcontentSMTP DQUOTE. Returns what it stands for.
std::optional<std::string> take_quoted_string(Scanner& in) {
  std::string local;
  in.take('"');
  while (!in.at('"')) {
    in.take('\\');
    const std::string_view c = in.take_octets(1);
    if (c.empty() || (c[0] != ' ' && !text::is_visible(c[0]))) return std::nullopt;
    local += c;
  }
  in.take('"');
  return local;
}

// Domain = sub-domain *("." sub-domain), a sub-domain beginning and ending with a letter or digit
// (or an underscore: see the header).
bool take_domain_name(Scanner& in) {
  do {
    const std::string_view label =
        in.take_while([](char c) { return text::is_alnum(c) || c == '-' || c == '_'; });
    if (label.empty() || label.front() == '-' || label.back() == '-') return false;
  } while (in.take('.'));
  return true;
}

// Domain or address-literal. Empty when there is none.
std::string_view take_domain(Scanner& in) {
  const std::string_view start = in.rest();
  if (in.at('[')) {
    const size_t close = start.find(']');
    if (close == std::string_view::npos || !is_address_literal(start.substr(1, close - 1))) {
      return {};
    }
    return in.take_octets(close + 1);
  }
  if (!take_domain_name(in)) return {};
  return start.substr(0, start.size() - in.rest().size());
}

// Mailbox = Local-part "@" ( Domain / address-literal )
std::expected<Path, std::string_view> take_mailbox(Scanner& in) {
  const std::string_view start = in.rest();
  auto local = in.at('"') ? take_quoted_string(in) : take_dot_string(in);
  if (!local) return std::unexpected("malformed local part");
  if (!in.take('@')) return std::unexpected("no domain");
  const std::string_view domain = take_domain(in);
  if (domain.empty()) return std::unexpected("malformed domain");
  const std::string_view typed = start.substr(0, start.size() - in.rest().size());
  return Path{std::string(typed), *std::move(local), std::string(domain)};
}

// A-d-l ":" where A-d-l = At-domain *( "," At-domain ) and At-domain = "@" Domain
bool take_source_route(Scanner& in) {
  do {
    if (!in.take('@') || take_domain(in).empty()) return false;
  } while (in.take(','));
  return in.take(':');
}

enum class Kind { kReverse, kForward };

PathResult parse_path(std::string_view text, Kind kind) {
  constexpr std::string_view kPostmaster = "postmaster";
  Scanner in(text);
  if (!in.take('<')) return std::unexpected("address not in angle brackets");
  if (kind == Kind::kReverse && in.take('>')) return ParsedPath{{}, in.rest()};
  if (kind == Kind::kForward && text::starts_with_ignoring_case(in.rest(), kPostmaster) &&
      in.rest().substr(kPostmaster.size()).starts_with('>')) {
    const std::string word(in.take_octets(kPostmaster.size()));
    in.take('>');
    return ParsedPath{{word, word, {}}, in.rest()};
  }
  if (in.at('@') && !take_source_route(in)) return std::unexpected("malformed source route");
  auto mailbox = take_mailbox(in);
  if (!mailbox) return std::unexpected(mailbox.error());
  if (!in.take('>')) return std::unexpected("no closing angle bracket after the address");
  if (text.size() - in.rest().size() > Limits::kPath) return std::unexpected("path too long");
  return ParsedPath{*std::move(mailbox), in.rest()};
}

}  // namespace

PathResult parse_reverse_path(std::string_view text) { return parse_path(text, Kind::kReverse); }

PathResult parse_forward_path(std::string_view text) { return parse_path(text, Kind::kForward); }

std::expected<Path, std::string_view> parse_mailbox(std::string_view text) {
  if (text.starts_with('<')) {
    auto parsed = parse_path(text, Kind::kForward);
    if (!parsed) return std::unexpected(parsed.error());
    if (!parsed->rest.empty()) return std::unexpected("text after the address");
    return std::move(parsed->path);
  }
  Scanner in(text);
  auto mailbox = take_mailbox(in);
  if (mailbox && !in.rest().empty()) return std::unexpected("text after the address");
  return mailbox;
}

std::optional<std::string> spell_mailbox(std::string_view name) {
  const auto spells = [name](const std::string& address) {
    const auto parsed = parse_forward_path('<' + address + '>');
    return parsed && parsed->rest.empty() && parsed->path.name() == name;
  };
  if (std::string plain(name); spells(plain)) return plain;
  const size_t at = name.rfind('@');
  std::string quoted = "\"";
  for (const char c : name.substr(0, at)) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  quoted.append("\"").append(name.substr(at));
  if (spells(quoted)) return quoted;
  return std::nullopt;
}

}  // namespace smtp
