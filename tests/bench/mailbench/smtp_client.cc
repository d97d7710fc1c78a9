#include "tests/bench/mailbench/smtp_client.h"

#include <numeric>
#include <string>

namespace bench {

void SmtpClient::start() {
  if (!taken_) taken_ = load_.run.take();
  if (!taken_) {
    step_ = Step::kFinished;
    return;
  }
  step_ = Step::kGreeting;
  reply_.clear();
  secured_ = false;
  if (load_.handshakes_only) begun_ = Clock::now();
  open();
}

void SmtpClient::receive(std::string_view bytes) {
  while (!bytes.empty()) {
    const size_t end = bytes.find('\n');
    reply_ += bytes.substr(0, end);
    if (end == std::string_view::npos) return;
    bytes.remove_prefix(end + 1);
    const std::string_view line = reply_;
    if (line.size() < 3) {
      refuse(line);
      return;
    }
    const bool more_follows = line.size() > 3 && line[3] == '-';
    if (!more_follows && !take_reply(line.substr(0, 3), line)) return;
    reply_.clear();
  }
}

bool SmtpClient::take_reply(std::string_view code, std::string_view line) {
  switch (step_) {
    case Step::kGreeting:
      if (code != "220") return refuse(line);
      say_hello();
      return true;
    case Step::kHello:
      if (code != "250") return refuse(line);
      return take_hello_reply();
    case Step::kStartTls:
      if (code != "220") return refuse(line);
      step_ = Step::kHandshake;
      reply_.clear();
      start_tls(*load_.tls);
      return false;
    case Step::kEnvelope:
      return take_envelope_reply(code, line);
    case Step::kStored:
      if (code != "250") return refuse(line);
      stored();
      return true;
    case Step::kQuit:
      close();
      if (code != "221") return refuse(line);
      if (load_.handshakes_only) load_.run.done(begun_, 0);
      start();
      return false;
    case Step::kStart:
    case Step::kHandshake:
    case Step::kFinished:
      break;
  }
  return refuse(line);  // it spoke unasked
}

void SmtpClient::say_hello() {
  step_ = Step::kHello;
  send("EHLO bench.example\r\n");
}

bool SmtpClient::take_hello_reply() {
  if (load_.tls != nullptr && !secured_) {
    if (load_.handshakes_only) taken_ = false;
    step_ = Step::kStartTls;
    send("STARTTLS\r\n");
  } else {
    begin_message();
  }
  return true;
}

void SmtpClient::secured() {
  secured_ = true;
  if (load_.handshakes_only) {
    quit();
  } else {
    say_hello();
  }
}

void SmtpClient::quit() {
  step_ = Step::kQuit;
  send("QUIT\r\n");
}

void SmtpClient::begin_message() {
  taken_ = false;
  number_ = load_.next_message++;
  answered_ = 0;
  envelope_.assign(1, "MAIL FROM:<sender@bench.example>\r\n");
  for (size_t i = 0; i < load_.recipients; ++i) {
    const auto& account = load_.accounts[(number_ + i) % load_.accounts.size()];
    envelope_.push_back("RCPT TO:<" + account.name + ">\r\n");
  }
  envelope_.emplace_back("DATA\r\n");
  step_ = Step::kEnvelope;
  begun_ = Clock::now();
  send(load_.pipelined ? std::accumulate(envelope_.begin(), envelope_.end(), std::string())
                       : envelope_.front());
}

bool SmtpClient::take_envelope_reply(std::string_view code, std::string_view line) {
  const bool is_last = ++answered_ == envelope_.size();
  if (code != (is_last ? "354" : "250")) return refuse(line);
  if (is_last) {
    step_ = Step::kStored;
    send(load_.message.head(number_), load_.message.data_after_head());
  } else if (!load_.pipelined) {
    send(envelope_[answered_]);
  }
  return true;
}

void SmtpClient::stored() {
  load_.run.done(begun_, load_.message.octets());
  taken_ = load_.run.take();
  if (taken_ && !load_.reconnects) return begin_message();
  quit();
}

bool SmtpClient::refuse(std::string_view line) {
  close();
  lost("unexpected reply: " + std::string(line));
  return false;
}

void SmtpClient::lost(const std::string& why) {
  load_.run.fail(why);
  if (load_.run.gave_up()) taken_ = false;
  start();
}

}  // namespace bench
