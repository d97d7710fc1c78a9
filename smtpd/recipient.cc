#include "smtpd/recipient.h"

#include "common/text/ascii.h"

namespace smtp {

const users::User* find_recipient(const users::UserDb& users, const Path& path,
                                  std::string_view postmaster) {
  if (const users::User* user = users.find(path.name())) return user;
  if (!text::equal_ignoring_case(path.local, "postmaster")) return nullptr;
  if (!path.domain.empty() && !users.has_domain(path.domain)) return nullptr;
  if (const users::User* user = users.find(postmaster)) return user;
  return users.empty() ? nullptr : &users.all().front();
}

}  // namespace smtp
