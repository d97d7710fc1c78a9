// A client that logs in by POP3 (RFC 1939), does its work, and quits, again and again:
//
//   kLogin  USER PASS STAT QUIT                         a unit is a login, its latency that of all
//   kList   USER PASS LIST, or UIDL; then QUIT          a unit is a login, from connecting to the
//                                                       listing's end
//   kRetr   USER PASS LIST, RETR of all, QUIT           a unit is a message, from RETR to its end;
//                                                       pipelined from the end of the one before
//   kDele   USER PASS STAT, DELE of all, QUIT           a unit is a login, from the first DELE to
//                                                       the reply to QUIT
//
// What comes is checked: listings are numbered 1, 2, …, unique ids well-formed, a message has the
// octets that LIST says and, where a sample is given, is that. Whatever is not right is an error:
// the connection is closed, and another one opened.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/bench/mailbench/accounts.h"
#include "tests/bench/mailbench/connection.h"
#include "tests/bench/mailbench/multiline_reader.h"
#include "tests/bench/mailbench/run.h"
#include "tests/bench/mailbench/sample_message.h"

namespace bench {

// What all clients of a run share. All of it outlives them.
struct Pop3Load {
  enum class Work { kLogin, kList, kUidl, kRetr, kDele };
  Work work;
  bool pipelined;               // all RETR, or all DELE, in one piece
  uint64_t expected_messages;   // in each maildrop; 0: any
  const SampleMessage* sample;  // what each message is; null: any
  Run& run;
};

class Pop3Client final : public Connection {
 public:
  // `account`: its own, since a maildrop is one session's at a time.
  Pop3Client(EventLoop& loop, Endpoint& server, const Account& account, Pop3Load& load)
      : Connection(loop, server), account_(account), load_(load) {}

  void start();
  bool finished() const { return step_ == Step::kFinished; }

 private:
  enum class Step { kStart, kGreeting, kUser, kPass, kStat, kList, kRetr, kDele, kQuit, kFinished };

  void receive(std::string_view bytes) override;
  void lost(const std::string& why) override;
  // A line, its line end cut off: false: the connection is another one now.
  bool take_line(std::string_view line);
  bool take_status(std::string_view line);
  bool take_stat(std::string_view line);
  bool take_listed(std::string_view line);
  bool take_end_of_list();
  // How many octets of `bytes` belong to the message; nothing: the connection is another one now.
  std::optional<size_t> take_message(std::string_view bytes);
  bool take_end_of_message();
  bool begin_messages(Step step);
  void quit();
  bool refuse(const std::string& why);

  bool work_is(Pop3Load::Work work) const { return load_.work == work; }
  void ask(Step step, std::string_view command);

  const Account& account_;
  Pop3Load& load_;
  Step step_ = Step::kStart;
  std::string line_;             // the beginning of one
  bool in_list_ = false;         // after LIST's +OK
  bool taken_ = false;           // a unit was taken that is not begun yet
  uint64_t count_ = 0;           // messages in the maildrop, as said by STAT or seen in LIST
  std::vector<uint64_t> sizes_;  // LIST's
  uint64_t current_ = 0;         // index of the message that is retrieved or deleted
  uint64_t asked_ = 0;           // how many were asked for
  std::optional<MultilineReader> message_;  // after RETR's +OK
  uint64_t octets_ = 0;                     // of it so far
  bool as_sent_ = true;                     // it is the sample so far
  Clock::time_point begun_;
};

}  // namespace bench
