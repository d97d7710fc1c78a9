# What every target of the project is compiled with: link mymail_options, set nothing elsewhere.
option(MYMAIL_WERROR "Treat warnings as errors" OFF)
option(MYMAIL_BENCH "Build what tests/bench needs, without the tests if they are off" OFF)
option(MYMAIL_FUZZ "Build the libFuzzer targets (clang only)" OFF)
set(MYMAIL_SANITIZE "" CACHE STRING "Sanitizers, as -fsanitize= takes them: address,undefined or thread")

if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "Kind of build" FORCE)
endif()
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

find_package(Threads REQUIRED)

add_library(mymail_options INTERFACE)
target_compile_features(mymail_options INTERFACE cxx_std_23)
target_include_directories(mymail_options INTERFACE ${PROJECT_SOURCE_DIR})
target_link_libraries(mymail_options INTERFACE Threads::Threads)
target_compile_definitions(mymail_options INTERFACE _GNU_SOURCE)
target_compile_options(mymail_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wnon-virtual-dtor
  -Wold-style-cast -Woverloaded-virtual -Wimplicit-fallthrough)
# An assertion that fails is a bug of ours: it stays in every build, so that it is found and no mail is harmed.
target_compile_options(mymail_options INTERFACE -UNDEBUG)
if(MYMAIL_WERROR)
  target_compile_options(mymail_options INTERFACE -Werror)
endif()
if(MYMAIL_SANITIZE)
  target_compile_options(mymail_options INTERFACE
    -fsanitize=${MYMAIL_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(mymail_options INTERFACE -fsanitize=${MYMAIL_SANITIZE})
  if(MYMAIL_SANITIZE MATCHES "undefined")
    # Its check of virtual calls probes memory through a pipe: it fails in tests that leave no descriptors.
    target_compile_options(mymail_options INTERFACE -fno-sanitize=vptr)
  endif()
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # In instrumented code GCC 12 sees uninitialized parts in std::regex that are not there.
    target_compile_options(mymail_options INTERFACE -Wno-maybe-uninitialized)
  endif()
  if(MYMAIL_SANITIZE MATCHES "thread" AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # Asio orders its queues by atomic fences, which GCC's ThreadSanitizer does not model and says so.
    target_compile_options(mymail_options INTERFACE -Wno-tsan)
  endif()
endif()
