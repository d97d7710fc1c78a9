// Paths and the arguments of MAIL, RCPT and VRFY. What is taken is just what RFC 5321 §4.1.2 takes,
// as regular expressions have it and inet_pton() IPv6 addresses; what was taken says again what it
// is; every refusal is a well-formed reply. The input is the argument.
#include <arpa/inet.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <regex>
#include <string>
#include <string_view>

#include "smtpd/address.h"
#include "smtpd/command.h"
#include "tests/fuzz/check.h"

namespace {

constexpr size_t kLongest = 700;  // the regular expressions recurse a few times an octet

const std::string kLocal =
    R"re(([A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*|"(?:[ !#-\[\]-~]|\\[ -~])*"))re";
const std::string kLabel = R"re([A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?)re";
const std::string kDomain = kLabel + R"re((?:\.)re" + kLabel + ")*";
const std::string kHost = kDomain + R"re(|\[[!-Z^-~]*\])re";
const std::string kMailbox = kLocal + "@(" + kHost + ")";
// With address literals, as RFC 2821 had them: a route is ignored anyway.
const std::string kRoute = "((?:@(?:" + kHost + ")(?:,@(?:" + kHost + "))*:)?)";

// What stands where a path may stand.
struct Expected {
  std::string text, local, domain;
  size_t octets;
};

std::string unquoted(std::string_view local) {
  if (!local.starts_with('"')) return std::string(local);
  std::string out;
  for (size_t i = 1; i + 1 < local.size(); ++i) {
    if (local[i] == '\\') ++i;
    out += local[i];
  }
  return out;
}

const std::string kNumber = "(?:0{0,2}[0-9]|0?[1-9][0-9]|1[0-9][0-9]|2[0-4][0-9]|25[0-5])";
const std::string kIpv4 = kNumber + R"re((?:\.)re" + kNumber + "){3}";

bool is_ipv6(const std::string& text) {
  static const std::regex kIpv4AtEnd(":" + kIpv4 + "$");
  // RFC 5321 lets its numbers begin with zeros, inet_pton() does not.
  const std::string address = std::regex_replace(text, kIpv4AtEnd, ":1:1");
  in6_addr ignored{};
  if (inet_pton(AF_INET6, address.c_str(), &ignored) != 1) return false;
  // RFC 5321: "::" stands for two groups at least.
  static const std::regex kGroup("[^:]+");
  const auto groups =
      std::distance(std::sregex_iterator(address.begin(), address.end(), kGroup), {});
  return groups == 8 || groups <= 6;
}

bool is_literal(const std::string& text) {
  static const std::regex kIpv4Only(kIpv4);
  static const std::regex kIpv6("ipv6:(.*)", std::regex::icase);
  static const std::regex kGeneral(R"re([A-Za-z0-9-]*[A-Za-z0-9]:[!-Z^-~]+)re");
  std::smatch match;
  if (std::regex_match(text, match, kIpv6)) return is_ipv6(match[1]);
  return std::regex_match(text, kIpv4Only) || std::regex_match(text, kGeneral);
}

bool are_literals(const std::string& text) {
  static const std::regex kBracketed(R"re(\[([^\]]*)\])re");
  return std::all_of(std::sregex_iterator(text.begin(), text.end(), kBracketed), {},
                     [](const std::smatch& match) { return is_literal(match[1]); });
}

std::optional<Expected> mailbox_of(const std::string& local, const std::string& domain,
                                   std::ptrdiff_t octets) {
  if (!are_literals(domain)) return std::nullopt;
  return Expected{local + "@" + domain, unquoted(local), domain, static_cast<size_t>(octets)};
}

enum class Kind { kReverse, kForward };

std::optional<Expected> expected_path(const std::string& input, Kind kind) {
  static const std::regex kPath("^<" + kRoute + kMailbox + ">");
  static const std::regex kPostmaster("^<(postmaster)>", std::regex::icase);
  std::smatch match;
  if (kind == Kind::kReverse && input.starts_with("<>")) return Expected{"", "", "", 2};
  if (kind == Kind::kForward && std::regex_search(input, match, kPostmaster)) {
    return Expected{match[1], match[1], "", static_cast<size_t>(match.length())};
  }
  if (!std::regex_search(input, match, kPath)) return std::nullopt;
  if (match.length() > 256 || !are_literals(match[1])) return std::nullopt;
  return mailbox_of(match[2], match[3], match.length());
}

void check_path(const std::string& input, Kind kind) {
  const auto parse = kind == Kind::kReverse ? smtp::parse_reverse_path : smtp::parse_forward_path;
  const auto parsed = parse(input);
  const auto expected = expected_path(input, kind);
  FUZZ_CHECK(parsed.has_value() == expected.has_value());
  if (!parsed) {
    FUZZ_CHECK(!parsed.error().empty());
    return;
  }
  const auto& path = parsed->path;
  FUZZ_CHECK(path.text == expected->text && path.local == expected->local);
  FUZZ_CHECK(path.domain == expected->domain);
  FUZZ_CHECK(parsed->rest == std::string_view(input).substr(expected->octets));
  const std::string bracketed = "<" + path.text + ">";
  const auto again = parse(bracketed);
  FUZZ_CHECK(again && again->rest.empty() && again->path.name() == path.name());
}

void check_mailbox(const std::string& input) {
  static const std::regex kWhole(kMailbox);
  const auto parsed = smtp::parse_mailbox(input);
  std::optional<Expected> expected;
  std::smatch match;
  if (input.starts_with('<')) {
    expected = expected_path(input, Kind::kForward);
    if (expected && expected->octets != input.size()) expected.reset();
  } else if (std::regex_match(input, match, kWhole)) {
    expected = mailbox_of(match[1], match[2], match.length());
  }
  FUZZ_CHECK(parsed.has_value() == expected.has_value());
  if (parsed) FUZZ_CHECK(parsed->text == expected->text && parsed->local == expected->local);
}

void check_refusal(const smtp::Reply& refusal) {
  FUZZ_CHECK(refusal.code == 501 || refusal.code == 552 || refusal.code == 555);
  for (const auto greeting :
       {smtp::Greeting::kNone, smtp::Greeting::kHelo, smtp::Greeting::kEhlo}) {
    const std::string line = smtp::render(refusal, greeting);
    FUZZ_CHECK(line.size() <= 512 && line.ends_with("\r\n"));
    FUZZ_CHECK(
        std::all_of(line.begin(), line.end() - 2, [](char c) { return c >= 32 && c < 127; }));
  }
}

// Whether what follows the path is taken after EHLO.
bool are_mail_parameters(const std::string& rest, uint64_t limit) {
  static const std::regex kForm("(?: +(?:SIZE=[0-9]{1,20}|BODY=(?:7BIT|8BITMIME)))* *",
                                std::regex::icase);
  static const std::regex kSize("SIZE=0*([0-9]*)", std::regex::icase);
  static const std::regex kBody("BODY=", std::regex::icase);
  if (!std::regex_match(rest, kForm)) return false;
  const auto count = [&rest](const std::regex& what) {
    return std::distance(std::sregex_iterator(rest.begin(), rest.end(), what), {});
  };
  if (count(kSize) > 1 || count(kBody) > 1) return false;
  std::smatch match;
  if (!std::regex_search(rest, match, kSize)) return true;
  const std::string most = std::to_string(limit);
  const std::string size = match[1];
  return size.size() < most.size() || (size.size() == most.size() && size <= most);
}

void check_arguments(const std::string& input) {
  const smtp::Limits limits;
  for (const auto greeting : {smtp::Greeting::kHelo, smtp::Greeting::kEhlo}) {
    const bool extended = greeting == smtp::Greeting::kEhlo;
    const auto mail = smtp::parse_mail("FROM:" + input, greeting, limits, false);
    const auto from = expected_path(input, Kind::kReverse);
    const std::string after_from = from ? input.substr(from->octets) : "";
    FUZZ_CHECK(mail.has_value() ==
               (from && (extended ? are_mail_parameters(after_from, limits.message_octets)
                                  : after_from.empty())));
    if (!mail) check_refusal(mail.error());

    const auto rcpt = smtp::parse_rcpt("to:" + input, greeting);
    const auto to = expected_path(input, Kind::kForward);
    const bool bare =
        to && std::ranges::all_of(input.substr(to->octets), [](char c) { return c == ' '; });
    FUZZ_CHECK(rcpt.has_value() == (bare && (extended || to->octets == input.size())));
    if (!rcpt) check_refusal(rcpt.error());
  }
  const auto mail = smtp::parse_mail(input, smtp::Greeting::kEhlo, limits, false);
  if (!mail) check_refusal(mail.error());
  const auto rcpt = smtp::parse_rcpt(input, smtp::Greeting::kEhlo);
  if (!rcpt) check_refusal(rcpt.error());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string input(data, data + std::min(size, kLongest));
  check_path(input, Kind::kReverse);
  check_path(input, Kind::kForward);
  check_mailbox(input);
  check_arguments(input);
  return 0;
}
