// The users of all cases: the sample's, whom the transcripts know, and one with short names.
#pragma once

#include "common/users/user_db.h"

namespace fuzz {

users::UserSource& all_users();

}  // namespace fuzz
