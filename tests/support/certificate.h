// Certificates and keys that a test makes for itself, self-signed, for localhost.
#pragma once

#include <string>

namespace support {

enum class KeyKind { kEc, kRsa };

// In PEM form. Equal to no other.
struct Certificate {
  std::string certificate;
  std::string key;
};

Certificate make_certificate(KeyKind kind = KeyKind::kEc);

// The key once more, locked by a passphrase.
std::string locked_key(const std::string& key);

}  // namespace support
