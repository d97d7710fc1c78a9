// Who a path means: the only way into a mailbox. Pure.
#pragma once

#include <string_view>

#include "common/users/user_db.h"
#include "smtpd/address.h"

namespace smtp {

// The user that mail for `path` goes to, or null: then nobody here has this address, and mail for
// it is refused whatever route or quoting it comes with.
//
// `<postmaster>` and `<postmaster@D>`, D a domain of any user, are always somebody (RFC 5321
// §4.5.1): the user of that very name if there is one, else `postmaster`, or the first user when
// that is empty.
const users::User* find_recipient(const users::UserDb& users, const Path& path,
                                  std::string_view postmaster);

}  // namespace smtp
