// The server's certificate and key, ready for handshakes: TLS 1.2 and 1.3 with OpenSSL's defaults,
// resumption by tickets, no renegotiation, no compression.
//
// The files are looked at before each handshake and read again when one of them changed, so that a
// renewed certificate counts at once; if the two do not fit (one is being replaced) the old ones
// stay, and that is reported, once for each such state. Sessions in progress keep what they have.
#pragma once

#include <openssl/ssl.h>
#include <sys/types.h>

#include <array>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

namespace net {

// Has OpenSSL read its configuration and load what that names, now instead of at first use.
void prepare_tls();

class TlsContext {
 public:
  // Told why a change is not taken over: a line for a person. Called from whatever thread starts a
  // handshake, one at a time; it does not come back here.
  using Report = std::function<void(std::string_view problem)>;

  // PEM files: the certificate with its chain, its own first, and the key, without a passphrase.
  // The error names the file and says what to do.
  static std::expected<std::unique_ptr<TlsContext>, std::string> open(std::string certificate,
                                                                      std::string key,
                                                                      Report report);

  // What a handshake begins with now. From any thread; never null.
  std::shared_ptr<SSL_CTX> current();

  // Reads the files now, changed or not. The error says why the old ones stay.
  std::expected<void, std::string> reload();

 private:
  // What of a file's stat tells that it changed.
  struct Stamp {
    dev_t device = 0;
    ino_t inode = 0;
    off_t size = 0;
    int64_t modified_ns = 0;
    bool operator==(const Stamp&) const = default;
  };
  using Stamps = std::array<Stamp, 2>;

  TlsContext(std::string certificate, std::string key, Report report);

  Stamps stamps() const;
  std::expected<std::shared_ptr<SSL_CTX>, std::string> read() const;
  std::expected<void, std::string> take_over();  // with mutex_ held

  const std::string certificate_;
  const std::string key_;
  const Report report_;
  std::mutex mutex_;
  // Guarded by mutex_:
  Stamps seen_;
  std::shared_ptr<SSL_CTX> current_;
};

}  // namespace net
