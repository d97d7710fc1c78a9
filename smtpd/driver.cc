#include "smtpd/driver.h"

#include <chrono>
#include <expected>
#include <memory>
#include <string>
#include <system_error>
#include <utility>
#include <variant>

#include "common/log.h"
#include "common/net/await_done.h"
#include "common/net/awaitable.h"
#include "common/net/session_driver.h"
#include "common/net/store_outcome.h"
#include "smtpd/reply.h"
#include "smtpd/trace.h"

namespace smtp {
namespace {

using protocol::StoreOutcome;

class Handler {
 public:
  // The three outlive the handler.
  Handler(Session& session, const World& world, net::Connection& connection)
      : session_(session),
        world_(world),
        connection_(connection),
        logins_(world.logins, connection) {}

  net::TlsContext* tls() const { return world_.tls; }

  // While the others run the client is still sending its message, and waits for nothing.
  static bool is_slow(const Action& action) {
    return std::holds_alternative<CommitMessage>(action) ||
           std::holds_alternative<protocol::Authenticate>(action);
  }

  net::Awaitable<void> perform(ClaimRoom& action) {
    using store::MailboxQuota;
    if (!claim_) claim_ = std::make_unique<MailboxQuota::Claim>(*world_.quota, action.octets);
    const auto room = co_await net::await_done<MailboxQuota::Room>(
        [this, &action](store::Done<MailboxQuota::Room> done) {
          claim_->ask(action.mailbox, std::move(done));
        });
    if (!room) {
      logging::error(
          "mailbox-not-measured",
          {{"session", connection_.number()}, {"user", action.mailbox}, {"reason", room.error()}});
      session_.room_answered(Room::kUnknown);
      co_return;
    }
    if (!room->is_there) {
      logging::warning("mailbox-full", {{"session", connection_.number()},
                                        {"user", action.mailbox},
                                        {"stored", room->stored},
                                        {"coming", room->coming},
                                        {"asked", action.octets},
                                        {"quota", world_.quota->octets()}});
    }
    session_.room_answered(room->is_there ? Room::kThere : Room::kNone);
  }

  net::Awaitable<void> perform(ReleaseRoom&) {
    claim_.reset();
    return net::do_nothing();
  }

  net::Awaitable<void> perform(AdmitMessage& action) {
    auto place = world_.room.take_place();
    if (!place) {
      log_no_room("memory", world_.room.memory_taken());
      co_return session_.message_not_admitted();
    }
    const bool fits = co_await has_disk_for(action.octets);
    if (fits) co_return session_.message_admitted(std::move(place));
    log_no_room("disk", world_.room.disk_free());
    session_.message_not_admitted();
  }

  net::Awaitable<void> perform(OpenMessage& action) {
    appended_ = 0;
    delivery_ = world_.store.new_delivery();
    StoreOutcome outcome = StoreOutcome::kDone;
    if (world_.trace_headers) {
      const auto now = std::chrono::system_clock::now().time_since_epoch();
      const std::string lines =
          trace_lines(action.origin, connection_.peer_address(), world_.settings.host_name,
                      std::chrono::floor<std::chrono::seconds>(now).count());
      outcome = co_await append(lines);
    }
    session_.message_opened(outcome);
  }

  net::Awaitable<void> perform(AppendMessage& action) {
    const StoreOutcome outcome = co_await append(action.text);
    session_.message_appended(outcome);
  }

  net::Awaitable<void> perform(CommitMessage& action) {
    using std::chrono::steady_clock;
    const auto begin = steady_clock::now();
    const size_t recipients = action.mailboxes.size();
    const auto id = co_await net::await_done<store::MessageId>(
        [this, &action](store::Done<store::MessageId> done) {
          delivery_->commit(std::move(action.mailboxes), std::move(done));
        });
    delivery_.reset();
    if (claim_ && id) claim_->landed(appended_);
    claim_.reset();
    if (!id) {
      log_failure("message-not-stored", id.error());
      session_.message_not_committed(net::store_outcome(id.error()));
      co_return;
    }
    const auto took = std::chrono::ceil<std::chrono::milliseconds>(steady_clock::now() - begin);
    logging::info("message-stored", {{"session", connection_.number()},
                                     {"id", id->text},
                                     {"octets", action.octets},
                                     {"recipients", recipients},
                                     {"milliseconds", took.count()}});
    if (action.bare_newline) {
      logging::info("bare-newline", {{"session", connection_.number()},
                                     {"id", id->text},
                                     {"which", action.bare_newline->which == '\n' ? "LF" : "CR"},
                                     {"octet", action.bare_newline->octet}});
    }
    session_.message_committed(id->text);
  }

