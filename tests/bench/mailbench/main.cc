// mailbench: a load generator for mail servers on this machine. See --help.
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tests/bench/mailbench/accounts.h"
#include "tests/bench/mailbench/endpoint.h"
#include "tests/bench/mailbench/event_loop.h"
#include "tests/bench/mailbench/idle_load.h"
#include "tests/bench/mailbench/options.h"
#include "tests/bench/mailbench/pop3_client.h"
#include "tests/bench/mailbench/report.h"
#include "tests/bench/mailbench/run.h"
#include "tests/bench/mailbench/sample_message.h"
#include "tests/bench/mailbench/server_usage.h"
#include "tests/bench/mailbench/smtp_client.h"
#include "tests/bench/mailbench/tls_stream.h"

namespace bench {
namespace {

constexpr int kWrongCommandLine = 2;

std::chrono::nanoseconds seconds(double s) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::duration<double>(s));
}

Bounds bounds_of(const Options& options) {
  return {options.units, seconds(options.seconds), seconds(options.warm_up_s),
          seconds(options.give_up_s)};
}

int wrong(const std::string& why) {
  std::fprintf(stderr, "mailbench: %s\n", why.c_str());
  return kWrongCommandLine;
}

template <class Result>
int print(const std::string& line, const Result& result) {
  std::printf("%s\n", line.c_str());
  return result.errors == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

// Until all clients have finished.
template <class Client>
void drive(EventLoop& loop, Run& run, std::vector<std::unique_ptr<Client>>& clients) {
  for (auto& client : clients) client->start();
  const auto busy = [](const auto& client) { return !client->finished(); };
  while (!run.gave_up() && std::ranges::any_of(clients, busy)) {
    loop.run_once(std::chrono::milliseconds(50));
    run.tick();
  }
}

int send_messages(const Options& options, Endpoint server, ServerUsage& usage) {
  const auto accounts = read_accounts(options.users_file);
  if (!accounts) return wrong(accounts.error());
  if (options.recipients > accounts->size()) return wrong("there are not so many users");
  EventLoop loop;
  const SampleMessage message(options.octets);
  Run run(bounds_of(options), usage);
  const auto tls = options.tls ? std::make_unique<TlsContext>() : nullptr;
  SmtpLoad load{message,
                *accounts,
                options.recipients,
                options.pipelined,
                options.reconnects,
                tls.get(),
                options.handshakes_only,
                run};
  std::vector<std::unique_ptr<SmtpClient>> clients;
  for (uint64_t i = 0; i < options.sessions; ++i) {
    clients.push_back(std::make_unique<SmtpClient>(loop, server, load));
  }
  drive(loop, run, clients);
  auto result = run.result();
  return print(
      report(options.handshakes_only ? "handshakes" : "messages", result, usage.is_known()),
      result);
}

int fetch_messages(const Options& options, Endpoint server, ServerUsage& usage) {
  using Work = Pop3Load::Work;
  static const std::map<std::string, Work> kWorks{{"login", Work::kLogin},
                                                  {"list", Work::kList},
                                                  {"uidl", Work::kUidl},
                                                  {"retr", Work::kRetr},
                                                  {"dele", Work::kDele}};
  const auto accounts = read_accounts(options.users_file);
  if (!accounts) return wrong(accounts.error());
  if (options.sessions > accounts->size()) return wrong("each session takes a user of its own");
  EventLoop loop;
  const SampleMessage sample(options.octets);
  Run run(bounds_of(options), usage);
  const Work work = kWorks.at(options.work);
  Pop3Load load{work, options.pipelined, options.expected_messages,
                options.checks_text ? &sample : nullptr, run};
  std::vector<std::unique_ptr<Pop3Client>> clients;
  for (uint64_t i = 0; i < options.sessions; ++i) {
    clients.push_back(std::make_unique<Pop3Client>(loop, server, (*accounts)[i], load));
  }
  drive(loop, run, clients);
  auto result = run.result();
  return print(report(work == Work::kRetr ? "messages" : "logins", result, usage.is_known()),
               result);
}

int hold_connections(const Options& options, Endpoint server, const ServerUsage& usage) {
  EventLoop loop;
  IdleLoad load(loop, server, usage);
  auto result = load.run(
      {options.connections, options.at_once, seconds(options.hold_s), seconds(options.give_up_s)});
  return print(report(result, usage.is_known()), result);
}

// As many descriptors as we may have.
void raise_descriptors() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

int run_mode(const Options& options) {
  if (options.mode == Mode::kText) {
    const std::string text = SampleMessage(options.octets).text(0);
    return std::fwrite(text.data(), 1, text.size(), stdout) == text.size() ? EXIT_SUCCESS
                                                                           : EXIT_FAILURE;
  }
  raise_descriptors();
  std::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes without MSG_NOSIGNAL
  const auto server = Endpoint::loopback(options.host, options.port);
  if (!server) return wrong(server.error());
  ServerUsage usage(options.server_pid, options.server_cgroup);
  if (options.mode == Mode::kSmtp) return send_messages(options, *server, usage);
  if (options.mode == Mode::kPop3) return fetch_messages(options, *server, usage);
  return hold_connections(options, *server, usage);
}

}  // namespace
}  // namespace bench

int main(int argc, char** argv) {
  try {
    const auto options = bench::parse_options(argc, argv);
    return options ? bench::run_mode(*options) : options.error();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "mailbench: %s\n", error.what());
    return EXIT_FAILURE;
  }
}
