# Debian's libasio-dev ships headers only, without a CMake or pkg-config file. Its implementation is compiled once,
# in common/net/asio.cc: a file that includes Asio then takes seconds, not half a minute.
find_path(ASIO_INCLUDE_DIR asio.hpp REQUIRED)

add_library(mymail_asio INTERFACE)
target_include_directories(mymail_asio SYSTEM INTERFACE ${ASIO_INCLUDE_DIR})
target_compile_definitions(mymail_asio INTERFACE
  ASIO_STANDALONE ASIO_SEPARATE_COMPILATION ASIO_NO_DEPRECATED
  ASIO_HAS_CO_AWAIT=1 ASIO_HAS_STD_COROUTINE=1   # clang does not find these two out by itself
  # Asio finds this out only in files that include a standard header before it: some would then allocate with
  # aligned_alloc what others free with delete.
  ASIO_HAS_STD_ALIGNED_ALLOC=1
  # Else it keeps a few blocks that were freed and hands them out for what is smaller: an idle connection then holds a
  # tenth more than it asks for. The C library keeps them as well, by their size.
  ASIO_DISABLE_AWAITABLE_FRAME_RECYCLING ASIO_RECYCLING_ALLOCATOR_CACHE_SIZE=0)
target_link_libraries(mymail_asio INTERFACE Threads::Threads)
# What the servers do not use of it is left out of them: connect() and the resolver above all (docs/security.md).
# The sections are set in common/CMakeLists.txt, since a source's properties count where its target is made.
target_link_options(mymail_asio INTERFACE -Wl,--gc-sections)
