#include "common/net/server.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <asio/this_coro.hpp>
#include <csignal>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "common/log.h"
#include "common/net/awaitable.h"
#include "common/net/endpoint_text.h"
#include "tests/common/net/echo_server.h"
#include "tests/support/channel.h"
#include "tests/support/tcp_client.h"

namespace net {
namespace {

using support::TcpClient;

Awaitable<void> serve_nothing(Connection& connection) { co_await connection.close(); }

TEST(ServerTest, EachSocketIsAnnouncedAndAllHaveTheSameFreePort) {
  Server server(ServerSettings{}, serve_nothing);
  testing::internal::CaptureStdout();
  ASSERT_TRUE(server.listen());
  const std::string said = testing::internal::GetCapturedStdout();
  ASSERT_FALSE(server.endpoints().empty());
  std::string expected;
  for (const auto& endpoint : server.endpoints()) {
    EXPECT_EQ(endpoint.port(), server.endpoints().front().port());
    EXPECT_TRUE(endpoint.address().is_loopback());
    expected += "listening on " + to_text(endpoint) + "\n";
  }
  EXPECT_EQ(said, expected);
}

TEST(ServerTest, EndpointIsWrittenAsClientsTakeIt) {
  EXPECT_EQ(to_text({asio::ip::make_address("::1"), 25}), "[::1]:25");
  EXPECT_EQ(to_text({asio::ip::make_address("127.0.0.1"), 25}), "127.0.0.1:25");
}

TEST(ServerTest, AddressThatCannotBeHadIsABadStart) {
  const auto fault_of = [](const std::string& address, uint16_t port) {
    ServerSettings settings;
    settings.addresses = {address};
    settings.port = port;
    const auto listening = Server(settings, serve_nothing).listen();
    return listening ? "" : listening.error();
  };
  const auto holds = [](const std::string& fault, std::string_view begin, std::string_view advice) {
    return fault.starts_with(begin) && fault.find(advice) != std::string::npos;
  };
  EXPECT_PRED3(holds, fault_of("localhost", 0),
               "cannot listen on localhost: ", "such as 127.0.0.1");
  EXPECT_PRED3(holds, fault_of("192.0.2.1", 0),
               "cannot listen on 192.0.2.1:0: ", "(this machine has no such address");
  EchoServer other;
  EXPECT_PRED3(holds, fault_of("127.0.0.1", other.port()),
               "cannot listen on 127.0.0.1:" + std::to_string(other.port()) + ": ",
               "(another server has this port");
}

TEST(ServerTest, AddressNamedTwiceIsOneSocket) {
  ServerSettings settings;
  settings.addresses = {"127.0.0.1", "127.0.0.1"};
  Server server(settings, serve_nothing);
  EXPECT_TRUE(server.listen());
  EXPECT_EQ(server.endpoints().size(), 1U);
}

// Covers: 5321-4.5.4.2-2
TEST(ServerTest, ConnectionPastTheLimitIsRefusedInALine) {
  auto settings = echo_settings();
  settings.max_connections = 1;
  EchoServer server(settings);
  TcpClient first(server.port());
  EXPECT_EQ(first.read_line(), "hello");
  TcpClient second(server.port());
  EXPECT_EQ(second.read_to_end(), "no\n");
  first.send("quit\n");
  EXPECT_EQ(first.read_to_end(), "bye\n");
}

// Mail programs open 15 to 20 at once when they set an account up.
TEST(ServerTest, BurstOfThirtyFromOneAddressGetsThrough) {
  auto settings = echo_settings();
  settings.count_loopback = true;
  EchoServer server(settings);
  std::vector<std::unique_ptr<TcpClient>> burst;
  for (int i = 0; i < 30; ++i) burst.push_back(std::make_unique<TcpClient>(server.port()));
  for (const auto& client : burst) EXPECT_EQ(client->read_line(), "hello");
  for (const auto& client : burst) client->send("quit\n");
  for (const auto& client : burst) EXPECT_EQ(client->read_to_end(), "bye\n");
}

TEST(ServerTest, TheHundredthConnectionOfAnAddressIsServedAndTheOnePastItRefused) {
  auto settings = echo_settings();
  settings.count_loopback = true;
  EchoServer server(settings);
  std::vector<std::unique_ptr<TcpClient>> clients;
  for (int i = 0; i < 100; ++i) {
    clients.push_back(std::make_unique<TcpClient>(server.port()));
    EXPECT_EQ(clients.back()->read_line(), "hello") << i;
  }
  TcpClient one_more(server.port());
  EXPECT_EQ(one_more.read_to_end(), "no\n");
  clients.front()->send("quit\n");
  EXPECT_EQ(clients.front()->read_to_end(), "bye\n");
  EXPECT_EQ(server.ends().take().why, SessionEnd::Why::kQuit);
}

TEST(ServerTest, ConnectionsAreServedByAllThreads) {
  auto settings = echo_settings();
  settings.io_threads = 3;
  EchoServer server(settings, [](store::Done<void> done) {
    std::thread([done = std::move(done)]() mutable { done({}); }).join();
  });
  std::vector<std::unique_ptr<TcpClient>> clients;
  for (int i = 0; i < 30; ++i) clients.push_back(std::make_unique<TcpClient>(server.port()));
  for (const auto& client : clients) client->send("one\nslow\nquit\n");
  for (const auto& client : clients) {
    EXPECT_EQ(client->read_to_end(), "hello\none\nstored\nbye\n");
  }
}

void connect_to(const TcpClient& client, const asio::ip::tcp::endpoint& endpoint) {
  const auto size = static_cast<socklen_t>(endpoint.size());
  ASSERT_EQ(::connect(client.socket(), endpoint.data(), size), 0);
}

TEST(ServerTest, SessionRunsOnTheThreadOfItsSocketWhicheverAddressItCameBy) {
  ServerSettings settings;
  settings.addresses = {"127.0.0.1", "127.0.0.2"};
  settings.io_threads = 3;
  support::Channel<bool> same;
  Server server(settings, [&](Connection& connection) -> Awaitable<void> {
    return [](Connection& served, support::Channel<bool>& is_same) -> Awaitable<void> {
      is_same.put(served.executor() == co_await asio::this_coro::executor);
      co_await served.close();
    }(connection, same);
  });
  ASSERT_TRUE(server.listen());
  std::jthread running([&] { server.run(); });
  const auto endpoints = server.endpoints();
  for (const size_t which : {0U, 1U, 0U, 0U, 1U, 1U, 0U, 1U}) {
    const TcpClient client;
    connect_to(client, endpoints[which]);
    EXPECT_TRUE(same.take());
  }
  server.shut_down();
}

TEST(ServerTest, ShutDownEndsSessionsThatWait) {
  auto settings = echo_settings();
  settings.io_threads = 2;
  EchoServer server(settings);
  TcpClient idle(server.port());
  TcpClient amid_a_line(server.port());
  EXPECT_EQ(idle.read_line(), "hello");
  EXPECT_EQ(amid_a_line.read_line(), "hello");
  amid_a_line.send("unfinish");
  server.shut_down();
  EXPECT_EQ(idle.read_to_end(), "shut-down\n");
  EXPECT_EQ(amid_a_line.read_to_end(), "shut-down\n");
  server.join();
}

TEST(ServerTest, ShutDownSeesThroughWhatIsBegun) {
  support::Channel<store::Done<void>> begun;
  EchoServer server(echo_settings(), [&](store::Done<void> done) { begun.put(std::move(done)); });
  TcpClient busy(server.port());
  TcpClient idle(server.port());
  EXPECT_EQ(busy.read_line(), "hello");
  EXPECT_EQ(idle.read_line(), "hello");
  busy.send("slow\n");
  auto done = begun.take();
  server.shut_down();
  EXPECT_EQ(idle.read_to_end(), "shut-down\n");  // by now the server is at it
  done({});
  EXPECT_EQ(busy.read_to_end(), "stored\nshut-down\n");
  server.join();
}

TEST(ServerTest, ShutDownBeforeRunEndsIt) {
  Server server(echo_settings(), serve_nothing);
  ASSERT_TRUE(server.listen());
  server.shut_down();
  server.run();  // returns
}

TEST(ServerTest, SignalShutsDown) {
  EchoServer server;
  TcpClient idle(server.port());
  EXPECT_EQ(idle.read_line(), "hello");
  ASSERT_EQ(::kill(::getpid(), SIGTERM), 0);
  EXPECT_EQ(idle.read_to_end(), "shut-down\n");
  server.join();
}

TEST(ServerDeathTest, WhatIsNotOverAfterTheGraceIsCutOff) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(
      {
        auto settings = echo_settings();
        settings.shut_down_grace_s = 1;
        support::Channel<store::Done<void>> begun;
        EchoServer server(settings, [&](store::Done<void> done) { begun.put(std::move(done)); });
        TcpClient client(server.port());
        client.send("slow\n");
        const auto never_done = begun.take();
        (void)::kill(::getpid(), SIGINT);
        server.join();
        ::_exit(1);  // join() returned
      },
      testing::ExitedWithCode(0), "");
}

// While it lives this process can open no descriptor more.
class NoDescriptorsLeft {
 public:
  NoDescriptorsLeft() {
    EXPECT_EQ(::getrlimit(RLIMIT_NOFILE, &before_), 0);
    const int next = ::open("/dev/null", O_RDONLY | O_CLOEXEC);  // the lowest one that is free
    EXPECT_GE(next, 0);
    rlimit none = before_;
    none.rlim_cur = static_cast<rlim_t>(next);
    EXPECT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
    ::close(next);
  }
  NoDescriptorsLeft(const NoDescriptorsLeft&) = delete;
  NoDescriptorsLeft& operator=(const NoDescriptorsLeft&) = delete;
  ~NoDescriptorsLeft() { ::setrlimit(RLIMIT_NOFILE, &before_); }

 private:
  rlimit before_{};
};

// Waits until the log says this.
void await_in_log(int reading_end, std::string_view what) {
  std::string logged;
  std::array<char, 512> buffer{};
  while (logged.find(what) == std::string::npos) {
    const ssize_t octets = ::read(reading_end, buffer.data(), buffer.size());
    ASSERT_GT(octets, 0);
    logged.append(buffer.data(), static_cast<size_t>(octets));
  }
}

// Covers: 5321-4.5.4.2-1
TEST(ServerTest, OutOfDescriptorsItPausesAndGoesOn) {
  std::array<int, 2> log_pipe{};
  ASSERT_EQ(::pipe2(log_pipe.data(), O_CLOEXEC), 0);
  {
    const logging::Log log({.descriptor = log_pipe[1]});
    EchoServer server;
    TcpClient client;
    {
      const NoDescriptorsLeft none;
      client.connect(server.port());
      await_in_log(log_pipe[0], "accepting-paused");
    }
    client.send("quit\n");
    EXPECT_EQ(client.read_to_end(), "hello\nbye\n");
  }
  for (const int end : log_pipe) ::close(end);
}

}  // namespace
}  // namespace net
