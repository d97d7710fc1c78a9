#include "tests/support/certificate.h"

#include <gtest/gtest.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <memory>

namespace support {
namespace {

using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using Bio = std::unique_ptr<BIO, decltype(&BIO_free)>;

Bio memory() { return {BIO_new(BIO_s_mem()), BIO_free}; }

std::string text_of(const Bio& bio) {
  char* data = nullptr;
  const auto octets = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<size_t>(octets)};
}

}  // namespace

Certificate make_certificate(KeyKind kind) {
  constexpr size_t kRsaBits = 2048;
  const Key key(kind == KeyKind::kEc ? EVP_EC_gen("P-256") : EVP_RSA_gen(kRsaBits), EVP_PKEY_free);
  const std::unique_ptr<X509, decltype(&X509_free)> certificate(X509_new(), X509_free);
  X509* const x509 = certificate.get();
  X509_set_version(x509, X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(x509), 1);
  X509_gmtime_adj(X509_getm_notBefore(x509), -24L * 60 * 60);
  X509_gmtime_adj(X509_getm_notAfter(x509), 24L * 60 * 60);
  X509_set_pubkey(x509, key.get());
  X509_NAME* const name = X509_get_subject_name(x509);
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>("localhost"), -1, -1, 0);
  X509_set_issuer_name(x509, name);
  EXPECT_GT(X509_sign(x509, key.get(), EVP_sha256()), 0);
  const Bio pem = memory();
  EXPECT_EQ(PEM_write_bio_X509(pem.get(), x509), 1);
  const Bio pem_key = memory();
  EXPECT_EQ(
      PEM_write_bio_PrivateKey(pem_key.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr), 1);
  return {text_of(pem), text_of(pem_key)};
}

std::string locked_key(const std::string& key) {
  const Bio in(BIO_new_mem_buf(key.data(), static_cast<int>(key.size())), BIO_free);
  const Key read(PEM_read_bio_PrivateKey(in.get(), nullptr, nullptr, nullptr), EVP_PKEY_free);
  const Bio out = memory();
  char passphrase[] = "secret";
  EXPECT_EQ(PEM_write_bio_PKCS8PrivateKey(out.get(), read.get(), EVP_aes_256_cbc(), passphrase,
                                          sizeof(passphrase) - 1, nullptr, nullptr),
            1);
  return text_of(out);
}

}  // namespace support
