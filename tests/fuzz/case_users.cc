#include "tests/fuzz/case_users.h"

#include <string>
#include <variant>

#include "tests/support/fixed_users.h"

namespace fuzz {
namespace {

struct Password {
  std::string_view user;
  std::string_view text;
};
constexpr Password kPasswords[] = {
    {"john.doe@example.com", "password123"},
    {"mary.smith@example.com", "mypasswordisstrongerthanyours"},
    {"edward.snowden@example.com", "ThisIsA100%SecureAndMemorablePassword"},
    {"a@b", "x"}};

std::string users_file() {
  std::string file;
  for (const auto& one : kPasswords) file.append(one.user).append(" ").append(one.text) += '\n';
  return file;
}

}  // namespace

users::UserSource& all_users() {
  static support::FixedUsers users(users_file());
  return users;
}

const users::User* user_of_password_in(std::string_view text) {
  for (const auto& one : kPasswords) {
    if (text.contains(one.text)) return all_users().current()->find(one.user);
  }
  return nullptr;
}

protocol::AuthOutcome sasl_outcome(const protocol::Authenticate& asked) {
  if (std::holds_alternative<protocol::SaslCancelled>(asked.step)) return protocol::Refused{};
  const auto* start = std::get_if<protocol::SaslStart>(&asked.step);
  if (start != nullptr && !start->message) return protocol::Challenge{};
  const std::string& message =
      start != nullptr ? *start->message : std::get<protocol::SaslMessage>(asked.step).message;
  const auto* user = user_of_password_in(message);
  if (user != nullptr) return protocol::Accepted{user->name};
  if (message.size() % 3 == 0) return protocol::Refused{};
  if (message.size() % 3 == 1) return protocol::Unavailable{};
  return protocol::Challenge{"more"};
}

}  // namespace fuzz
