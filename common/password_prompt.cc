#include "common/password_prompt.h"

#include <termios.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstddef>
#include <cstdlib>
#include <iostream>
#include <optional>
#include <string>

namespace service {
namespace {

// The terminal as it was before a Silence, for a signal that ends the process meanwhile.
termios terminal_before;

// Only calls that a handler may make (signal-safety(7)).
void restore_and_end(int signal) {
  ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &terminal_before);
  // Held back until the handler is done; then it ends the process, as is its way.
  (void)::raise(signal);
}

// While it lives the terminal does not show what is typed. One at a time. A signal that ends the
// process leaves the terminal as it was.
class Silence {
 public:
  Silence() {
    if (::tcgetattr(STDIN_FILENO, &terminal_before) != 0) return;
    handle_signals();
    termios silent = terminal_before;
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    silent.c_lflag |= ECHONL;
    changed_ = ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent) == 0;
  }
  Silence(const Silence&) = delete;
  Silence& operator=(const Silence&) = delete;
  ~Silence() {
    if (changed_) ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &terminal_before);
    for (size_t i = 0; i < handled_; ++i) ::sigaction(kSignals[i], &before_[i], nullptr);
  }

 private:
  static constexpr std::array kSignals{SIGINT, SIGTERM, SIGQUIT, SIGHUP};

  // Those that are ignored stay so (nohup).
  void handle_signals() {
    struct sigaction action{};
    action.sa_handler = restore_and_end;
    action.sa_flags = static_cast<int>(SA_RESETHAND);
    for (const int signal : kSignals) {
      struct sigaction& before = before_[handled_++];
      ::sigaction(signal, &action, &before);
      if (before.sa_handler == SIG_IGN) ::sigaction(signal, &before, nullptr);
    }
  }

  std::array<struct sigaction, kSignals.size()> before_{};
  size_t handled_ = 0;
  bool changed_ = false;
};

std::optional<std::string> read_line(std::string_view prompt) {
  std::cerr << prompt << std::flush;
  std::string line;
  if (!std::getline(std::cin, line)) return std::nullopt;
  if (line.ends_with('\r')) line.pop_back();
  return line;
}

}  // namespace

int hash_password(std::string_view program, users::HashScheme scheme) {
  const auto fail = [program](std::string_view why) {
    std::cerr << program << ": " << why << '\n';
    return EXIT_FAILURE;
  };
  std::optional<std::string> password;
  if (::isatty(STDIN_FILENO) == 1) {
    const Silence silence;
    password = read_line("Password: ");
    if (password && read_line("Again: ") != password) return fail("the two are not the same");
  } else {
    password = read_line({});
  }
  if (!password || password->empty()) return fail("no password was given");
  const auto field = users::hash_password(*password, scheme);
  if (!field) return fail(field.error());
  std::cout << *field << '\n' << std::flush;
  return std::cout ? EXIT_SUCCESS : fail("it cannot be written");
}

}  // namespace service
