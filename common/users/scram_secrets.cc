#include "common/users/scram_secrets.h"

#include <gsasl.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <memory>
#include <utility>

#include "common/text/ascii.h"
#include "common/text/base64.h"
#include "common/users/same_octets.h"

namespace users {
namespace {

constexpr size_t kKeyOctets = GSASL_HASH_SHA256_SIZE;
using Key = std::array<char, kKeyOctets>;

struct Free {
  void operator()(char* text) const { gsasl_free(text); }
};

std::string_view take_field(std::string_view& text) {
  const std::string_view field = text.substr(0, text.find(','));
  text.remove_prefix(field.size() < text.size() ? field.size() + 1 : field.size());
  return field;
}

}  // namespace

std::expected<ScramSecrets, std::string> ScramSecrets::parse(std::string_view text) {
  const auto fault = [](std::string_view why) {
    return std::unexpected("{SCRAM-SHA-256} is followed by iterations,salt,StoredKey,ServerKey: " +
                           std::string(why));
  };
  ScramSecrets secrets;
  const std::string number(take_field(text));
  const char* end = number.data() + number.size();
  const auto [stop, error] = std::from_chars(number.data(), end, secrets.iterations);
  if (error != std::errc() || stop != end) return fault("the iterations are no number");
  if (secrets.iterations < kIterations || secrets.iterations > kMostIterations) {
    return fault("there are from " + std::to_string(kIterations) + " to " +
                 std::to_string(kMostIterations) + " iterations");
  }
  auto salt = text::from_base64(take_field(text));
  auto stored_key = text::from_base64(take_field(text));
  auto server_key = text::from_base64(text);
  if (!salt || salt->empty()) return fault("the salt is no base64");
  if (!stored_key || stored_key->size() != kKeyOctets) return fault("StoredKey is no 32 octets");
  if (!server_key || server_key->size() != kKeyOctets) return fault("ServerKey is no 32 octets");
  secrets.salt = *std::move(salt);
  secrets.stored_key = *std::move(stored_key);
  secrets.server_key = *std::move(server_key);
  return secrets;
}

std::string ScramSecrets::text() const {
  return std::to_string(iterations) + ',' + text::to_base64(salt) + ',' +
         text::to_base64(stored_key) + ',' + text::to_base64(server_key);
}

bool ScramSecrets::can_derive(std::string_view password) {
  if (password.empty() || password.contains('\0')) return false;
  // SASLprep leaves it as it is, but takes its time: more than half of what reading users.txt took.
  if (std::ranges::all_of(password, text::is_visible)) return true;
  char* out = nullptr;
  const int status = gsasl_saslprep(std::string(password).c_str(), {}, &out, nullptr);
  const std::unique_ptr<char, Free> prepared(out);
  return status == GSASL_OK && prepared && *prepared != '\0';
}

std::optional<ScramSecrets> ScramSecrets::derive(std::string_view password, std::string salt,
                                                 uint32_t iterations) {
  if (!can_derive(password)) return std::nullopt;
  Key salted{};
  Key client{};
  Key server{};
  Key stored{};
  const int status = gsasl_scram_secrets_from_password(
      GSASL_HASH_SHA256, std::string(password).c_str(), iterations, salt.data(), salt.size(),
      salted.data(), client.data(), server.data(), stored.data());
  if (status != GSASL_OK) return std::nullopt;
  return ScramSecrets{iterations, std::move(salt), std::string(stored.data(), stored.size()),
                      std::string(server.data(), server.size())};
}

bool ScramSecrets::match(std::string_view password) const {
  const auto derived = derive(password, salt, iterations);
  return derived && same_octets(derived->stored_key, stored_key);
}

}  // namespace users
