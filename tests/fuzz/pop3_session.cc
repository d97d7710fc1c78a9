// Any split of what a client sends gives the same replies and leaves the same mail; output is
// bounded. The first octet of the input chooses the split, also of what is read from the maildrop.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "tests/fuzz/check.h"
#include "tests/support/pop3_world.h"

namespace {

struct Outcome {
  std::string replies;
  std::vector<support::MessageAt> left;
  bool operator==(const Outcome&) const = default;
};

Outcome play(std::string_view input, size_t step) {
  support::Pop3World world({"h", "1", {}}, "a@b x\n",
                           {{"a@b", "S: 1\r\n\r\n.one\r\n"}, {"a@b", "two\n..\n"}, {"a@b", ""}});
  world.set_read_octets(step);
  Outcome outcome{world.start(), {}};
  for (size_t at = 0; at < input.size(); at += step) {
    outcome.replies += world.send(input.substr(at, step));
  }
  outcome.replies += world.end_of_input();
  outcome.left = world.messages();
  FUZZ_CHECK(world.closed());
  FUZZ_CHECK(world.max_output() <= pop3::Session::kOutputLimit + 4096);
  return outcome;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string input = "USER a@b\r\nPASS x\r\n" + std::string(data + 1, data + size);
  const Outcome whole = play(input, input.size() + 1);
  FUZZ_CHECK(play(input, 1) == whole);
  FUZZ_CHECK(play(input, size_t{data[0]} + 1) == whole);
  return 0;
}
