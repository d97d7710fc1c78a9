// Whether a server of this build goes into its sandbox without being told.
#pragma once

namespace sandbox {

// False for a build with sanitizers: their threads and reports need more of the kernel than a
// server does.
bool is_on_by_default();

}  // namespace sandbox
