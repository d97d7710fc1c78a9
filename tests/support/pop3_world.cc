#include "tests/support/pop3_world.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "common/text/dot_stuffing.h"

namespace support {
namespace {

template <class... Ts>
struct Overloaded : Ts... {
  using Ts::operator()...;
};

}  // namespace

Pop3World::Pop3World(pop3::Settings settings, std::string_view users,
                     std::vector<MessageAt> messages, protocol::Channel channel)
    : settings_(std::move(settings)),
      users_(users),
      session_(settings_, users_, channel),
      messages_(std::move(messages)) {}

std::string Pop3World::start() { return run(); }

// What is sent before the handshake is lost in it.
std::string Pop3World::send(std::string_view bytes) {
  if (closed_ || awaits_handshake_) return {};
  session_.receive(bytes);
  return run();
}

std::string Pop3World::end_of_input() {
  if (closed_) return {};
  session_.end_of_input();
  return run();
}

std::string Pop3World::end(protocol::Ending why) {
  session_.end(why);
  return run();
}

std::string Pop3World::start_tls() {
  if (!std::exchange(awaits_handshake_, false)) throw std::logic_error("no handshake is awaited");
  session_.tls_started();
  return run();
}

void Pop3World::take_output(std::string& replies) {
  const std::string output = session_.take_output();
  max_output_ = std::max(max_output_, output.size());
  replies += output;
}

// As the drive loop does, until the session needs what the test has not sent yet.
std::string Pop3World::run() {
  std::string replies;
  for (bool waiting = false; !waiting;) {
    const pop3::Action action = session_.next();
    std::visit(Overloaded{[&](const protocol::Flush&) { take_output(replies); },
                          [&](const protocol::Read&) {
                            take_output(replies);
                            waiting = true;
                          },
                          [&](const protocol::Close&) {
                            take_output(replies);
                            closed_ = waiting = true;
                          },
                          [&](const protocol::StartTls&) {
                            take_output(replies);
                            awaits_handshake_ = waiting = true;
                          },
                          [&](const auto& other) { perform(other); }},
               action);
  }
  return replies;
}

void Pop3World::perform(const protocol::Authenticate& action) {
  if (failures_.erase("login") > 0) return session_.authenticated(protocol::Unavailable{});
  session_.authenticated(login_.step(action, {}));
}

void Pop3World::perform(const pop3::OpenMaildrop& action) {
  using pop3::MaildropRefusal;
  if (failures_.erase("in-use") > 0) return session_.maildrop_refused(MaildropRefusal::kInUse);
  if (failures_.erase("maildrop") > 0) {
    return session_.maildrop_refused(MaildropRefusal::kUnavailable);
  }
  for (size_t i = 0; i < messages_.size(); ++i) {
    if (messages_[i].mailbox != action.mailbox) continue;
    text::WireSize size;
    size.add(messages_[i].text);
    listing_.add({size.octets(), "1a2b-" + std::to_string(maildrop_.size())});
    maildrop_.push_back(i);
  }
  session_.maildrop_opened(listing_);
}

void Pop3World::perform(const pop3::ReadMessage& action) {
  if (failures_.erase("read") > 0) return session_.message_unreadable();
  const std::string& text = messages_[maildrop_.at(action.index)].text;
  session_.message_read(std::string_view(text).substr(std::min<size_t>(action.offset, text.size()),
                                                      std::min(action.max_octets, read_octets_)));
}

void Pop3World::perform(const pop3::RemoveMessages& action) {
  if (failures_.erase("remove") > 0) return session_.messages_removed(false);
  for (auto it = action.indexes.rbegin(); it != action.indexes.rend(); ++it) {
    messages_.erase(messages_.begin() + static_cast<ptrdiff_t>(maildrop_.at(*it)));
  }
  session_.messages_removed(true);
}

}  // namespace support
