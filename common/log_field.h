// What an event of the log is made of: fields, each a key and a value.
#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string_view>
#include <system_error>
#include <variant>
#include <vector>

namespace logging {

template <class T>
concept Number = std::integral<T> && !std::same_as<T, bool> && !std::same_as<T, char>;

// A key, which is a word of ours, and a value. Views: lives no longer than the call it is made for.
class Field {
 public:
  using Value = std::variant<std::string_view, int64_t, uint64_t, std::error_code>;

  Field(std::string_view key, std::string_view value) : key_(key), value_(value) {}
  Field(std::string_view key, std::error_code value) : key_(key), value_(value) {}
  Field(std::string_view key, std::signed_integral auto value)
    requires Number<decltype(value)>
      : key_(key), value_(int64_t{value}) {}
  Field(std::string_view key, std::unsigned_integral auto value)
    requires Number<decltype(value)>
      : key_(key), value_(uint64_t{value}) {}

  std::string_view key() const { return key_; }
  const Value& value() const { return value_; }

 private:
  std::string_view key_;
  Value value_;
};

// The fields of one event, in order: written down in the call, or put together before it. A view.
class Fields {
 public:
  Fields() = default;
  Fields(std::initializer_list<Field> fields) : fields_(fields.begin(), fields.size()) {}
  explicit Fields(const std::vector<Field>& fields) : fields_(fields) {}

  auto begin() const { return fields_.begin(); }
  auto end() const { return fields_.end(); }

 private:
  std::span<const Field> fields_;
};

}  // namespace logging
