// How the mail store reports outcomes: by callback, once, from any thread, possibly before the call
// that took it has returned. The caller sees to it that what the callback refers to is still there.
#pragma once

#include <expected>
#include <functional>
#include <system_error>

namespace store {

template <class T>
using Done = std::move_only_function<void(std::expected<T, std::error_code>)>;

}  // namespace store
