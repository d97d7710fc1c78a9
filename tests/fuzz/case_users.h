// The users of all cases: the sample's, whom the transcripts know, and one with short names.
#pragma once

#include <string_view>

#include "common/protocol/action.h"
#include "common/users/user_db.h"

namespace fuzz {

users::UserSource& all_users();

// The first of them whose password stands somewhere in `text`; null: nobody's does.
const users::User* user_of_password_in(std::string_view text);

// What comes of a mechanism's step, whatever the mechanism: who sends somebody's password is that
// user; else it depends on how long the message is, and one mechanism may ask for more for ever.
protocol::AuthOutcome sasl_outcome(const protocol::Authenticate& asked);

}  // namespace fuzz
