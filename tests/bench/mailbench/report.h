// What mailbench prints: one line of JSON.
#pragma once

#include <string>
#include <string_view>

#include "tests/bench/mailbench/idle_load.h"
#include "tests/bench/mailbench/run.h"

namespace bench {

// `unit`: what was counted, as a key: "messages" or "logins".
std::string report(std::string_view unit, Run::Result& result, bool with_usage);
std::string report(IdleLoad::Result& result, bool with_usage);

}  // namespace bench
