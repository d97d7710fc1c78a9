// TLS from the certificate's file to the connection: TlsContext, TlsSocket, and what of Connection
// and Server is about them.
#include <gtest/gtest.h>
#include <openssl/err.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "common/net/tls_context.h"
#include "common/net/tls_socket.h"
#include "tests/common/net/echo_server.h"
#include "tests/support/certificate.h"
#include "tests/support/tcp_client.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/tls_client.h"

namespace net {
namespace {

using support::Certificate;
using support::KeyKind;
using support::TcpClient;
using support::TlsClient;
using Why = SessionEnd::Why;

// A certificate and a key in a folder of their own.
class TlsFiles : public testing::Test {
 protected:
  TlsFiles() { put(support::make_certificate()); }

  void put(const Certificate& made) {
    put_certificate(made.certificate);
    put_key(made.key);
  }
  // As renewal does it: another file takes the name.
  void put_certificate(const std::string& text) { replace(certificate_file(), text); }
  void put_key(const std::string& text) { replace(key_file(), text); }

  std::string certificate_file() const { return (folder_.path() / "cert.pem").string(); }
  std::string key_file() const { return (folder_.path() / "key.pem").string(); }

  auto open() {
    return TlsContext::open(certificate_file(), key_file(),
                            [this](std::string_view problem) { problems_.emplace_back(problem); });
  }
  std::string fault() {
    const auto opened = open();
    return opened ? "" : opened.error();
  }

  std::vector<std::string> problems_;

 private:
  static void replace(const std::string& file, const std::string& text) {
    std::ofstream(file + ".new") << text;
    std::filesystem::rename(file + ".new", file);
  }

  const support::TemporaryDirectory folder_;
};

using TlsContextTest = TlsFiles;

TEST_F(TlsContextTest, FilesThatCannotBeUsedAreNamed) {
  const auto holds = [](const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
  };
  const Certificate good = support::make_certificate();
  std::filesystem::remove(certificate_file());
  EXPECT_PRED2(holds, fault(), certificate_file() + ": No such file");
  put_certificate("no certificate\n");
  EXPECT_PRED2(holds, fault(), certificate_file() + ": ");
  put_certificate(good.key);
  EXPECT_PRED2(holds, fault(), certificate_file() + ": ");
  put(good);
  std::filesystem::remove(key_file());
  EXPECT_PRED2(holds, fault(), key_file() + ": No such file");
  put_key(good.certificate);
  EXPECT_PRED2(holds, fault(), key_file() + ": ");
  put_key(support::locked_key(good.key));
  EXPECT_PRED2(holds, fault(), key_file() + ": ");
}

TEST_F(TlsContextTest, KeyOfAnotherCertificateIsRefusedWhateverItsKind) {
  for (const auto kind : {KeyKind::kEc, KeyKind::kRsa}) {
    put_key(support::make_certificate(kind).key);
    EXPECT_NE(fault().find(key_file()), std::string::npos);
  }
}

TEST_F(TlsContextTest, ChangedFilesCountAtTheNextHandshake) {
  const auto context = *open();
  const auto before = context->current();
  EXPECT_EQ(context->current(), before);
  put(support::make_certificate(KeyKind::kRsa));
  const auto after = context->current();
  EXPECT_NE(after, before);
  EXPECT_EQ(context->current(), after);
  EXPECT_EQ(problems_, std::vector<std::string>());
}

TEST_F(TlsContextTest, HalfARenewalKeepsTheOldOnesAndIsReportedOnce) {
  const auto context = *open();
  const auto before = context->current();
  const Certificate renewed = support::make_certificate();
  put_certificate(renewed.certificate);
  EXPECT_EQ(context->current(), before);
  EXPECT_EQ(context->current(), before);
  EXPECT_EQ(problems_.size(), 1U);
  EXPECT_FALSE(context->reload());
  put_key(renewed.key);
  EXPECT_NE(context->current(), before);
  EXPECT_EQ(problems_.size(), 1U);
}

TEST_F(TlsContextTest, ReloadReadsFilesThatLookTheSame) {
  const auto context = *open();
  const auto before = context->current();
  EXPECT_TRUE(context->reload());
  EXPECT_NE(context->current(), before);
}

TEST_F(TlsContextTest, ManyThreadsAskWhileTheFilesChange) {
  const auto context = *open();
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] {
        for (int n = 0; n < 200; ++n) EXPECT_NE(context->current(), nullptr);
      });
    }
    for (int i = 0; i < 5; ++i) put(support::make_certificate());
  }
  EXPECT_TRUE(context->reload());
}

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
  settings.timeout_s = 1;
  EchoServer server(settings);
  TcpClient wire(server.tls_port());
  TlsClient client(wire);
  ASSERT_TRUE(client.handshake());
  wire.send(client.seal("line\n").substr(0, 9));
  EXPECT_EQ(client.read_to_end(), "hello\ntime-out\n");
}

TEST_F(TlsConnectionTest, SilentClientIsTimedOutAmidTheHandshake) {
  auto settings = this->settings();
  settings.timeout_s = 1;
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
