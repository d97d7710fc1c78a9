// What of Connection and Server is about TLS.
#include <openssl/err.h>
#include <sys/socket.h>

#include <csignal>
#include <string>
#include <utility>

#include "tests/common/net/echo_server.h"
#include "tests/common/net/tls_files.h"
#include "tests/support/certificate.h"
#include "tests/support/tcp_client.h"
#include "tests/support/tls_client.h"

namespace net {
namespace {

using support::KeyKind;
using support::TcpClient;
using support::TlsClient;
using Why = SessionEnd::Why;

// A server with STARTTLS and a port for implicit TLS.
class TlsConnectionTest : public TlsFiles {
 protected:
  TlsConnectionTest() : context_(*open()) {
    (void)std::signal(SIGPIPE, SIG_IGN);  // as prepare_process() does
  }

  ServerSettings settings() {
    auto settings = echo_settings();
    settings.tls = context_.get();
    settings.tls_port = 0;
    return settings;
  }

  // What the server has said in the clear before.
  static std::string start_tls(TcpClient& wire, const std::string& behind = {}) {
    wire.send("starttls\n" + behind);
    const std::string greeting = wire.read_line();
    return greeting + wire.read_line();
  }

  std::unique_ptr<TlsContext> context_;
};

TEST_F(TlsConnectionTest, StartTlsForgetsWhatCameBehindIt) {
  EchoServer server(settings());
  TcpClient wire(server.port());
  EXPECT_EQ(start_tls(wire, "injected\n"), "hellogo");
  TlsClient client(wire);
  ASSERT_TRUE(client.handshake());
  client.send("sealed\nquit\n");
  EXPECT_EQ(client.read_to_end(), "sealed\nbye\n");
  EXPECT_TRUE(client.was_told_the_end());
}

TEST_F(TlsConnectionTest, HandshakeAndLinesMayComeOctetByOctet) {
  EchoServer server(settings());
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    TcpClient wire(server.tls_port());
    TlsClient client(wire, {.most = version, .piece = 1});
    ASSERT_TRUE(client.handshake());
    EXPECT_EQ(client.read_line(), "hello");
    for (const char octet : client.seal("line\nquit\n")) wire.send({&octet, 1});
    EXPECT_EQ(client.read_to_end(), "line\nbye\n");
  }
}

TEST_F(TlsConnectionTest, PartOfARecordHoldsUpNobody) {
  EchoServer server(settings());
  TcpClient wire(server.tls_port());
  TlsClient slow(wire);
  ASSERT_TRUE(slow.handshake());
  EXPECT_EQ(slow.read_line(), "hello");
  const std::string record = slow.seal("line\n");
  for (const size_t octets : {size_t{3}, size_t{9}}) {
    wire.send(record.substr(octets == 3 ? 0 : 3, octets == 3 ? 3 : 6));
    TcpClient other(server.port());
    other.send("served\nquit\n");
    EXPECT_EQ(other.read_to_end(), "hello\nserved\nbye\n") << octets;
  }
  wire.send(record.substr(9));
  EXPECT_EQ(slow.read_line(), "line");
}

TEST_F(TlsConnectionTest, SilentClientIsTimedOutAmidARecord) {
  auto settings = this->settings();
  settings.patience.idle = std::chrono::seconds(1);
  EchoServer server(settings);
  TcpClient wire(server.tls_port());
  TlsClient client(wire);
  ASSERT_TRUE(client.handshake());
  wire.send(client.seal("line\n").substr(0, 9));
  EXPECT_EQ(client.read_to_end(), "hello\ntime-out\n");
}

TEST_F(TlsConnectionTest, SilentClientIsTimedOutAmidTheHandshake) {
  auto settings = this->settings();
  settings.patience.handshake = std::chrono::seconds(1);
  EchoServer server(settings);
  TcpClient wire(server.tls_port());
  EXPECT_EQ(wire.read_to_end(), "");
  TcpClient starter(server.port());
  EXPECT_EQ(start_tls(starter), "hellogo");
  EXPECT_EQ(starter.read_to_end(), "");
  const SessionEnd end = server.ends().take();
  EXPECT_EQ(end.why, Why::kTlsFailed);
  EXPECT_EQ(end.error, std::errc::timed_out);
}

TEST_F(TlsConnectionTest, LongOutputReachesASlowReaderWhole) {
  EchoServer server(settings());
  TcpClient wire;
  const int small = 4096;
  ::setsockopt(wire.socket(), SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
  wire.connect(server.tls_port());
  TlsClient client(wire);
  ASSERT_TRUE(client.handshake());
  client.send("flood 5000000\nquit\n");
  EXPECT_EQ(client.read_to_end(), "hello\n" + std::string(5'000'000, 'x') + "bye\n");
}

TEST_F(TlsConnectionTest, WhatWasSentBeforeAHalfCloseIsAllAnsweredThoughTlsDidNotSayTheEnd) {
  EchoServer server(settings());
  for (const bool said : {true, false}) {
    TcpClient wire(server.tls_port());
    TlsClient client(wire);
    ASSERT_TRUE(client.handshake());
    client.send("one\nslow\ntwo\n");
    if (said) client.say_end();
    wire.end_input();
    EXPECT_EQ(client.read_to_end(), "hello\none\nstored\ntwo\n") << said;
    EXPECT_EQ(server.ends().take().why, Why::kEndOfInput);
  }
}

TEST_F(TlsConnectionTest, ClientThatVanishesEndsItsSessionAlone) {
  EchoServer server(settings());
  for (const bool amid_handshake : {true, false}) {
    TcpClient wire(server.port());
    EXPECT_EQ(start_tls(wire), "hellogo");
    TlsClient client(wire);
    if (!amid_handshake) {
      ASSERT_TRUE(client.handshake());
      client.send("flood 5000000\n");
    }
    wire.reset();
    const SessionEnd end = server.ends().take();
    EXPECT_EQ(end.why == Why::kTlsFailed, amid_handshake) << to_text(end.why);
  }
  TcpClient other(server.port());
  other.send("quit\n");
  EXPECT_EQ(other.read_to_end(), "hello\nbye\n");
}

TEST_F(TlsConnectionTest, EndOfInputBehindStartTlsEndsTheSession) {
  EchoServer server(settings());
  TcpClient wire(server.port());
  wire.send("starttls\n");
  wire.end_input();
  EXPECT_EQ(wire.read_to_end(), "hello\ngo\n");
  EXPECT_EQ(server.ends().take().why, Why::kTlsFailed);
}

TEST_F(TlsConnectionTest, WhoSpeaksInTheClearOnTheTlsPortIsClosed) {
  EchoServer server(settings());
  TcpClient wire(server.tls_port());
  wire.send("EHLO client.example\r\n");
  EXPECT_EQ(wire.read_to_end().find("hello"), std::string::npos);
}

TEST_F(TlsConnectionTest, Tls11IsRefusedByAnAlertThatArrives) {
  EchoServer server(settings());
  TcpClient wire(server.tls_port());
  TlsClient client(wire, {.most = TLS1_1_VERSION, .least = TLS1_VERSION});
  ERR_clear_error();
  EXPECT_FALSE(client.handshake());
  EXPECT_EQ(ERR_GET_REASON(ERR_peek_error()), SSL_R_TLSV1_ALERT_PROTOCOL_VERSION);
}

TEST_F(TlsConnectionTest, RenegotiationIsRefused) {
  EchoServer server(settings());
  TcpClient wire(server.tls_port());
  TlsClient client(wire, {.most = TLS1_2_VERSION});
  ASSERT_TRUE(client.handshake());
  EXPECT_EQ(client.read_line(), "hello");
  ASSERT_EQ(SSL_renegotiate(client.ssl()), 1);
  EXPECT_FALSE(client.handshake());
}

TEST_F(TlsConnectionTest, NothingIsCompressed) {
  EchoServer server(settings());
  TcpClient wire(server.tls_port());
  TlsClient client(wire, {.most = TLS1_2_VERSION});
  ASSERT_TRUE(client.handshake());
  EXPECT_EQ(SSL_get_current_compression(client.ssl()), nullptr);
}

TEST_F(TlsConnectionTest, KeysMayBeChangedAmidASession) {
  EchoServer server(settings());
  TcpClient wire(server.tls_port());
  TlsClient client(wire);
  ASSERT_TRUE(client.handshake());
  for (int i = 0; i < 100; ++i) {
    ASSERT_EQ(SSL_key_update(client.ssl(), SSL_KEY_UPDATE_REQUESTED), 1);
    client.send("line\n");
  }
  client.send("quit\n");
  std::string expected = "hello\n";
  for (int i = 0; i < 100; ++i) expected += "line\n";
  EXPECT_EQ(client.read_to_end(), expected + "bye\n");
}

TEST_F(TlsConnectionTest, SessionsGoOnThoughTheCertificateChanges) {
  EchoServer server(settings());
  TcpClient wire(server.tls_port());
  TlsClient client(wire);
  ASSERT_TRUE(client.handshake());
  put(support::make_certificate(KeyKind::kRsa));
  TcpClient later_wire(server.tls_port());
  TlsClient later(later_wire);
  ASSERT_TRUE(later.handshake());
  EXPECT_EQ(EVP_PKEY_get_base_id(SSL_get0_peer_certificate(later.ssl()) == nullptr
                                     ? nullptr
                                     : X509_get0_pubkey(SSL_get0_peer_certificate(later.ssl()))),
            EVP_PKEY_RSA);
  client.send("still\nquit\n");
  EXPECT_EQ(client.read_to_end(), "hello\nstill\nbye\n");
}

TEST_F(TlsConnectionTest, PastTheLimitNothingIsSaidInTheClearOnTheTlsPort) {
  auto settings = this->settings();
  settings.max_connections = 1;
  EchoServer server(settings);
  TcpClient first(server.port());
  EXPECT_EQ(first.read_line(), "hello");
  TcpClient on_clear(server.port());
  EXPECT_EQ(on_clear.read_to_end(), "no\n");
  TcpClient on_tls(server.tls_port());
  EXPECT_EQ(on_tls.read_to_end(), "");
}

TEST_F(TlsConnectionTest, ShutDownEndsHandshakesAndSessionsThatWait) {
  EchoServer server(settings());
  TcpClient amid_handshake(server.port());
  EXPECT_EQ(start_tls(amid_handshake), "hellogo");
  TcpClient silent(server.tls_port());
  TcpClient wire(server.tls_port());
  TlsClient client(wire);
  ASSERT_TRUE(client.handshake());
  EXPECT_EQ(client.read_line(), "hello");
  server.shut_down();
  EXPECT_EQ(client.read_to_end(), "shut-down\n");
  EXPECT_TRUE(client.was_told_the_end());
  wire.end_input();
  EXPECT_EQ(amid_handshake.read_to_end(), "");
  EXPECT_EQ(silent.read_to_end(), "");
  server.join();
}

}  // namespace
}  // namespace net
