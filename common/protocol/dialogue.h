// The two directions of a session's text, which both servers' sessions have alike: what the client
// sent and no command has used yet, and what is to be said to it and is not sent yet. Pure.
//
// The driver calls the public part, the session that derives from it uses the rest. Input is
// bounded by one command line and what the driver gives in one receive(); output by kOutputLimit
// and one reply, and the work by kCommandsATurn, if next() returns Flush while turn_is_over().
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "common/protocol/refusals.h"
#include "common/text/line_reader.h"

namespace protocol {

class Dialogue {
 public:
  Dialogue(const Dialogue&) = delete;
  Dialogue& operator=(const Dialogue&) = delete;

  // What a session says, and how many commands it runs, before the driver lets others have their
  // turn. Both are far more than a client pipelines that is not out to have the server for itself.
  static constexpr size_t kOutputLimit = size_t{16} * 1024;
  static constexpr size_t kCommandsATurn = 50;

  // The client's bytes, copied. After next() returned Read.
  void receive(std::string_view bytes) { reader_.append(bytes); }
  // The client sends no more. What it has sent is answered first; then next() returns Close.
  void end_of_input() { input_ended_ = true; }

  // Begins a new turn.
  std::string take_output() {
    commands_ = 0;
    return std::exchange(output_, {});
  }
  Refusals::Taken take_refusals() { return refusals_.take(); }  // for the log

 protected:
  Dialogue(text::LineReader::Rule rule, size_t max_line_octets)
      : reader_(rule, max_line_octets), rule_(rule), max_line_octets_(max_line_octets) {}
  ~Dialogue() = default;

  // The next command line, which is to be run.
  std::optional<text::Line> next_line() {
    auto line = reader_.next();
    if (line) ++commands_;
    return line;
  }

  // A session may say more where it bounds that itself.
  bool turn_is_over(size_t output_limit = kOutputLimit) const {
    return output_.size() >= output_limit || commands_ >= kCommandsATurn;
  }

  // Forgets what the client sent and what that told of its line ends (RFC 3207 §4.2). The reader is
  // taken away and not assigned to, since an assigned string keeps its buffer.
  void forget_input() {
    const auto forgotten = std::exchange(reader_, text::LineReader(rule_, max_line_octets_));
  }

  text::LineReader reader_;
  std::string output_;
  bool input_ended_ = false;
  Refusals refusals_;

 private:
  text::LineReader::Rule rule_;
  size_t max_line_octets_;
  size_t commands_ = 0;  // in this turn
};

}  // namespace protocol
