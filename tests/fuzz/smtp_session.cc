// Any split of what a client sends gives the same replies and the same mail; reply lines end in
// CRLF and have at most 512 octets; output is bounded. The first octet of the input chooses the
// split.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "tests/fuzz/check.h"
#include "tests/support/smtp_world.h"

namespace {

struct Outcome {
  std::string replies;
  std::vector<support::MessageAt> stored;
  bool operator==(const Outcome&) const = default;
};

Outcome play(std::string_view input, size_t step) {
  smtp::Settings settings;
  settings.host_name = "h";
  settings.limits.message_octets = 4096;
  settings.limits.recipients = 2;
  support::SmtpWorld world(settings, "a@b x\nc@d y\ne@f z\n");
  Outcome outcome{world.start(), {}};
  for (size_t at = 0; at < input.size(); at += step) {
    outcome.replies += world.send(input.substr(at, step));
  }
  outcome.replies += world.end_of_input();
  outcome.stored = world.stored();
  FUZZ_CHECK(world.closed());
  FUZZ_CHECK(world.max_output() <= smtp::Session::kOutputLimit + 1024);
  return outcome;
}

void check_lines(std::string_view replies) {
  while (!replies.empty()) {
    const size_t end = replies.find("\r\n");
    FUZZ_CHECK(end != std::string_view::npos && end + 2 <= 512);
    replies.remove_prefix(end + 2);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string input(data + 1, data + size);
  const Outcome whole = play(input, input.size() + 1);
  check_lines(whole.replies);
  FUZZ_CHECK(play(input, 1) == whole);
  FUZZ_CHECK(play(input, size_t{data[0]} + 1) == whole);
  return 0;
}
