#include "common/log_form.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace logging {
namespace {

std::string text(std::string_view event, Fields fields) {
  return format_event(Form::kText, event, fields);
}

std::string json(std::string_view event, Fields fields) {
  return format_event(Form::kJson, event, fields);
}

TEST(LogTextTest, PlainValuesStandBare) {
  EXPECT_EQ(text("stored", {{"id", "a-1@b.c"}, {"octets", 12U}, {"delta", -3}}),
            "stored id=a-1@b.c octets=12 delta=-3");
  EXPECT_EQ(text("event", {}), "event");
}

TEST(LogTextTest, FieldsMayBePutTogetherBefore) {
  std::vector<Field> fields{{"a", 1}};
  fields.emplace_back("b", "two");
  EXPECT_EQ(text("e", Fields(fields)), "e a=1 b=two");
}

TEST(LogTextTest, PeerCannotForgeALineOrAField) {
  EXPECT_EQ(text("e", {{"k", "a\r\n2026 info login user=x"}}),
            "e k=\"a\\r\\n2026 info login user=x\"");
  EXPECT_EQ(text("e", {{"k", "a\" b=\"c\\"}}), "e k=\"a\\\" b=\\\"c\\\\\"");
  EXPECT_EQ(text("e", {{"k", std::string_view("\0\x1b\x7f\xc3\xa4", 5)}}),
            "e k=\"\\x00\\x1b\\x7f\\xc3\\xa4\"");
  EXPECT_EQ(text("e", {{"k", ""}}), "e k=\"\"");
  EXPECT_EQ(text("e", {{"k", "a=b"}}), "e k=\"a=b\"");
}

TEST(LogTextTest, LongValueIsCutOff) {
  EXPECT_EQ(text("e", {{"k", std::string(kMaxValueOctets, 'x')}}),
            "e k=" + std::string(kMaxValueOctets, 'x'));
  EXPECT_EQ(text("e", {{"k", std::string(kMaxValueOctets + 1, 'x')}}),
            "e k=" + std::string(kMaxValueOctets, 'x') + "...");
}

TEST(LogTextTest, ErrorCodeSaysItsMessage) {
  const auto error = std::make_error_code(std::errc::no_space_on_device);
  EXPECT_EQ(text("e", {{"reason", error}}), "e reason=\"" + error.message() + "\"");
}

TEST(LogJsonTest, NumbersAreNumbersAndTheRestStrings) {
  EXPECT_EQ(json("stored", {{"id", "a b"}, {"octets", 12U}, {"delta", -3}}),
            R"("event":"stored","id":"a b","octets":12,"delta":-3)");
  EXPECT_EQ(json("event", {}), R"("event":"event")");
  const auto error = std::make_error_code(std::errc::no_space_on_device);
  EXPECT_EQ(json("e", {{"reason", error}}), R"("event":"e","reason":")" + error.message() + "\"");
}

TEST(LogJsonTest, ControlCharactersAndQuotesAreEscaped) {
  EXPECT_EQ(json("e", {{"k", std::string_view("\"\n\r\t\0\x1b\x7f", 7)}}),
            R"("event":"e","k":"\"\n\r\t\u0000\u001b\u007f")");
  EXPECT_EQ(json("e", {{"k", "\xc2\x85"}}), R"("event":"e","k":"\u0085")");
}

TEST(LogJsonTest, Utf8StaysAndOtherOctetsAreToldFromAllElse) {
  EXPECT_EQ(json("e", {{"k", "j\xc3\xb6hn \xe2\x82\xac \xf0\x9f\x93\xa7"}}),
            "\"event\":\"e\",\"k\":\"j\xc3\xb6hn \xe2\x82\xac \xf0\x9f\x93\xa7\"");
  EXPECT_EQ(json("e", {{"k", "j\xf6hn"}}), R"("event":"e","k":"j\\xf6hn")");
  EXPECT_EQ(json("e", {{"k", R"(j\xf6hn)"}}), R"("event":"e","k":"j\\\\xf6hn")");
}

TEST(LogJsonTest, LongValueIsCutOff) {
  EXPECT_EQ(json("e", {{"k", std::string(kMaxValueOctets + 1, 'x')}}),
            R"("event":"e","k":")" + std::string(kMaxValueOctets, 'x') + R"(\\...")");
}

}  // namespace
}  // namespace logging
