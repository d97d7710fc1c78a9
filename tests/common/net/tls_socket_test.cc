// What binds a login to a connection, as both sides of a handshake know it.
#include "common/net/tls_socket.h"

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "tests/common/net/tls_files.h"

namespace net {
namespace {

// One end of a socket pair is served here, step by step, the other by a thread.
class TlsSocketTest : public TlsFiles {
 protected:
  struct Bindings {
    bool resumed;
    users::ChannelBinding server;
    users::ChannelBinding client;
  };

  // A handshake of this version, and what binds a login to the connection on both sides. A session
  // in `session` is resumed, and the new one left there.
  static Bindings handshake(const std::shared_ptr<SSL_CTX>& context, int version,
                            std::unique_ptr<SSL_SESSION, decltype(&SSL_SESSION_free)>& session,
                            uint64_t client_options = 0) {
    std::array<int, 2> ends{};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0);
    Bindings bindings{};
    {
      TlsSocket server(context, ends[0]);
      std::thread serving([&] {
        EXPECT_EQ(server.handshake().what, TlsSocket::Progress::What::kDone);
        EXPECT_EQ(server.write("hello\n").what, TlsSocket::Progress::What::kDone);
        bindings.server = server.binding();
      });
      const std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> client_context(
          SSL_CTX_new(TLS_client_method()), SSL_CTX_free);
      SSL_CTX_set_max_proto_version(client_context.get(), version);
      SSL_CTX_set_options(client_context.get(), client_options);
      const std::unique_ptr<SSL, decltype(&SSL_free)> client(SSL_new(client_context.get()),
                                                             SSL_free);
      SSL_set_fd(client.get(), ends[1]);
      if (session) SSL_set_session(client.get(), session.get());
      EXPECT_EQ(SSL_connect(client.get()), 1);
      std::array<char, 16> buffer{};
      EXPECT_EQ(SSL_read(client.get(), buffer.data(), buffer.size()), 6);
      serving.join();
      bindings.resumed = SSL_session_reused(client.get()) == 1;
      bindings.client = binding_of(client.get());
      session.reset(SSL_get1_session(client.get()));
      SSL_shutdown(client.get());  // a session that ends without it is not resumed
    }
    for (const int end : ends) ::close(end);
    return bindings;
  }

 private:
  // As the client has it (RFC 5929 §3, RFC 9266 §4).
  static users::ChannelBinding binding_of(SSL* client) {
    users::ChannelBinding binding;
    std::array<char, 64> octets{};
    if (SSL_version(client) == TLS1_3_VERSION) {
      constexpr std::string_view kLabel = "EXPORTER-Channel-Binding";
      EXPECT_EQ(SSL_export_keying_material(client, reinterpret_cast<unsigned char*>(octets.data()),
                                           32, kLabel.data(), kLabel.size(),
                                           reinterpret_cast<const unsigned char*>(""), 0, 1),
                1);
      binding.tls_exporter.assign(octets.data(), 32);
    } else {
      const size_t size = SSL_session_reused(client) == 1
                              ? SSL_get_peer_finished(client, octets.data(), octets.size())
                              : SSL_get_finished(client, octets.data(), octets.size());
      binding.tls_unique.assign(octets.data(), size);
    }
    return binding;
  }
};

TEST_F(TlsSocketTest, BothSidesKnowTheSameBindingInEachVersionResumedOrNot) {
  const auto context = (*open())->current();
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    std::unique_ptr<SSL_SESSION, decltype(&SSL_SESSION_free)> session(nullptr, SSL_SESSION_free);
    std::vector<std::string> seen;
    for (const bool resumed : {false, true}) {
      const Bindings bindings = handshake(context, version, session);
      EXPECT_EQ(bindings.resumed, resumed);
      EXPECT_EQ(bindings.server.tls_unique, bindings.client.tls_unique);
      EXPECT_EQ(bindings.server.tls_exporter, bindings.client.tls_exporter);
      EXPECT_EQ(bindings.server.tls_unique.empty(), version == TLS1_3_VERSION);
      EXPECT_EQ(bindings.server.tls_exporter.empty(), version == TLS1_2_VERSION);
      seen.push_back(bindings.server.tls_unique + bindings.server.tls_exporter);
    }
    EXPECT_NE(seen[0], seen[1]);
  }
}

TEST_F(TlsSocketTest, WithoutAnExtendedMasterSecretThereIsNoBinding) {
  const auto context = (*open())->current();
  std::unique_ptr<SSL_SESSION, decltype(&SSL_SESSION_free)> session(nullptr, SSL_SESSION_free);
  for (const bool resumed : {false, true}) {
    const Bindings bindings =
        handshake(context, TLS1_2_VERSION, session, SSL_OP_NO_EXTENDED_MASTER_SECRET);
    EXPECT_EQ(bindings.resumed, resumed);
    EXPECT_NE(bindings.client.tls_unique, "");
    EXPECT_EQ(bindings.server.tls_unique, "");
    EXPECT_EQ(bindings.server.tls_exporter, "");
  }
}

}  // namespace
}  // namespace net
