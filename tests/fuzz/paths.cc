// A path that is taken says again what it is: its text, in brackets, is the same path.
#include <cstddef>
#include <cstdint>
#include <string>

#include "smtpd/address.h"
#include "smtpd/command.h"
#include "tests/fuzz/check.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string input(data, data + size);
  for (const auto parse : {smtp::parse_reverse_path, smtp::parse_forward_path}) {
    const auto parsed = parse(input);
    if (!parsed) continue;
    const auto again = parse("<" + parsed->path.text + ">");
    FUZZ_CHECK(again && again->rest.empty());
    FUZZ_CHECK(again->path.name() == parsed->path.name());
    FUZZ_CHECK(parsed->path.name().size() <= smtp::Limits::kPath + 1);
  }
  const auto greeting = smtp::Greeting::kEhlo;
  static_cast<void>(smtp::parse_mail(input, greeting, smtp::Limits{}, true));
  static_cast<void>(smtp::parse_rcpt(input, greeting));
  static_cast<void>(smtp::parse_mailbox(input));
  return 0;
}
