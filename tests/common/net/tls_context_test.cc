// Certificate and key: which files are taken, and when they are read again.
#include "common/net/tls_context.h"

#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "tests/common/net/tls_files.h"
#include "tests/support/certificate.h"

namespace net {
namespace {

using support::Certificate;
using support::KeyKind;

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

}  // namespace
}  // namespace net
