// decode(encode(x)) is x with every line end as CRLF, WireSize is its length, and no split matters.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "common/text/dot_stuffing.h"
#include "tests/fuzz/check.h"

namespace {

std::string encode(std::string_view message, size_t step) {
  text::DotEncoder encoder;
  std::string out;
  for (size_t at = 0; at < message.size(); at += step) {
    encoder.encode(message.substr(at, step), out);
  }
  encoder.finish(out);
  return out;
}

std::string decode(text::LineEnds ends, std::string_view in, size_t step, size_t& used) {
  text::DotDecoder decoder(ends);
  std::string out;
  used = 0;
  while (used < in.size() && !decoder.ended()) {
    used += decoder.decode(in.substr(used, step), out);
  }
  FUZZ_CHECK(decoder.octets() == out.size());
  FUZZ_CHECK(decoder.first_nul().has_value() == out.contains('\0'));
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const size_t step = size_t{data[0]} + 1;
  const std::string input(data + 1, data + size);

  const std::string encoded = encode(input, input.size() + 1);
  FUZZ_CHECK(encode(input, step) == encoded && encode(input, 1) == encoded);
  size_t used = 0;
  const std::string decoded = decode(text::LineEnds::kCrlf, encoded, encoded.size(), used);
  FUZZ_CHECK(used == encoded.size());
  FUZZ_CHECK(encode(decoded, step) == encoded);
  text::WireSize wire_size;
  for (size_t at = 0; at < input.size(); at += step) {
    wire_size.add(std::string_view(input).substr(at, step));
  }
  FUZZ_CHECK(wire_size.octets() == decoded.size());

  for (const auto ends : {text::LineEnds::kCrlf, text::LineEnds::kLf}) {
    size_t used_whole = 0;
    const std::string whole = decode(ends, input, input.size() + 1, used_whole);
    FUZZ_CHECK(decode(ends, input, 1, used) == whole && used == used_whole);
    FUZZ_CHECK(decode(ends, input, step, used) == whole && used == used_whole);
  }
  return 0;
}
