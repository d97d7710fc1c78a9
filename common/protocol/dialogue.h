// The two directions of a session's text, which both servers' sessions have alike: what the client
// sent and no command has used yet, and what is to be said to it and is not sent yet. Pure.
//
// The driver calls the public part, the session that derives from it uses the rest. Input is
// bounded by one command line and what the driver gives in one receive(); output by kOutputLimit
// and one reply, if next() returns Flush while output_is_full().
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "common/protocol/refusals.h"
#include "common/text/line_reader.h"

namespace protocol {

class Dialogue {
 public:
  static constexpr size_t kOutputLimit = size_t{64} * 1024;

  // The client's bytes, copied. After next() returned Read.
  void receive(std::string_view bytes) { reader_.append(bytes); }
  // The client sends no more. What it has sent is answered first; then next() returns Close.
  void end_of_input() { input_ended_ = true; }

  std::string take_output() { return std::exchange(output_, {}); }
  Refusals::Taken take_refusals() { return refusals_.take(); }  // for the log

 protected:
  Dialogue(text::LineReader::Rule rule, size_t max_line_octets) : reader_(rule, max_line_octets) {}
  ~Dialogue() = default;
  Dialogue(const Dialogue&) = delete;
  Dialogue& operator=(const Dialogue&) = delete;

  bool output_is_full() const { return output_.size() >= kOutputLimit; }

  text::LineReader reader_;
  std::string output_;
  bool input_ended_ = false;
  Refusals refusals_;
};

}  // namespace protocol
