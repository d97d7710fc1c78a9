#include "smtpd/trace.h"

#include <gtest/gtest.h>

namespace smtp {
namespace {

// Covers: 5321-4.4-2, 5321-4.4-3, 5321-4.4-4, 5321-4.4-5, 5321-4.4-29, 5321-4.4-30, 5321-4.4-31,
// 5321-7.2-1, 5321-7.2-4
TEST(TraceTest, LinesNameSenderClientHostAndTime) {
  const Origin origin{"a@b", "client", true, false};
  EXPECT_EQ(trace_lines(origin, "127.0.0.1", "h", 1'000'000'000),
            "Return-Path: <a@b>\r\n"
            "Received: from client ([127.0.0.1])\r\n"
            " by h with ESMTP; Sun, 9 Sep 2001 01:46:40 +0000\r\n");
}

// Covers: 5321-4.4-2, 5321-4.4-31
TEST(TraceTest, NullReversePathLfLinesAndIpv6) {
  const Origin origin{"", "[IPv6:::1]", false, true};
  EXPECT_EQ(trace_lines(origin, "::1", "h", 0),
            "Return-Path: <>\n"
            "Received: from [IPv6:::1] ([IPv6:::1])\n"
            " by h with SMTP; Thu, 1 Jan 1970 00:00:00 +0000\n");
}

// A name is one token, but any: it must not end the line's syntax.
// Covers: 5321-4.4-2
TEST(TraceTest, ClientNameCannotForge) {
  const Origin origin{"a@b", "x(;\"\\\xff,<>@)", true, false};
  EXPECT_NE(trace_lines(origin, "127.0.0.1", "h", 0).find("from x?????????? ("), std::string::npos);
}

// Covers: 5321-4.4-10, 5321-4.4-11, 5321-4.4-28, 5321-F.5-1
TEST(TraceTest, DatesAreGregorian) {
  const auto date = [](int64_t seconds) {
    const std::string lines = trace_lines({"", "c", false, true}, "127.0.0.1", "h", seconds);
    return lines.substr(lines.rfind("; ") + 2, lines.size() - lines.rfind("; ") - 3);
  };
  EXPECT_EQ(date(951782399), "Mon, 28 Feb 2000 23:59:59 +0000");
  EXPECT_EQ(date(951782400), "Tue, 29 Feb 2000 00:00:00 +0000");
  EXPECT_EQ(date(4107542399), "Sun, 28 Feb 2100 23:59:59 +0000");
  EXPECT_EQ(date(4107542400), "Mon, 1 Mar 2100 00:00:00 +0000");
  EXPECT_EQ(date(1798761599), "Thu, 31 Dec 2026 23:59:59 +0000");
}

}  // namespace
}  // namespace smtp
