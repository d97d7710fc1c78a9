// What a maildrop's listing says of a message. Pure: sessions include it.
#pragma once

#include <cstdint>
#include <string>

namespace store {

struct MessageInfo {
  uint64_t octets;  // as POP3 counts them (text::WireSize)
  std::string uid;  // unique and stable: 1-70 characters of 0x21-0x7e, RFC 1939 §7
};

}  // namespace store
