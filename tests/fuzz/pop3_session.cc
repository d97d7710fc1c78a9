// The POP3 session. Whatever a client sends, the maildrop holds and the store does:
//
//   any split of the input, and of the messages as they are read, gives the same replies and
//   removes the same mail;
//   replies and removals are what a naive reading of the dialogue asks for (pop3_reading.h);
//   the session asks only for what it may ask for, and its memory is bounded (pop3_play.cc);
//   a server that ends the session early has answered the beginning of all that.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "tests/fuzz/check.h"
#include "tests/fuzz/pop3_case.h"
#include "tests/fuzz/pop3_play.h"
#include "tests/fuzz/pop3_reading.h"

namespace {

using fuzz::Pieces;
using fuzz::Pop3Outcome;

// Up to one last reply: why the session ended.
bool begins_with(const Pop3Outcome& all, const Pop3Outcome& some) {
  constexpr std::string_view kShutDown =
      "-ERR [SYS/TEMP] service unavailable, closing transmission channel\r\n";
  std::string_view replies = some.replies;
  if (replies.ends_with(kShutDown) && !all.replies.starts_with(replies)) {
    replies.remove_suffix(kShutDown.size());
  }
  return all.replies.starts_with(replies) && (!some.removed || some.removed == all.removed);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const fuzz::Pop3Case given({reinterpret_cast<const char*>(data), size});
  const Pop3Outcome whole = fuzz::play(given, Pieces::whole(), Pieces::whole());
  fuzz::check_dialogue(given, whole);
  size_t message_octets = 0;
  for (const auto& message : given.messages) message_octets += message.size();
  FUZZ_CHECK(fuzz::play(given, Pieces::smallest(given.dialogue.size()),
                        Pieces::smallest(message_octets)) == whole);
  FUZZ_CHECK(fuzz::play(given, given.pieces, given.read_pieces) == whole);
  if (given.interruption > 0) {
    FUZZ_CHECK(begins_with(whole, fuzz::play(given, given.pieces, given.read_pieces,
                                             fuzz::Interruption::kAsTheCaseSays)));
  }
  return 0;
}
