// Carries out what an SMTP session asks of the world: the mail store, the log, the connection.
#pragma once

#include <string>

#include "common/net/awaitable.h"
#include "common/net/connection.h"
#include "common/net/logins.h"
#include "common/net/tls_context.h"
#include "common/store/mail_store.h"
#include "common/store/mailbox_quota.h"
#include "common/users/user_db.h"
#include "smtpd/message_room.h"
#include "smtpd/session.h"

namespace smtp {

// What all sessions share. All of it outlives them, and is used from every I/O thread.
struct World {
  const Settings& settings;
  users::UserSource& users;
  store::MailStore& store;
  net::Logins& logins;
  MessageRoom& room;
  net::TlsContext* tls = nullptr;        // null: the sessions do not offer it
  bool trace_headers = false;            // put in front of each message: trace.h
  store::MailboxQuota* quota = nullptr;  // if the settings say that there is one
};

// A whole session, from the greeting to the close. `connection` and `world` outlive the call. A
// message that was complete is committed even if the client is gone by then; one that was not is
// dropped when the session ends, however it ends.
net::Awaitable<void> serve(net::Connection& connection, const World& world);

// What a client is told for whom there is no room, as it is sent.
std::string refusal(const Settings& settings);

}  // namespace smtp
