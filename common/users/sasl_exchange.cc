#include "common/users/sasl_exchange.h"

#include <gsasl.h>

#include <array>
#include <cassert>
#include <cstddef>
#include <utility>

#include "common/text/base64.h"

namespace users {
namespace {

struct Free {
  void operator()(char* text) const { gsasl_free(text); }
};
struct Finish {
  void operator()(Gsasl_session* session) const { gsasl_finish(session); }
};

class GnuSaslExchange final : public SaslExchange {
 public:
  GnuSaslExchange(bool is_quick, std::shared_ptr<const UserDb> users, ChannelBinding binding,
                  const KeyedHash& hash)
      : SaslExchange(is_quick),
        users_(std::move(users)),
        binding_(std::move(binding)),
        hash_(hash) {}

  // False: GNU SASL has no such mechanism.
  bool start(const char* mechanism) {
    Gsasl_session* session = nullptr;
    if (gsasl_server_start(library(), mechanism, &session) != GSASL_OK) return false;
    session_.reset(session);
    gsasl_session_hook_set(session, this);
    return true;
  }

  protocol::AuthOutcome step(std::optional<std::string_view> message) override {
    // SCRAM's last word was sent as a challenge, for SMTP and POP3 have no other place for it; the
    // client acknowledges it by an empty message.
    if (finished_) return message && message->empty() ? accepted() : protocol::Refused{};
    // Each of the mechanisms begins with the client.
    if (!message) return protocol::Challenge{};
    if (message->empty()) return protocol::Refused{};  // GNU SASL would ask again, for ever
    char* out = nullptr;
    size_t octets = 0;
    const int status = gsasl_step(session_.get(), message->data(), message->size(), &out, &octets);
    const std::unique_ptr<char, Free> owned(out);
    const std::string answer = out == nullptr ? "" : std::string(out, octets);
    if (status == GSASL_NEEDS_MORE) return protocol::Challenge{answer};
    if (status != GSASL_OK || user_ == nullptr) return protocol::Refused{};
    if (answer.empty()) return accepted();
    finished_ = true;
    return protocol::Challenge{answer};
  }

 private:
  // One for all threads: it holds nothing but the mechanisms once it is set up.
  static Gsasl* library() {
    static Gsasl* const handle = [] {
      Gsasl* made = nullptr;
      const int status = gsasl_init(&made);
      assert(status == GSASL_OK);
      (void)status;
      gsasl_callback_set(made, [](Gsasl*, Gsasl_session* session, Gsasl_property property) {
        auto* self = static_cast<GnuSaslExchange*>(gsasl_session_hook_get(session));
        // While a session is being started it has no hook yet; bindings are asked for then.
        return self == nullptr ? GSASL_NO_CALLBACK : self->answer(property);
      });
      return made;
    }();
    return handle;
  }

  protocol::AuthOutcome accepted() const { return protocol::Accepted{user_->name}; }

  std::string property(Gsasl_property name) const {
    const char* value = gsasl_property_fast(session_.get(), name);
    return value == nullptr ? "" : value;
  }

  // GNU SASL's questions.
  int answer(Gsasl_property asked) {
    switch (asked) {
      case GSASL_VALIDATE_SIMPLE:
        return validate_plain();
      case GSASL_CB_TLS_UNIQUE:
        return set_binding(asked, binding_.tls_unique);
      case GSASL_CB_TLS_EXPORTER:
        return set_binding(asked, binding_.tls_exporter);
      case GSASL_SCRAM_ITER:
      case GSASL_SCRAM_SALT:
      case GSASL_SCRAM_STOREDKEY:
      case GSASL_SCRAM_SERVERKEY:
        return set_scram_secrets();
      default:
        return GSASL_NO_CALLBACK;
    }
  }

  int set_binding(Gsasl_property name, const std::string& octets) {
    if (octets.empty()) return GSASL_NO_CALLBACK;
    return gsasl_property_set(session_.get(), name, text::to_base64(octets).c_str());
  }

