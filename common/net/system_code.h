// Asio gives errno values a category of its own, which does not compare with all of std::errc
// (EADDRNOTAVAIL and EPROTO are nobody's there). This makes them what the rest of the code expects.
#pragma once

#include <asio/error.hpp>
#include <system_error>

namespace net {

inline std::error_code to_system_code(const std::error_code& error) {
  return error.category() == asio::error::get_system_category()
             ? std::error_code(error.value(), std::system_category())
             : error;
}

}  // namespace net
