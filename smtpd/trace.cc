#include "smtpd/trace.h"

#include <array>
#include <chrono>

#include "common/text/ascii.h"

namespace smtp {
namespace {

std::string two_digits(int64_t n) {
  const std::string digits = std::to_string(n);
  return digits.size() < 2 ? '0' + digits : digits;
}

// RFC 5322 §3.3, in UTC.
std::string date_time(int64_t seconds) {
  using namespace std::chrono;
  static constexpr std::array<std::string_view, 7> kDays{"Sun", "Mon", "Tue", "Wed",
                                                         "Thu", "Fri", "Sat"};
  static constexpr std::array<std::string_view, 12> kMonths{
      "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const sys_seconds time{std::chrono::seconds(seconds)};
  const auto midnight = floor<days>(time);
  const year_month_day date(midnight);
  const hh_mm_ss clock(time - midnight);
  std::string out(kDays.at(weekday(midnight).c_encoding()));
  out.append(", ").append(std::to_string(static_cast<unsigned>(date.day()))).append(" ");
  out.append(kMonths.at(static_cast<unsigned>(date.month()) - 1)).append(" ");
  out.append(std::to_string(static_cast<int>(date.year()))).append(" ");
  out.append(two_digits(clock.hours().count())).append(":");
  out.append(two_digits(clock.minutes().count())).append(":");
  out.append(two_digits(clock.seconds().count())).append(" +0000");
  return out;
}

// What a client calls itself may be any token; in a header only a domain's characters may stand
// bare.
std::string as_domain(std::string_view name) {
  std::string domain;
  for (const char c : name) {
    const bool plain = text::is_alnum(c) || std::string_view("-._:[]").contains(c);
    domain += plain ? c : '?';
  }
  return domain;
}

std::string as_literal(std::string_view address) {
  const std::string tag = address.contains(':') ? "IPv6:" : "";
  return '[' + tag + std::string(address) + ']';
}

// RFC 3848.
std::string_view protocol_of(const Origin& origin) {
  if (!origin.extended) return "SMTP";
  if (origin.encrypted) return origin.logged_in ? "ESMTPSA" : "ESMTPS";
  return origin.logged_in ? "ESMTPA" : "ESMTP";
}

}  // namespace

std::string trace_lines(const Origin& origin, std::string_view peer_address, std::string_view host,
                        int64_t seconds) {
  const std::string_view line_end = origin.lf_lines ? "\n" : "\r\n";
  std::string out = "Return-Path: <" + origin.reverse_path + '>';
  out.append(line_end);
  out.append("Received: from ").append(as_domain(origin.client_name));
  out.append(" (").append(as_literal(peer_address)).append(")").append(line_end);
  out.append(" by ").append(host).append(" with ").append(protocol_of(origin));
  out.append("; ").append(date_time(seconds)).append(line_end);
  return out;
}

}  // namespace smtp
