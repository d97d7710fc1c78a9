// Where in what a client sends it begins a TLS handshake. Pure.
//
// What comes before the next handshake is sent in the clear at once, without a look at the replies:
// a server that starts TLS before it has used all of that must never use the rest.
#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fuzz {

class Handshakes {
 public:
  // Stands where a handshake begins.
  static constexpr std::string_view kMark = "\xff\xfe";

  // Takes the marks out of `text` and remembers where they stood.
  static Handshakes taken_out_of(std::string& text) {
    Handshakes found;
    std::string left;
    size_t at = 0;
    for (size_t mark; (mark = text.find(kMark, at)) != std::string::npos;
         at = mark + kMark.size()) {
      left.append(text, at, mark - at);
      found.offsets_.push_back(left.size());
    }
    left.append(text, at);
    text = std::move(left);
    return found;
  }

  // Of a client that has sent so many octets of `all`: up to where it sends without a handshake.
  size_t send_up_to(size_t sent, size_t all) const {
    const auto next = std::ranges::upper_bound(offsets_, sent);
    return next == offsets_.end() ? all : *next;
  }

  // The server starts TLS when it has taken so many octets: from where on the client sends over
  // TLS. Nothing: it begins no handshake and goes away.
  std::optional<size_t> over_tls_from(size_t taken) const {
    const auto next = std::ranges::lower_bound(offsets_, taken);
    if (next == offsets_.end()) return std::nullopt;
    return *next;
  }

 private:
  std::vector<size_t> offsets_;  // in what is left, in order
};

}  // namespace fuzz
