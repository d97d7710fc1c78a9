#include "common/net/tls_context.h"

#include <openssl/err.h>
#include <sys/stat.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace net {
namespace {

// The first error that OpenSSL has noted since it was last asked; forgets the others.
std::string take_reason() {
  const auto code = ERR_get_error();
  ERR_clear_error();
  if (ERR_SYSTEM_ERROR(code)) {
    return std::error_code(ERR_GET_REASON(code), std::system_category()).message();
  }
  const char* reason = ERR_reason_error_string(code);
  return reason == nullptr ? "unknown error" : reason;
}

// A key with a passphrase is an error instead of a question on the terminal.
int no_passphrase(char*, int, int, void*) { return -1; }

std::shared_ptr<SSL_CTX> make_context() {
  std::shared_ptr<SSL_CTX> context(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
  if (!context) return context;
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  // Many clients close the connection without saying so first. What they had sent is whole or it
  // is not: SMTP and POP3 both tell by themselves. For OpenSSL it would be an error, after which no
  // reply can be sent.
  SSL_CTX_set_options(context.get(), SSL_OP_IGNORE_UNEXPECTED_EOF);
  // An idle connection keeps no record buffers; writes go on where they stopped, from wherever the
  // text is then.
  SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                      SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  // Each record comes back to the caller, who lets others go first: a client that floods us with
  // key updates has not the thread for itself.
  SSL_CTX_clear_mode(context.get(), SSL_MODE_AUTO_RETRY);
  // Tickets resume a session; a cache would only cost memory.
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  constexpr std::string_view kName = "mymail";
  SSL_CTX_set_session_id_context(context.get(),
                                 reinterpret_cast<const unsigned char*>(kName.data()),
                                 static_cast<unsigned>(kName.size()));
  SSL_CTX_set_default_passwd_cb(context.get(), no_passphrase);
  return context;
}

}  // namespace

void prepare_tls() {
  // Failing shows where it is used.
  (void)OPENSSL_init_ssl(OPENSSL_INIT_LOAD_CONFIG, nullptr);
}

TlsContext::TlsContext(std::string certificate, std::string key, Report report)
    : certificate_(std::move(certificate)), key_(std::move(key)), report_(std::move(report)) {}

std::expected<std::unique_ptr<TlsContext>, std::string> TlsContext::open(std::string certificate,
                                                                         std::string key,
                                                                         Report report) {
  std::unique_ptr<TlsContext> context(
      new TlsContext(std::move(certificate), std::move(key), std::move(report)));
  if (const auto read = context->reload(); !read) return std::unexpected(read.error());
  return context;
}

TlsContext::Stamps TlsContext::stamps() const {
  const auto stamp_of = [](const std::string& file) {
    struct stat status{};
    if (::stat(file.c_str(), &status) != 0) return Stamp{};
    constexpr int64_t kSecond = 1'000'000'000;
    return Stamp{status.st_dev, status.st_ino, status.st_size,
                 status.st_mtim.tv_sec * kSecond + status.st_mtim.tv_nsec};
  };
  return {stamp_of(certificate_), stamp_of(key_)};
}

std::expected<std::shared_ptr<SSL_CTX>, std::string> TlsContext::read() const {
  ERR_clear_error();
  auto context = make_context();
  if (!context) return std::unexpected("TLS: " + take_reason());
  if (SSL_CTX_use_certificate_chain_file(context.get(), certificate_.c_str()) != 1) {
    return std::unexpected(certificate_ + ": " + take_reason() +
                           " (--tls-cert names a certificate in PEM form)");
  }
  if (SSL_CTX_use_PrivateKey_file(context.get(), key_.c_str(), SSL_FILETYPE_PEM) != 1) {
    return std::unexpected(key_ + ": " + take_reason() +
                           " (--tls-key names the certificate's key, in PEM form, without a "
                           "passphrase)");
  }
  // OpenSSL itself compares the two only where they are of one kind.
  if (SSL_CTX_check_private_key(context.get()) != 1) {
    take_reason();
    return std::unexpected(key_ + ": it is not the key of " + certificate_ +
                           " (--tls-cert and --tls-key belong together)");
  }
  return context;
}

std::shared_ptr<SSL_CTX> TlsContext::current() {
  const std::scoped_lock lock(mutex_);
  if (stamps() != seen_) {
    if (const auto taken = take_over(); !taken) {
      report_(taken.error() + " (the certificate stays as it was)");
    }
  }
  return current_;
}

std::expected<void, std::string> TlsContext::reload() {
  const std::scoped_lock lock(mutex_);
  return take_over();
}

std::expected<void, std::string> TlsContext::take_over() {
  // Before they are read: a change in between is then seen at the next handshake.
  seen_ = stamps();
  auto context = read();
  if (!context) return std::unexpected(context.error());
  current_ = *std::move(context);
  return {};
}

}  // namespace net
