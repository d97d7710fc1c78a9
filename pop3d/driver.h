// Carries out what a POP3 session asks of the world: the passwords, the maildrop, the log, the
// connection.
#pragma once

#include <string>

#include "common/net/awaitable.h"
#include "common/net/connection.h"
#include "common/net/logins.h"
#include "common/net/tls_context.h"
#include "common/store/mail_store.h"
#include "common/users/user_db.h"
#include "pop3d/session.h"

namespace pop3 {

// What all sessions share. All of it outlives them, and is used from every I/O thread.
struct World {
  const Settings& settings;
  users::UserSource& users;
  store::MailStore& store;
  net::Logins& logins;
  net::TlsContext* tls = nullptr;  // null: the sessions do not offer it
};

// A whole session, from the greeting to the close. `connection` and `world` outlive the call. The
// removals of a QUIT are finished even if the client is gone by then; the maildrop is unlocked when
// the session ends, however it ends.
net::Awaitable<void> serve(net::Connection& connection, const World& world);

// What a client is told for whom there is no room, as it is sent.
std::string refusal();

}  // namespace pop3
