# mymail_logins: what passwords are checked with: libxcrypt ({CRYPT}), GNU SASL (SCRAM) and OpenSSL (fingerprints).
find_path(GSASL_INCLUDE_DIR gsasl.h REQUIRED)
find_library(GSASL_LIBRARY gsasl REQUIRED)
find_path(CRYPT_INCLUDE_DIR crypt.h REQUIRED)
find_library(CRYPT_LIBRARY crypt REQUIRED)
find_package(OpenSSL 3.0 REQUIRED)

add_library(mymail_logins INTERFACE)
target_include_directories(mymail_logins SYSTEM INTERFACE ${GSASL_INCLUDE_DIR} ${CRYPT_INCLUDE_DIR})
target_link_libraries(mymail_logins INTERFACE ${GSASL_LIBRARY} ${CRYPT_LIBRARY} OpenSSL::Crypto)
