// A check that stays in every build: libFuzzer reports the abort together with the input.
#pragma once

#include <cstdlib>

#define FUZZ_CHECK(condition)       \
  do {                              \
    if (!(condition)) std::abort(); \
  } while (false)
