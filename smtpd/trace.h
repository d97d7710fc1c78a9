// The trace lines of RFC 5321 §4.4, which --trace-headers puts in front of a message: Return-Path:
// and Received:. Pure: the caller knows the time and the peer.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace smtp {

// Where a message comes from, as the client says.
struct Origin {
  std::string reverse_path;  // without brackets; empty: the null reverse-path
  std::string client_name;   // HELO's or EHLO's
  bool extended;             // EHLO's
  bool lf_lines;             // an LF session
  bool encrypted = false;    // by TLS
  bool logged_in = false;
};

// `peer_address`: the client's IP address; `seconds`: since 1970, UTC. Lines end as the message's
// do.
std::string trace_lines(const Origin& origin, std::string_view peer_address, std::string_view host,
                        int64_t seconds);

}  // namespace smtp
