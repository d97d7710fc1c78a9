#include "common/users/password.h"

#include <crypt.h>
#include <gsasl.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "common/text/ascii.h"
#include "common/users/same_octets.h"

namespace users {
namespace {

constexpr std::string_view kPlain = "{PLAIN}";
constexpr std::string_view kCrypt = "{CRYPT}";
constexpr std::string_view kScram = "{SCRAM-SHA-256}";

bool is_scheme_character(char c) { return text::is_alnum(c) || c == '-' || c == '.' || c == '_'; }

// `{SCHEME}` at the front of a field, or nothing.
std::string_view scheme_of(std::string_view field) {
  if (!field.starts_with('{')) return {};
  const size_t close = field.find('}');
  if (close == std::string_view::npos || close == 1) return {};
  const std::string_view word = field.substr(1, close - 1);
  return std::ranges::all_of(word, is_scheme_character) ? field.substr(0, close + 1)
                                                        : std::string_view();
}

// The hash of `password` with the salt and cost that `setting` begins with, or nothing. crypt_data
// is 32 KiB: too much for a stack that is not ours to choose.
std::string crypted(const std::string& password, const std::string& setting) {
  const auto data = std::make_unique<crypt_data>();
  const char* hash = ::crypt_rn(password.c_str(), setting.c_str(), data.get(), sizeof(*data));
  std::string result = hash == nullptr ? "" : hash;
  ::explicit_bzero(data.get(), sizeof(*data));
  return result;
}

// Whether crypt_rn() would take it. The old hashes without a $ are left out: any word looks like
// one.
bool is_crypt_hash(const std::string& hash) {
  if (!hash.starts_with('$')) return false;
  const int verdict = ::crypt_checksalt(hash.c_str());
  return verdict == CRYPT_SALT_OK || verdict == CRYPT_SALT_METHOD_LEGACY;
}

}  // namespace

std::expected<Password, std::string> Password::parse(std::string_view field) {
  const std::string_view scheme = scheme_of(field);
  if (scheme.empty()) return Password(Plain{std::string(field)});
  const std::string_view rest = field.substr(scheme.size());
  if (text::equal_ignoring_case(scheme, kPlain)) {
    if (rest.empty()) return std::unexpected(std::string("no password after {PLAIN}"));
    return Password(Plain{std::string(rest)});
  }
  if (text::equal_ignoring_case(scheme, kCrypt)) {
    std::string hash(rest);
    if (!is_crypt_hash(hash)) {
      return std::unexpected(
          "no hash that this system's crypt knows after {CRYPT}"
          " (--hash-password makes one)");
    }
    return Password(Crypt{std::move(hash)});
  }
  if (text::equal_ignoring_case(scheme, kScram)) {
    auto secrets = ScramSecrets::parse(rest);
    if (!secrets) return std::unexpected(secrets.error());
    return Password(*std::move(secrets));
  }
  return std::unexpected("unknown password scheme " + std::string(scheme) +
                         " (there are {PLAIN}, {CRYPT} and {SCRAM-SHA-256}; a password that begins"
                         " so is written {PLAIN} and the password)");
}

bool Password::matches(std::string_view attempt) const {
  if (const auto* plain = std::get_if<Plain>(&kept_)) return same_octets(attempt, plain->password);
  // Both hashes work on C strings: what stands behind a NUL would not count.
  if (attempt.contains('\0')) return false;
  if (const auto* secrets = std::get_if<ScramSecrets>(&kept_)) return secrets->match(attempt);
  const std::string& hash = std::get<Crypt>(kept_).hash;
  return same_octets(crypted(std::string(attempt), hash), hash);
}

bool Password::knows_scram() const {
  if (const auto* plain = std::get_if<Plain>(&kept_)) {
    return ScramSecrets::can_derive(plain->password);
  }
  return std::holds_alternative<ScramSecrets>(kept_);
}

std::optional<ScramSecrets> Password::scram_secrets(std::string salt) const {
  if (const auto* secrets = std::get_if<ScramSecrets>(&kept_)) return *secrets;
  const auto* plain = std::get_if<Plain>(&kept_);
  if (plain == nullptr) return std::nullopt;
  return ScramSecrets::derive(plain->password, std::move(salt), ScramSecrets::kIterations);
}

std::expected<std::string, std::string> hash_password(std::string_view password,
                                                      HashScheme scheme) {
  if (password.contains('\0')) return std::unexpected(std::string("the password holds a NUL"));
  if (scheme == HashScheme::kScramSha256) {
    std::string salt(ScramSecrets::kSaltOctets, '\0');
    if (gsasl_random(salt.data(), salt.size()) != GSASL_OK) {
      return std::unexpected(std::string("no random numbers for a salt"));
    }
    const auto secrets = ScramSecrets::derive(password, std::move(salt), ScramSecrets::kIterations);
    if (!secrets) {
      return std::unexpected(
          std::string("SCRAM has no form for this password: it is empty, no UTF-8,"
                      " or holds control characters (RFC 4013)"));
    }
    return std::string(kScram) + secrets->text();
  }
  // No prefix: the best method of this system, yescrypt on Debian; no octets: the kernel's.
  char* setting = ::crypt_gensalt_ra(nullptr, 0, nullptr, 0);
  const std::unique_ptr<char, decltype(&std::free)> owned(setting, &std::free);
  const std::string hash = setting == nullptr ? "" : crypted(std::string(password), setting);
  if (hash.empty() || hash.starts_with('*')) {
    return std::unexpected(std::string("this system's crypt makes no hash"));
  }
  return std::string(kCrypt) + hash;
}

}  // namespace users
