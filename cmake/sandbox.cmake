# mymail_sandbox: libseccomp, which makes the filter of system calls. (Landlock needs no library.)
find_path(SECCOMP_INCLUDE_DIR seccomp.h REQUIRED)
find_library(SECCOMP_LIBRARY seccomp REQUIRED)

add_library(mymail_sandbox INTERFACE)
target_include_directories(mymail_sandbox SYSTEM INTERFACE ${SECCOMP_INCLUDE_DIR})
target_link_libraries(mymail_sandbox INTERFACE ${SECCOMP_LIBRARY})
