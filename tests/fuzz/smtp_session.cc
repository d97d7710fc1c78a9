// The SMTP session. Whatever a client sends and the store does:
//
//   any split of the input gives the same replies and the same mail;
//   replies and mail are what a naive reading of the dialogue asks for (smtp_reading.h);
//   the session asks only for what it may ask for, and its memory is bounded (smtp_play.cc);
//   a server that ends the session early has answered and stored the beginning of all that.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "tests/fuzz/check.h"
#include "tests/fuzz/smtp_case.h"
#include "tests/fuzz/smtp_play.h"
#include "tests/fuzz/smtp_reading.h"

namespace {

using fuzz::Pieces;
using fuzz::SmtpCase;
using fuzz::SmtpOutcome;

bool same(const SmtpCase& given, const SmtpOutcome& a, const SmtpOutcome& b) {
  if (!given.may_fail_to_append()) return a == b;
  return a.stored == b.stored &&
         fuzz::without_reasons(a.replies) == fuzz::without_reasons(b.replies);
}

// Up to one last reply: why the session ended.
bool begins_with(const SmtpOutcome& all, const SmtpOutcome& some) {
  std::string_view replies = some.replies;
  const auto is_begun = [&] { return std::string_view(all.replies).starts_with(replies); };
  if (!is_begun()) {
    replies.remove_suffix(2);
    const size_t last = replies.rfind("\r\n") + 2;
    FUZZ_CHECK(replies.substr(last).starts_with("421 "));
    replies = replies.substr(0, last);
  }
  return is_begun() && some.stored.size() <= all.stored.size() &&
         std::equal(some.stored.begin(), some.stored.end(), all.stored.begin());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const SmtpCase given({reinterpret_cast<const char*>(data), size});
  const SmtpOutcome whole = fuzz::play(given, Pieces::whole());
  fuzz::check_dialogue(given, whole);
  const SmtpOutcome in_octets = fuzz::play(given, Pieces::smallest(given.dialogue.size()));
  FUZZ_CHECK(same(given, in_octets, whole));
  const SmtpOutcome in_pieces = fuzz::play(given, given.pieces);
  FUZZ_CHECK(same(given, in_pieces, whole));
  if (given.interruption > 0) {
    FUZZ_CHECK(begins_with(in_pieces,
                           fuzz::play(given, given.pieces, fuzz::Interruption::kAsTheCaseSays)));
  }
  return 0;
}
