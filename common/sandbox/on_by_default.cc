#include "common/sandbox/on_by_default.h"

namespace sandbox {

bool is_on_by_default() {
#ifdef MYMAIL_SANITIZED
  return false;
#else
  return true;
#endif
}

}  // namespace sandbox
