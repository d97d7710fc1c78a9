// What the sessions themselves cost: one SMTP transaction, and one RETR, of 4 KiB, without socket
// and disk.
#include <benchmark/benchmark.h>

#include <array>
#include <string>
#include <string_view>
#include <variant>

#include "pop3d/session.h"
#include "smtpd/session.h"
#include "tests/support/fixed_list.h"
#include "tests/support/fixed_users.h"

namespace {

std::string message() {
  std::string text = "Subject: A message of the bench\r\n\r\n";
  while (text.size() < 4096) text += std::string(76, 'x') + "\r\n";
  return text;
}

// Does what the driver would until the session wants to read.
void answer(smtp::Session& session) {
  for (;;) {
    const smtp::Action action = session.next();
    if (std::holds_alternative<protocol::Read>(action)) break;
    if (std::holds_alternative<smtp::AdmitMessage>(action)) {
      session.message_admitted(nullptr);
    } else if (std::holds_alternative<smtp::OpenMessage>(action)) {
      session.message_opened(protocol::StoreOutcome::kDone);
    } else if (std::holds_alternative<smtp::AppendMessage>(action)) {
      session.message_appended(protocol::StoreOutcome::kDone);
    } else if (std::holds_alternative<smtp::CommitMessage>(action)) {
      session.message_committed("18ea9ac1d8edd4e2");
    }
  }
  benchmark::DoNotOptimize(session.take_output());
}

void smtp_transaction(benchmark::State& state) {
  smtp::Settings settings;
  settings.host_name = "h";
  support::FixedUsers users("john.doe@example.com secret\n");
  smtp::Session session(settings, users, {});
  session.receive("EHLO bench\r\n");
  answer(session);
  const std::array<std::string, 4> parts{"MAIL FROM:<me@localhost>\r\n",
                                         "RCPT TO:<john.doe@example.com>\r\n", "DATA\r\n",
                                         message() + ".\r\n"};
  for (auto _ : state) {
    for (const auto& part : parts) {
      session.receive(part);
      answer(session);
    }
  }
  if (session.tally().messages != static_cast<size_t>(state.iterations())) {
    state.SkipWithError("not every message was stored");
  }
}
BENCHMARK(smtp_transaction);

void answer(pop3::Session& session, std::string_view text, const store::MessageList& maildrop) {
  for (;;) {
    const pop3::Action action = session.next();
    if (std::holds_alternative<protocol::Read>(action)) break;
    if (std::holds_alternative<protocol::Authenticate>(action)) {
      session.authenticated(protocol::Accepted{"john.doe@example.com"});
    } else if (std::holds_alternative<pop3::OpenMaildrop>(action)) {
      session.maildrop_opened(maildrop);
    } else if (const auto* read = std::get_if<pop3::ReadMessage>(&action)) {
      session.message_read(text.substr(read->offset, read->max_octets));
    }
  }
  benchmark::DoNotOptimize(session.take_output());
}

void pop3_retr(benchmark::State& state) {
  pop3::Settings settings;
  settings.host_name = "h";
  support::FixedUsers users("john.doe@example.com secret\n");
  const std::string text = message();
  const support::FixedList maildrop({{text.size(), "uid"}});
  pop3::Session session(settings, users, {});
  session.receive("USER john.doe@example.com\r\nPASS secret\r\n");
  answer(session, text, maildrop);
  for (auto _ : state) {
    session.receive("RETR 1\r\n");
    answer(session, text, maildrop);
  }
  if (session.tally().retrieved != static_cast<size_t>(state.iterations())) {
    state.SkipWithError("not every message was retrieved");
  }
}
BENCHMARK(pop3_retr);

}  // namespace
