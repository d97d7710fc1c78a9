// What the things in mail.store are called: mail.store/<mailbox>/<n>.mail. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace store {

// Whether a mailbox's name may name a folder in mail.store: not empty, no leading dot, no `/`, no
// NUL. UserDb has refused such users already; the store does not depend on it.
bool is_folder_name(std::string_view mailbox);

// `<n>.mail`
std::string message_file_name(uint64_t n);

// n of `<n>.mail`; nothing unless n is written as message_file_name() writes it (no sign, no
// leading zero, within 64 bits).
std::optional<uint64_t> message_number(std::string_view file_name);

// A file's modification time as the first part of its UIDL, and as the message's id: in hex.
std::string stamp_text(uint64_t mtime_ns);

// A message's UIDL in its mailbox (RFC 1939 §7): `<stamp>-<n>`, at most 37 characters. The stamp
// may come twice (a hand sets any time), the n may (where the folder was made anew): both do not.
std::string message_uid(uint64_t mtime_ns, uint64_t n);

}  // namespace store