  // Nobody may log in as somebody else (RFC 4616 §2): the authorization identity is one's own.
  bool is_own(const std::string& authorization) const {
    return authorization.empty() || users_->find_login(authorization) == user_;
  }

  int validate_plain() {
    name_ = property(GSASL_AUTHID);
    std::string password = property(GSASL_PASSWORD);
    user_ = check_password(*users_, name_, password, hash_);
    if (user_ == nullptr) wrong_password_ = std::move(password);
    if (user_ != nullptr && !is_own(property(GSASL_AUTHZID))) user_ = nullptr;
    return user_ == nullptr ? GSASL_AUTHENTICATION_ERROR : GSASL_OK;
  }

  // Of a user who cannot log in, or whom nobody knows, keys are set that no password has.
  int set_scram_secrets() {
    if (asked_for_secrets_) return GSASL_OK;
    asked_for_secrets_ = true;
    name_ = property(GSASL_AUTHID);
    const User* user = users_->find_login(name_);
    std::string salt = hash_.of({"salt", name_}).substr(0, ScramSecrets::kSaltOctets);
    auto secrets = (user == nullptr ? stand_in() : *user).password.scram_secrets(salt);
    if (!secrets) secrets = ScramSecrets{ScramSecrets::kIterations, salt, "", ""};
    if (user == nullptr || secrets->stored_key.empty()) {
      secrets->salt = std::move(salt);
      secrets->stored_key = hash_.of({"no stored key", name_});
      secrets->server_key = hash_.of({"no server key", name_});
    }
    user_ = user;
    auto* session = session_.get();
    const std::array<std::pair<Gsasl_property, std::string>, 4> values{{
        {GSASL_SCRAM_ITER, std::to_string(secrets->iterations)},
        {GSASL_SCRAM_SALT, text::to_base64(secrets->salt)},
        {GSASL_SCRAM_STOREDKEY, text::to_base64(secrets->stored_key)},
        {GSASL_SCRAM_SERVERKEY, text::to_base64(secrets->server_key)},
    }};
    for (const auto& [name, value] : values) {
      const int status = gsasl_property_set(session, name, value.c_str());
      if (status != GSASL_OK) return status;
    }
    return is_own(property(GSASL_AUTHZID)) ? GSASL_OK : GSASL_AUTHENTICATION_ERROR;
  }

  const User& stand_in() const { return users_->stand_in(hash_.number_of({"stand-in", name_})); }

  const std::shared_ptr<const UserDb> users_;
  const ChannelBinding binding_;
  const KeyedHash& hash_;
  std::unique_ptr<Gsasl_session, Finish> session_;
  const User* user_ = nullptr;  // who it will be, if all goes well
  bool asked_for_secrets_ = false;
  bool finished_ = false;
};

}  // namespace

std::unique_ptr<SaslExchange> SaslExchange::begin(std::string_view mechanism,
                                                  std::shared_ptr<const UserDb> users,
                                                  ChannelBinding binding, const KeyedHash& hash) {
  constexpr std::array<const char*, 3> kMechanisms{"PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-256-PLUS"};
  for (const char* known : kMechanisms) {
    if (mechanism != known || users->empty()) continue;
    const bool is_quick = mechanism == kMechanisms.front() && !users->has_hashed();
    auto exchange =
        std::make_unique<GnuSaslExchange>(is_quick, std::move(users), std::move(binding), hash);
    if (!exchange->start(known)) return nullptr;
    return exchange;
  }
  return nullptr;
}

const User* check_password(const UserDb& users, std::string_view name, std::string_view password,
                           const KeyedHash& hash) {
  if (users.empty()) return nullptr;
  const User* user = users.find_login(name);
  const User& checked =
      user == nullptr ? users.stand_in(hash.number_of({"stand-in", name})) : *user;
  return checked.password.matches(password) ? user : nullptr;
}

}  // namespace users
