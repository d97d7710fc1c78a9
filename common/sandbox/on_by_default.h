// Whether a server of this build goes into its sandbox without being told.
#pragma once

namespace sandbox {

// The sanitizers' own threads and reports need more of the kernel than a server does.
#ifdef MYMAIL_SANITIZED
inline constexpr bool kOnByDefault = false;
#else
inline constexpr bool kOnByDefault = true;
#endif

}  // namespace sandbox
