#include "tests/bench/mailbench/pop3_client.h"

#include <algorithm>
#include <charconv>

namespace bench {
namespace {

using Work = Pop3Load::Work;

// The number at the front of `text`, which is cut off with one blank behind it.
std::optional<uint64_t> take_number(std::string_view& text) {
  uint64_t number = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
  if (parsed.ec != std::errc{}) return std::nullopt;
  text.remove_prefix(static_cast<size_t>(parsed.ptr - text.data()));
  if (text.starts_with(' ')) text.remove_prefix(1);
  return number;
}

bool is_uid(std::string_view text) {  // RFC 1939 §7
  return !text.empty() && text.size() <= 70 &&
         std::ranges::all_of(text, [](char c) { return c >= 0x21 && c <= 0x7e; });
}

}  // namespace

void Pop3Client::start() {
  // Of RETR each message is a unit: the first is taken here.
  if (!taken_) taken_ = load_.run.take();
  if (!taken_) {
    step_ = Step::kFinished;
    return;
  }
  step_ = Step::kGreeting;
  line_.clear();
  message_.reset();
  in_list_ = false;
  begun_ = Clock::now();
  open();
}

void Pop3Client::receive(std::string_view bytes) {
  while (!bytes.empty()) {
    if (message_) {
      const auto used = take_message(bytes);
      if (!used) return;
      bytes.remove_prefix(*used);
      continue;
    }
    const size_t end = bytes.find('\n');
    if (end == std::string_view::npos) {
      line_ += bytes;
      return;
    }
    std::string_view line = bytes.substr(0, end);
    if (!line_.empty()) line = line_.append(line);
    bytes.remove_prefix(end + 1);
    if (!line.ends_with('\r')) {
      refuse("a line without CR: " + std::string(line));
      return;
    }
    line.remove_suffix(1);
    if (!take_line(line)) return;
    line_.clear();
  }
}

bool Pop3Client::take_line(std::string_view line) {
  if (!in_list_) {
    return line.starts_with("+OK") ? take_status(line)
                                   : refuse("unexpected reply: " + std::string(line));
  }
  return line == "." ? take_end_of_list() : take_listed(line);
}

bool Pop3Client::take_status(std::string_view line) {
  switch (step_) {
    case Step::kGreeting:
      ask(Step::kUser, "USER " + account_.name + "\r\n");
      return true;
    case Step::kUser:
      ask(Step::kPass, "PASS " + account_.password + "\r\n");
      return true;
    case Step::kPass:
      if (work_is(Work::kLogin) || work_is(Work::kDele)) {
        ask(Step::kStat, "STAT\r\n");
      } else {
        ask(Step::kList, work_is(Work::kUidl) ? "UIDL\r\n" : "LIST\r\n");
      }
      return true;
    case Step::kStat:
      return take_stat(line);
    case Step::kList:
      in_list_ = true;
      sizes_.clear();
      count_ = 0;
      return true;
    case Step::kRetr:
      message_.emplace();
      octets_ = 0;
      as_sent_ = true;
      return true;
    case Step::kDele:
      if (++current_ == count_) {
        quit();
      } else if (current_ == asked_) {
        send("DELE " + std::to_string(++asked_) + "\r\n");
      }
      return true;
    case Step::kQuit:
      if (work_is(Work::kLogin)) load_.run.done(begun_, 0);
      if (work_is(Work::kDele)) load_.run.done(begun_, 0);
      close();
      start();
      return false;
    case Step::kStart:
    case Step::kFinished:
      break;
  }
  return refuse("unasked: " + std::string(line));
}

bool Pop3Client::take_stat(std::string_view line) {
  std::string_view numbers = line.substr(std::min<size_t>(line.size(), 4));
  const auto count = take_number(numbers);
  if (!count || !take_number(numbers)) return refuse("no STAT: " + std::string(line));
  count_ = *count;
  if (load_.expected_messages != 0 && count_ != load_.expected_messages) {
    return refuse("another number of messages: " + std::string(line));
  }
  if (work_is(Work::kDele) && count_ > 0) return begin_messages(Step::kDele);
  quit();
  return true;
}

bool Pop3Client::take_listed(std::string_view line) {
  std::string_view rest = line;
  const auto number = take_number(rest);
  const std::string_view uid = rest;
  const auto size = work_is(Work::kUidl) ? std::optional<uint64_t>(0) : take_number(rest);
  if (number != ++count_ || !size || (work_is(Work::kUidl) && !is_uid(uid))) {
    return refuse("not in order in a listing: " + std::string(line));
  }
  if (work_is(Work::kRetr)) sizes_.push_back(*size);
  return true;
}

bool Pop3Client::take_end_of_list() {
  in_list_ = false;
  if (load_.expected_messages != 0 && count_ != load_.expected_messages) {
    return refuse("another number of messages in a listing: " + std::to_string(count_));
  }
  if (work_is(Work::kRetr) && count_ == 0) return refuse("there is nothing to retrieve");
  if (work_is(Work::kRetr)) return begin_messages(Step::kRetr);
  load_.run.done(begun_, 0);
  taken_ = false;
  quit();
  return true;
}

bool Pop3Client::begin_messages(Step step) {
  current_ = 0;
  asked_ = 1;
  begun_ = Clock::now();
  const std::string verb = step == Step::kRetr ? "RETR " : "DELE ";
  std::string commands = verb + "1\r\n";
  // Of RETR each message is a unit, and the first is taken already.
  while (load_.pipelined && asked_ < count_ && (step == Step::kDele || load_.run.take())) {
    commands += verb + std::to_string(++asked_) + "\r\n";
  }
  ask(step, commands);
  return true;
}

std::optional<size_t> Pop3Client::take_message(std::string_view bytes) {
  const size_t used = message_->read(bytes, [this](std::string_view piece) {
    if (load_.sample != nullptr) as_sent_ = as_sent_ && load_.sample->has(octets_, piece);
    octets_ += piece.size();
  });
  if (message_->ended()) {
    message_.reset();
    if (!take_end_of_message()) return std::nullopt;
  }
  return used;
}

bool Pop3Client::take_end_of_message() {
  const uint64_t announced = sizes_[current_];
  if (octets_ != announced || (load_.sample != nullptr && octets_ != load_.sample->octets())) {
    return refuse("LIST says " + std::to_string(announced) + " octets, RETR brought " +
                  std::to_string(octets_));
  }
  if (!as_sent_) return refuse("RETR brought another text than was sent");
  load_.run.done(begun_, octets_);
  begun_ = Clock::now();
  if (++current_ < asked_) return true;  // the next one is on its way
  if (asked_ < count_ && !load_.pipelined && load_.run.take()) {
    send("RETR " + std::to_string(++asked_) + "\r\n");
  } else {
    quit();
  }
  return true;
}

void Pop3Client::quit() {
  taken_ = false;
  ask(Step::kQuit, "QUIT\r\n");
}

void Pop3Client::ask(Step step, std::string_view command) {
  step_ = step;
  send(command);
}

bool Pop3Client::refuse(const std::string& why) {
  close();
  lost(why);
  return false;
}

void Pop3Client::lost(const std::string& why) {
  load_.run.fail(why);
  if (load_.run.gave_up()) taken_ = false;
  start();
}

}  // namespace bench
