#include "common/users/keyed_hash.h"

#include <openssl/evp.h>
#include <openssl/rand.h>

#include <cassert>
#include <cstddef>
#include <cstring>

namespace users {

KeyedHash::KeyedHash() {
  const int drawn = RAND_bytes(key_.data(), static_cast<int>(key_.size()));
  assert(drawn == 1 && "no random numbers");
  (void)drawn;
}

std::string KeyedHash::of(std::initializer_list<std::string_view> parts) const {
  std::string text;
  for (const auto part : parts) text.append(std::to_string(part.size())).append(":").append(part);
  std::string hash(32, '\0');
  size_t octets = 0;
  const auto* made =
      EVP_Q_mac(nullptr, "HMAC", nullptr, "SHA256", nullptr, key_.data(), key_.size(),
                reinterpret_cast<const unsigned char*>(text.data()), text.size(),
                reinterpret_cast<unsigned char*>(hash.data()), hash.size(), &octets);
  assert(made != nullptr && octets == hash.size());
  (void)made;
  return hash;
}

uint64_t KeyedHash::number_of(std::initializer_list<std::string_view> parts) const {
  uint64_t number = 0;
  std::memcpy(&number, of(parts).data(), sizeof(number));
  return number;
}

}  // namespace users
