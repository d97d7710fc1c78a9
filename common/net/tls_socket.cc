#include "common/net/tls_socket.h"

#include <openssl/err.h>

#include <array>
#include <cassert>
#include <cerrno>
#include <utility>

namespace net {
namespace {

class TlsCategory final : public std::error_category {
 public:
  const char* name() const noexcept override { return "tls"; }
  std::string message(int code) const override {
    const char* reason = ERR_reason_error_string(static_cast<decltype(ERR_peek_error())>(code));
    return reason == nullptr ? "TLS failed" : std::string("TLS: ") + reason;
  }
};

// What went wrong is told by the thread's errno and its queue of errors: those of this step alone.
void begin_step() {
  ERR_clear_error();
  errno = 0;
}

}  // namespace

const std::error_category& tls_category() {
  static const TlsCategory category;
  return category;
}

TlsSocket::TlsSocket(std::shared_ptr<SSL_CTX> context, int descriptor)
    : context_(std::move(context)), ssl_(SSL_new(context_.get())) {
  assert(ssl_ && "out of memory");
  SSL_set_accept_state(ssl_.get());
  const int set = SSL_set_fd(ssl_.get(), descriptor);
  assert(set == 1);
  (void)set;
}

TlsSocket::Progress TlsSocket::handshake() {
  begin_step();
  return progress(SSL_do_handshake(ssl_.get()), 0);
}

TlsSocket::Progress TlsSocket::read(std::span<char> buffer) {
  begin_step();
  size_t octets = 0;
  const int result = SSL_read_ex(ssl_.get(), buffer.data(), buffer.size(), &octets);
  return progress(result, octets);
}

TlsSocket::Progress TlsSocket::write(std::string_view text) {
  begin_step();
  size_t octets = 0;
  const int result = SSL_write_ex(ssl_.get(), text.data(), text.size(), &octets);
  return progress(result, octets);
}

bool TlsSocket::has_pending() const { return SSL_has_pending(ssl_.get()) == 1; }

void TlsSocket::say_end() {
  if (SSL_is_init_finished(ssl_.get()) == 0) return;
  ERR_clear_error();
  SSL_shutdown(ssl_.get());
  ERR_clear_error();
}

TlsSocket::Progress TlsSocket::progress(int result, size_t octets) {
  using enum Progress::What;
  if (result > 0) return {kDone, octets};
  const int system_error = errno;
  switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_WANT_READ:
      return {kWantsRead};
    case SSL_ERROR_WANT_WRITE:
      return {kWantsWrite};
    case SSL_ERROR_ZERO_RETURN:
      return {kEnd};
    case SSL_ERROR_SYSCALL:
      if (system_error != 0) {
        return {kFailed, 0, std::error_code(system_error, std::system_category())};
      }
      return {kEnd};
    default:
      break;
  }
  const auto code = ERR_peek_error();
  ERR_clear_error();
  return {kFailed, 0, std::error_code(static_cast<int>(code), tls_category())};
}

users::ChannelBinding TlsSocket::binding() const {
  users::ChannelBinding binding;
  if (SSL_version(ssl_.get()) >= TLS1_3_VERSION) {
    // RFC 9266 §4
    constexpr std::string_view kLabel = "EXPORTER-Channel-Binding";
    std::array<unsigned char, 32> octets{};
    if (SSL_export_keying_material(ssl_.get(), octets.data(), octets.size(), kLabel.data(),
                                   kLabel.size(), nullptr, 0, 1) == 1) {
      binding.tls_exporter.assign(reinterpret_cast<const char*>(octets.data()), octets.size());
    }
    return binding;
  }
  // Without an extended master secret two connections may be made to have the same tls-unique
  // (RFC 7627 §1), which is then no binding.
  if (SSL_get_extms_support(ssl_.get()) != 1) return binding;
  // RFC 5929 §3: the first Finished message, which is the server's own in a resumed handshake.
  std::array<char, 64> octets{};
  const size_t size = SSL_session_reused(ssl_.get()) == 1
                          ? SSL_get_finished(ssl_.get(), octets.data(), octets.size())
                          : SSL_get_peer_finished(ssl_.get(), octets.data(), octets.size());
  binding.tls_unique.assign(octets.data(), size);
  return binding;
}

std::string_view TlsSocket::version() const { return SSL_get_version(ssl_.get()); }

std::string_view TlsSocket::cipher() const { return SSL_get_cipher_name(ssl_.get()); }

}  // namespace net
