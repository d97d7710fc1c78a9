#include "pop3d/driver.h"

#include <algorithm>
#include <array>
#include <asio/redirect_error.hpp>
#include <asio/steady_timer.hpp>
#include <chrono>
#include <expected>
#include <memory>
#include <optional>
#include <span>
#include <system_error>
#include <utility>
#include <variant>
#include <vector>

#include "common/log.h"
#include "common/net/await_done.h"
#include "common/net/awaitable.h"
#include "common/net/session_driver.h"
#include "pop3d/reply.h"

namespace pop3 {
namespace {

// A login that finds its maildrop taken tries again for a while: the session that holds it is often
// the same client's last one, at its QUIT.
constexpr std::chrono::milliseconds kTryAgainAfter{100};
constexpr int kTries = 21;  // two seconds

class Handler {
 public:
  // Both outlive the handler.
  Handler(const World& world, net::Connection& connection)
      : world_(world), connection_(connection), logins_(world.logins, connection) {}

  net::TlsContext* tls() const { return world_.tls; }

  // The session that asks, set before the first action; it is destroyed before the handler, since
  // it looks into the maildrop's list of messages.
  void attach(Session& session) { session_ = &session; }

  // A piece of a message comes fast, and short messages then leave together.
  static bool is_slow(const Action& action) { return !std::holds_alternative<ReadMessage>(action); }

  net::Awaitable<void> perform(protocol::Authenticate& action) {
    const auto outcome = co_await logins_.step(action);
    session_->authenticated(outcome);
  }

  net::Awaitable<void> perform(OpenMaildrop& action) {
    auto opened = co_await open(action.mailbox);
    if (!opened) {
      const bool in_use = opened.error() == store::MaildropError::kInUse;
      logging::log(in_use ? logging::Level::kInfo : logging::Level::kError, "maildrop-not-opened",
                   {{"session", connection_.number()},
                    {"user", action.mailbox},
                    {"reason", opened.error()}});
      session_->maildrop_refused(in_use ? MaildropRefusal::kInUse : MaildropRefusal::kUnavailable);
      co_return;
    }
    maildrop_ = *std::move(opened);
    logging::info("login", {{"session", connection_.number()},
                            {"user", action.mailbox},
                            {"peer", connection_.peer()},
                            {"messages", maildrop_->messages().size()}});
    session_->maildrop_opened(maildrop_->messages());
  }

  net::Awaitable<void> perform(ReadMessage& action) {
    if (end_ == End{action.index, action.offset}) {
      session_->message_read({});
      co_return;
    }
    // It lives only while a message is being sent: an idle session has none.
    using Buffer = std::array<char, Limits::kReadOctets>;
    const auto buffer = std::make_unique_for_overwrite<Buffer>();
    const auto room = std::span<char>(*buffer).first(std::min(action.max_octets, buffer->size()));
    const auto octets =
        co_await net::await_done<size_t>([this, &action, room](store::Done<size_t> done) {
          maildrop_->read(action.index, action.offset, room, std::move(done));
        });
    if (!octets) {
      logging::error("message-not-read", {{"session", connection_.number()},
                                          {"message", action.index + 1},
                                          {"reason", octets.error()}});
      session_->message_unreadable();
      co_return;
    }
    // Less than asked for: the next read would find the end. Spares a way to the store and back.
    if (*octets < room.size()) end_ = End{action.index, action.offset + *octets};
    session_->message_read({room.data(), *octets});
  }

  net::Awaitable<void> perform(RemoveMessages& action) {
    const size_t count = action.indexes.size();
    std::error_code error;
    if (count > 0) {
      const auto removed = co_await net::await_done<void>([this, &action](store::Done<void> done) {
        maildrop_->remove(std::move(action.indexes), std::move(done));
      });
      if (!removed) error = removed.error();
    }
    maildrop_.reset();  // unlocked before the reply: the client may log in again at once
    if (error) {
      logging::error("messages-not-removed",
                     {{"session", connection_.number()}, {"messages", count}, {"reason", error}});
    } else if (count > 0) {
      logging::info("messages-removed", {{"session", connection_.number()}, {"messages", count}});
    }
    session_->messages_removed(!error);
  }

 private:
  using Opened = std::expected<std::unique_ptr<store::Maildrop>, std::error_code>;

  net::Awaitable<Opened> open(const std::string& mailbox) {
    for (int tries = 1;; ++tries) {
      Opened opened = co_await net::await_done<std::unique_ptr<store::Maildrop>>(
          [this, &mailbox](store::Done<std::unique_ptr<store::Maildrop>> done) {
            world_.store.open_maildrop(mailbox, std::move(done));
          });
      if (opened || opened.error() != store::MaildropError::kInUse || tries == kTries) {
        co_return opened;
      }
      asio::steady_timer pause(connection_.executor(), kTryAgainAfter);
      std::error_code ignored;
      co_await pause.async_wait(asio::redirect_error(net::kAwait, ignored));
    }
  }

  // Where a message is known to end.
  struct End {
    size_t index = 0;
    uint64_t offset = 0;
    bool operator==(const End&) const = default;
  };

  const World& world_;
  net::Connection& connection_;
  net::ConnectionLogins logins_;
  Session* session_ = nullptr;
  std::unique_ptr<store::Maildrop> maildrop_;
  std::optional<End> end_;
};

void log_end(const net::Connection& connection, const net::SessionEnd& end, const Tally& tally) {
  std::vector<logging::Field> counts{{"retr", tally.retrieved}, {"dele", tally.deleted}};
  if (tally.left) counts.emplace_back("left", *tally.left);
  counts.emplace_back("commands", tally.commands);
  net::log_end(connection, end, logging::Fields(counts));
}

}  // namespace

net::Awaitable<void> serve(net::Connection& connection, const World& world) {
  Handler handler(world, connection);
  Session session(world.settings, world.users, net::channel_of(connection));
  handler.attach(session);
  net::SessionDriver driver(connection, session, handler);
  while (!driver.is_over()) co_await driver.go_on();
  log_end(connection, driver.end(), session.tally());
}

std::string refusal() { return render(closing_down()); }

}  // namespace pop3
