// Asio's implementation, compiled here once and nowhere else (ASIO_SEPARATE_COMPILATION).
#include <asio/impl/src.hpp>
