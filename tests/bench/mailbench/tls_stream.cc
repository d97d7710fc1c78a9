#include "tests/bench/mailbench/tls_stream.h"

#include <openssl/err.h>

#include <algorithm>
#include <cerrno>
#include <stdexcept>

namespace bench {
namespace {

constexpr size_t kRecordOctets = size_t{16} * 1024;  // RFC 8446 §5.1

}  // namespace

TlsContext::TlsContext() : context_(SSL_CTX_new(TLS_client_method()), SSL_CTX_free) {
  SSL_CTX* const context = context_.get();
  if (context == nullptr || SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION) != 1 ||
      SSL_CTX_set_ciphersuites(context, "TLS_AES_256_GCM_SHA384") != 1 ||
      SSL_CTX_set1_groups_list(context, "X25519") != 1) {
    throw std::runtime_error("OpenSSL has no TLS 1.3 with AES-256-GCM and X25519");
  }
  SSL_CTX_set_verify(context, SSL_VERIFY_NONE, nullptr);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
}

TlsStream::TlsStream(const TlsContext& context, int socket)
    : stream_(SSL_new(context.context_.get()), SSL_free) {
  if (stream_ == nullptr || SSL_set_fd(stream_.get(), socket) != 1) {
    throw std::runtime_error("OpenSSL could not begin a connection");
  }
  SSL_set_connect_state(stream_.get());
}

int TlsStream::handshake() {
  ERR_clear_error();
  const int returned = SSL_do_handshake(stream_.get());
  return returned == 1 ? 0 : outcome(returned);
}

ssize_t TlsStream::send(std::string_view first, std::string_view second) {
  // One record, not two, and what does not fit comes with the next call.
  record_.assign(first.substr(0, kRecordOctets));
  record_.append(second.substr(0, kRecordOctets - record_.size()));
  ERR_clear_error();
  const int returned = SSL_write(stream_.get(), record_.data(), static_cast<int>(record_.size()));
  return returned > 0 ? returned : outcome(returned);
}

ssize_t TlsStream::receive(std::span<char> buffer) {
  ERR_clear_error();
  const size_t most = std::min(buffer.size(), kRecordOctets);
  const int returned = SSL_read(stream_.get(), buffer.data(), static_cast<int>(most));
  return returned > 0 ? returned : outcome(returned);
}

int TlsStream::outcome(int returned) {
  switch (SSL_get_error(stream_.get(), returned)) {
    case SSL_ERROR_ZERO_RETURN:
      return 0;
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE:
      errno = EAGAIN;
      return -1;
    case SSL_ERROR_SYSCALL:
      if (errno == 0) errno = ECONNRESET;
      return -1;
    default:
      errno = EPROTO;
      return -1;
  }
}

}  // namespace bench
