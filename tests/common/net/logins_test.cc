#include "common/net/logins.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <variant>
#include <vector>

#include "common/net/awaitable.h"
#include "common/net/server.h"
#include "tests/support/channel.h"
#include "tests/support/tcp_client.h"

namespace net {
namespace {

using support::TcpClient;

constexpr std::string_view kPlain = "john@example.com right\n";
constexpr std::string_view kHashed =
    "mary@example.com {SCRAM-SHA-256}4096,W22ZaJ0SNY7soEsUEjb6gQ==,"
    "WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=,wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=\n";

// Users whose look-ups on any thread but the one that serves connections wait for the test.
class HeldUsers : public users::UserSource {
 public:
  explicit HeldUsers(std::string_view text)
      : db_(std::make_shared<const users::UserDb>(*users::UserDb::parse(text))) {}

  void serve_on_this_thread() { serving_ = std::this_thread::get_id(); }
  std::shared_ptr<const users::UserDb> current() override {
    if (std::this_thread::get_id() != serving_) {
      asked_.put(true);
      (void)go_on_.take();
    }
    return db_;
  }

  support::Channel<bool> asked_;
  support::Channel<bool> go_on_;

 private:
  const std::shared_ptr<const users::UserDb> db_;
  std::thread::id serving_;
};

// A client sends a name, a blank and a password; the server answers what came of it.
class LoginServer {
 public:
  LoginServer(std::string_view users, bool throttle_loopback,
              size_t most_waiting = Logins::kMostWaiting)
      : users_(users),
        logins_(users_, throttle_loopback, most_waiting),
        server_(settings(), [this](auto& connection) { return serve(connection); }) {
    const auto listening = server_.listen();
    EXPECT_TRUE(listening.has_value());
    thread_ = std::jthread([this] {
      users_.serve_on_this_thread();
      server_.run();
    });
  }
  LoginServer(const LoginServer&) = delete;
  LoginServer& operator=(const LoginServer&) = delete;
  ~LoginServer() { shut_down(); }

  uint16_t port() const { return server_.endpoints().front().port(); }
  HeldUsers& users() { return users_; }
  void shut_down() { server_.shut_down(); }

 private:
  static ServerSettings settings() {
    ServerSettings settings;
    settings.addresses = {"127.0.0.1"};
    return settings;
  }

  static std::string text_of(const protocol::AuthOutcome& outcome) {
    if (const auto* accepted = std::get_if<protocol::Accepted>(&outcome)) return accepted->user;
    return std::holds_alternative<protocol::Refused>(outcome) ? "refused" : "unavailable";
  }

  static Awaitable<Heard> read(Connection& connection) {
    connection.begin_read(65536, protocol::Awaited::kCommand);
    for (;;) {
      if (const auto heard = connection.read_now()) co_return *heard;
      co_await connection.readable();
    }
  }

  Awaitable<void> serve(Connection& connection) {
    ConnectionLogins logins(logins_, connection);
    for (;;) {
      const Heard heard = co_await read(connection);
      if (heard.what != Heard::What::kBytes) break;
      const std::string line(heard.bytes.substr(0, heard.bytes.find('\n')));
      const size_t blank = line.find(' ');
      const protocol::Authenticate action{
          protocol::Credentials{line.substr(0, blank), line.substr(blank + 1)}};
      const auto outcome = co_await logins.step(action);
      const std::string answer = text_of(outcome) + "\n";
      const auto error = co_await connection.write(answer);
      if (error) break;
    }
    co_await connection.close();
  }

  HeldUsers users_;
  Logins logins_;
  Server server_;
  std::jthread thread_;
};

std::string answer(TcpClient& client, const std::string& login) {
  client.send(login + "\n");
  return client.read_line();
}

// As many wrong passwords as cost no wait yet, and one more, by as many clients at a time.
void guess(const LoginServer& server, const std::vector<std::string>& names) {
  std::vector<std::unique_ptr<TcpClient>> clients;
  for (size_t i = 0; i < users::GuessLimit::kDistinct; ++i) {
    clients.push_back(std::make_unique<TcpClient>(server.port()));
    clients.back()->send(names[i % names.size()] + " guess" + std::to_string(i) + "\n");
  }
  for (const auto& client : clients) EXPECT_EQ(client->read_line(), "refused");
}

TEST(LoginsTest, WhoGuessedTooOftenWaitsThoughThePasswordIsRight) {
  const LoginServer server(kPlain, true);
  guess(server, {"john@example.com"});
  TcpClient client(server.port());
  EXPECT_EQ(answer(client, "john@example.com right"), "unavailable");
  EXPECT_EQ(answer(client, "somebody@example.com x"), "refused");
}

TEST(LoginsTest, SpellingsOfANameHaveNoGuessesOfTheirOwn) {
  const LoginServer server(kPlain, true);
  guess(server, {"john@example.com", "John@Example.COM", "john"});
  TcpClient client(server.port());
  EXPECT_EQ(answer(client, "JOHN right"), "unavailable");
}

TEST(LoginsTest, LoopbackNeedNotWaitUnlessAsked) {
  const LoginServer server(kPlain, false);
  guess(server, {"john@example.com"});
  guess(server, {"john@example.com"});
  TcpClient client(server.port());
  EXPECT_EQ(answer(client, "john right"), "john@example.com");
}

TEST(LoginsTest, WhileAPasswordIsHashedOthersAreServed) {
  LoginServer server(std::string(kPlain) + std::string(kHashed), true);
  TcpClient hashing(server.port());
  hashing.send("mary@example.com pencil\n");
  (void)server.users().asked_.take();  // on another thread than the connections'
  // Served: its end is noticed.
  TcpClient other(server.port());
  other.end_input();
  EXPECT_EQ(other.read_to_end(), "");
  server.users().go_on_.put(true);
  EXPECT_EQ(hashing.read_line(), "mary@example.com");
}

TEST(LoginsTest, OneMoreThanMayWaitIsToldAtOnceThatItCannotBeDoneNow) {
  LoginServer server(kHashed, true, 1);
  TcpClient hashing(server.port());
  hashing.send("mary@example.com pencil\n");
  (void)server.users().asked_.take();  // from here on the only place is taken
  TcpClient late(server.port());
  EXPECT_EQ(answer(late, "mary@example.com pencil"), "unavailable");
  EXPECT_EQ(answer(late, "mary@example.com wrong"), "unavailable");
  server.users().go_on_.put(true);
  EXPECT_EQ(hashing.read_line(), "mary@example.com");
  late.send("mary@example.com pencil\n");
  (void)server.users().asked_.take();
  server.users().go_on_.put(true);
  EXPECT_EQ(late.read_line(), "mary@example.com");
}

TEST(LoginsTest, ShutDownSeesTheHashThrough) {
  LoginServer server(kHashed, true);
  TcpClient hashing(server.port());
  hashing.send("mary@example.com pencil\n");
  (void)server.users().asked_.take();
  TcpClient idle(server.port());
  server.shut_down();
  EXPECT_EQ(idle.read_to_end(), "");  // by now the server is at it
  server.users().go_on_.put(true);
  EXPECT_EQ(hashing.read_line(), "mary@example.com");
}

}  // namespace
}  // namespace net
