#include "smtpd/command.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>

#include "common/text/ascii.h"

namespace smtp {
namespace {

using text::equal_ignoring_case;

// esmtp-param = esmtp-keyword ["=" esmtp-value], RFC 5321 §4.1.2
struct Parameter {
  std::string_view keyword;
  std::optional<std::string_view> value;
};

bool is_keyword(std::string_view s) {
  return !s.empty() && text::is_alnum(s.front()) &&
         std::ranges::all_of(s, [](char c) { return text::is_alnum(c) || c == '-'; });
}

bool is_value(std::string_view s) {
  return !s.empty() &&
         std::ranges::all_of(s, [](char c) { return text::is_visible(c) && c != '='; });
}

std::optional<Parameter> parse_parameter(std::string_view word) {
  const size_t equals = word.find('=');
  const Parameter parameter{word.substr(0, equals), equals == std::string_view::npos
                                                        ? std::nullopt
                                                        : std::optional(word.substr(equals + 1))};
  if (!is_keyword(parameter.keyword)) return std::nullopt;
  if (parameter.value && !is_value(*parameter.value)) return std::nullopt;
  return parameter;
}

Reply not_offered(std::string_view keyword) {
  return unknown_parameter(std::string(keyword) + " is not offered");
}

// Calls check(parameter) → std::optional<Reply> for each parameter of `rest`, which follows the
// path.
template <class Check>
std::optional<Reply> check_parameters(std::string_view rest, Greeting greeting, Check&& check) {
  if (rest.empty()) return std::nullopt;
  if (rest.front() != ' ') return bad_argument("text after the closing angle bracket");
  if (greeting != Greeting::kEhlo) return bad_argument();
  for (;;) {
    // SP alone parts them (RFC 5321 §4.1.2), not a tab.
    rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
    if (rest.empty()) return std::nullopt;
    const std::string_view word = rest.substr(0, rest.find(' '));
    rest.remove_prefix(word.size());
    const auto parameter = parse_parameter(word);
    if (!parameter) return bad_argument("malformed parameter");
    if (auto refusal = check(*parameter)) return refusal;
  }
}

// MAIL's parameters, each at most once (RFC 5321 §4.1.1.11 leaves a second one without a meaning).
class MailParameters {
 public:
  MailParameters(const Limits& limits, bool offers_auth)
      : limits_(limits), offers_auth_(offers_auth) {}

  std::optional<Reply> operator()(const Parameter& parameter) {
    if (equal_ignoring_case(parameter.keyword, "SIZE")) return size(parameter.value);
    if (equal_ignoring_case(parameter.keyword, "BODY")) return body(parameter.value);
    if (offers_auth_ && equal_ignoring_case(parameter.keyword, "AUTH")) {
      return auth(parameter.value);
    }
    return not_offered(parameter.keyword);
  }

  // As SIZE= declares.
  uint64_t octets() const { return octets_; }

 private:
  // RFC 1870 §3: 1*20DIGIT
  std::optional<Reply> size(std::optional<std::string_view> value) {
    constexpr size_t kMaxDigits = 20;
    if (has_size_) return bad_argument("SIZE stands twice");
    has_size_ = true;
    if (!value || value->size() > kMaxDigits || !std::ranges::all_of(*value, text::is_digit)) {
      return bad_argument("SIZE takes a number");
    }
    const auto parsed = std::from_chars(value->data(), value->data() + value->size(), octets_);
    const bool overflow = parsed.ec != std::errc();
    if (overflow || octets_ > limits_.message_octets) return message_too_large();
    return std::nullopt;
  }

  // RFC 6152 §2
  std::optional<Reply> body(std::optional<std::string_view> value) {
    if (has_body_) return bad_argument("BODY stands twice");
    has_body_ = true;
    if (value && (equal_ignoring_case(*value, "7BIT") || equal_ignoring_case(*value, "8BITMIME"))) {
      return std::nullopt;
    }
    return bad_argument("BODY takes 7BIT or 8BITMIME");
  }

  // RFC 4954 §5: <>, or an address in xtext
  std::optional<Reply> auth(std::optional<std::string_view> value) {
    if (has_auth_) return bad_argument("AUTH stands twice");
    has_auth_ = true;
    if (!value) return bad_argument("AUTH takes <> or an address");
    return std::nullopt;
  }

  const Limits& limits_;
  const bool offers_auth_;
  uint64_t octets_ = 0;
  bool has_auth_ = false;
  bool has_size_ = false;
  bool has_body_ = false;
};

}  // namespace

std::expected<MailCommand, Reply> parse_mail(std::string_view argument, Greeting greeting,
                                             const Limits& limits, bool offers_auth) {
  constexpr std::string_view kFrom = "FROM:";
  if (!text::starts_with_ignoring_case(argument, kFrom)) {
    return std::unexpected(bad_argument("MAIL takes FROM:<address>"));
  }
  argument.remove_prefix(kFrom.size());
  if (argument.starts_with(' ')) {
    return std::unexpected(bad_argument("space after FROM: (RFC 5321 section 3.3)"));
  }
  auto parsed = parse_reverse_path(argument);
  if (!parsed) return std::unexpected(bad_sender(parsed.error()));
  MailParameters parameters(limits, offers_auth);
  if (auto refusal = check_parameters(parsed->rest, greeting, parameters)) {
    return std::unexpected(*std::move(refusal));
  }
  return MailCommand{std::move(parsed->path), parameters.octets()};
}

std::expected<RcptCommand, Reply> parse_rcpt(std::string_view argument, Greeting greeting) {
  constexpr std::string_view kTo = "TO:";
  if (!text::starts_with_ignoring_case(argument, kTo)) {
    return std::unexpected(bad_argument("RCPT takes TO:<address>"));
  }
  argument.remove_prefix(kTo.size());
  if (argument.starts_with(' ')) {
    return std::unexpected(bad_argument("space after TO: (RFC 5321 section 3.3)"));
  }
  auto parsed = parse_forward_path(argument);
  if (!parsed) return std::unexpected(bad_recipient(parsed.error()));
  const auto none_offered = [](const Parameter& parameter) -> std::optional<Reply> {
    return not_offered(parameter.keyword);
  };
  if (auto refusal = check_parameters(parsed->rest, greeting, none_offered)) {
    return std::unexpected(*std::move(refusal));
  }
  return RcptCommand{std::move(parsed->path)};
}

bool is_client_name(std::string_view argument) {
  const std::string_view name = text::without_leading_blanks(argument);
  return !name.empty() &&
         std::ranges::none_of(name, [](char c) { return c == ' ' || text::is_control(c); });
}

}  // namespace smtp
