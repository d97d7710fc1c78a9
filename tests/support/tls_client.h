// The client's side of TLS for tests: blocking, over a TcpClient, with the sealed octets in hand
// before they are sent. It believes any certificate.
#pragma once

#include <openssl/ssl.h>

#include <array>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "tests/support/tcp_client.h"

namespace support {

class TlsClient {
 public:
  struct Wishes {
    int most = TLS1_3_VERSION;
    int least = TLS1_2_VERSION;
    SSL_SESSION* resume = nullptr;
    size_t piece = 65536;  // so many octets are sent at a time
  };

  // `wire` is connected, and outlives it.
  explicit TlsClient(TcpClient& wire) : TlsClient(wire, Wishes()) {}
  TlsClient(TcpClient& wire, const Wishes& wishes)
      : wire_(wire), piece_(wishes.piece), context_(SSL_CTX_new(TLS_client_method())) {
    SSL_CTX_set_security_level(context_.get(), 0);  // it would not even ask for TLS 1.1 else
    SSL_CTX_set_min_proto_version(context_.get(), wishes.least);
    SSL_CTX_set_max_proto_version(context_.get(), wishes.most);
    ssl_.reset(SSL_new(context_.get()));
    SSL_set_connect_state(ssl_.get());
    SSL_set_bio(ssl_.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    if (wishes.resume != nullptr) SSL_set_session(ssl_.get(), wishes.resume);
  }

  SSL* ssl() { return ssl_.get(); }
  TcpClient& wire() { return wire_; }

  // False: the server refused it or is gone.
  bool handshake() {
    return turn([this] { return SSL_do_handshake(ssl_.get()); });
  }

  bool send(std::string_view text) { return wire_.send(seal(text)); }
  // What would be sent.
  std::string seal(std::string_view text) {
    size_t octets = 0;
    while (!text.empty() && SSL_write_ex(ssl_.get(), text.data(), text.size(), &octets) == 1) {
      text.remove_prefix(octets);
    }
    EXPECT_TRUE(text.empty());
    return take_sealed();
  }
  // Has TLS say that nothing more comes; the connection stays open.
  void say_end() {
    SSL_shutdown(ssl_.get());
    flush();
  }

  // The next line without its LF; what there is when the input ends.
  std::string read_line() {
    for (;;) {
      const size_t lf = input_.find('\n');
      if (lf != std::string::npos) {
        const std::string line = input_.substr(0, lf);
        input_.erase(0, lf + 1);
        return line;
      }
      if (!read_more()) return std::exchange(input_, {});
    }
  }
  std::string read_to_end() {
    while (read_more()) {
    }
    return std::exchange(input_, {});
  }
  // Whether the server has said that nothing more comes.
  bool was_told_the_end() const {
    return (SSL_get_shutdown(ssl_.get()) & SSL_RECEIVED_SHUTDOWN) != 0;
  }

  // To be freed by SSL_SESSION_free().
  SSL_SESSION* session() { return SSL_get1_session(ssl_.get()); }

 private:
  struct Free {
    void operator()(SSL* ssl) const { SSL_free(ssl); }
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  };

  std::string take_sealed() {
    std::string sealed;
    std::array<char, 16384> buffer;
    int octets = 0;
    while ((octets = BIO_read(SSL_get_wbio(ssl_.get()), buffer.data(), buffer.size())) > 0) {
      sealed.append(buffer.data(), static_cast<size_t>(octets));
    }
    return sealed;
  }

  void flush() {
    const std::string sealed = take_sealed();
    for (size_t at = 0; at < sealed.size(); at += piece_) {
      wire_.send(std::string_view(sealed).substr(at, piece_));
    }
  }

  bool fetch() {
    std::array<char, 16384> buffer;
    const ssize_t octets = ::recv(wire_.socket(), buffer.data(), buffer.size(), 0);
    if (octets <= 0) return false;
    BIO_write(SSL_get_rbio(ssl_.get()), buffer.data(), static_cast<int>(octets));
    return true;
  }

  // Does `step` until it is done, with what it needs of the wire.
  template <class Step>
  bool turn(Step step) {
    for (;;) {
      const int result = step();
      flush();
      if (result > 0) return true;
      if (SSL_get_error(ssl_.get(), result) != SSL_ERROR_WANT_READ || !fetch()) return false;
    }
  }

  bool read_more() {
    std::array<char, 16384> buffer;
    size_t octets = 0;
    const bool read =
        turn([&] { return SSL_read_ex(ssl_.get(), buffer.data(), buffer.size(), &octets); });
    if (read) input_.append(buffer.data(), octets);
    return read;
  }

  TcpClient& wire_;
  const size_t piece_;
  std::unique_ptr<SSL_CTX, Free> context_;
  std::unique_ptr<SSL, Free> ssl_;
  std::string input_;
};

}  // namespace support