  // Before the refusal, so that the next message finds the room that this one had.
  net::Awaitable<void> perform(DiscardMessage&) {
    const auto dropped = co_await net::await_done<void>(
        [this](store::Done<void> done) { delivery_->drop(std::move(done)); });
    if (!dropped) log_failure("message-not-stored", dropped.error());
    delivery_.reset();
  }

  net::Awaitable<void> perform(protocol::Authenticate& action) {
    const auto outcome = co_await logins_.step(action);
    if (const auto* accepted = std::get_if<protocol::Accepted>(&outcome)) {
      logging::info("login", {{"session", connection_.number()},
                              {"user", accepted->user},
                              {"peer", connection_.peer()}});
    }
    session_.authenticated(outcome);
  }

 private:
  // A disk that does not say how full it is will say so when it is written to.
  net::Awaitable<bool> has_disk_for(uint64_t octets) {
    using Clock = MessageRoom::Clock;
    auto& room = world_.room;
    if (!room.reserves_disk()) co_return true;
    if (!room.knows_disk(Clock::now())) {
      const auto free_octets = co_await net::await_done<uint64_t>(
          [this](store::Done<uint64_t> done) { world_.store.free_octets(std::move(done)); });
      if (!free_octets) {
        log_failure("disk-unknown", free_octets.error());
        co_return true;
      }
      room.disk_looked_at(*free_octets, Clock::now());
    }
    co_return room.take_disk(octets);
  }

  void log_no_room(std::string_view limit, uint64_t octets) const {
    logging::warning("message-not-admitted",
                     {{"session", connection_.number()}, {"limit", limit}, {"octets", octets}});
  }

  net::Awaitable<StoreOutcome> append(std::string_view text) {
    appended_ += text.size();
    if (claim_) claim_->grow_to(appended_);
    std::error_code error;
    if (!delivery_->append(text)) {
      const auto flushed = co_await net::await_done<void>(
          [this](store::Done<void> done) { delivery_->flush(std::move(done)); });
      if (!flushed) error = flushed.error();
    }
    if (error) log_failure("message-not-stored", error);
    co_return net::store_outcome(error);
  }

  void log_failure(std::string_view event, const std::error_code& error) const {
    logging::error(event, {{"session", connection_.number()}, {"reason", error}});
  }

  Session& session_;
  const World& world_;
  const net::Connection& connection_;
  net::ConnectionLogins logins_;
  std::unique_ptr<store::Delivery> delivery_;          // of the message that is coming in
  uint64_t appended_ = 0;                              // octets of it so far
  std::unique_ptr<store::MailboxQuota::Claim> claim_;  // the room for it, where there is a quota
};

void log_end(const net::Connection& connection, const net::SessionEnd& end, const Tally& tally) {
  const std::string recipients =
      std::to_string(tally.recipients) + '/' + std::to_string(tally.asked);
  net::log_end(connection, end,
               {{"mail", tally.messages},
                {"rcpt", recipients},
                {"commands", tally.commands},
                {"octets", tally.octets}});
}

}  // namespace

net::Awaitable<void> serve(net::Connection& connection, const World& world) {
  Session session(world.settings, world.users, net::channel_of(connection));
  Handler handler(session, world, connection);
  net::SessionDriver driver(connection, session, handler);
  while (!driver.is_over()) co_await driver.go_on();
  log_end(connection, driver.end(), session.tally());
}

std::string refusal(const Settings& settings) {
  return render(closing_down(settings.host_name), Greeting::kNone);
}

}  // namespace smtp
