#include "common/password_prompt.h"

#include <termios.h>
#include <unistd.h>

#include <cstdlib>
#include <iostream>
#include <optional>
#include <string>

namespace service {
namespace {

// While it lives the terminal does not show what is typed.
class Silence {
 public:
  Silence() {
    if (::tcgetattr(STDIN_FILENO, &before_) != 0) return;
    termios silent = before_;
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    silent.c_lflag |= ECHONL;
    changed_ = ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent) == 0;
  }
  Silence(const Silence&) = delete;
  Silence& operator=(const Silence&) = delete;
  ~Silence() {
    if (changed_) ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
  }

 private:
  termios before_{};
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
