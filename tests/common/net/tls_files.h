// What the tests of TLS share: a certificate and its key, in files.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "common/net/tls_context.h"
#include "tests/support/certificate.h"
#include "tests/support/temporary_directory.h"

namespace net {

// A certificate and a key in a folder of their own.
class TlsFiles : public testing::Test {
 protected:
  TlsFiles() { put(support::make_certificate()); }

  void put(const support::Certificate& made) {
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

}  // namespace net
