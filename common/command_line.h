// How a command line is read, and the configuration file that --config names, by CLI11: with
// --help, --version, --config and --show-config, which every program has, and one line on standard
// error for what is wrong. Knows no other option: those are added by the caller (options.h), who
// owns the values they are written into.
#pragma once

#include <functional>
#include <optional>
#include <string_view>

namespace CLI {
class App;
}

namespace command_line {

// The status to end with when it is the configuration file that is wrong (EX_CONFIG of sysexits.h).
inline constexpr int kBadConfigFile = 78;

// What a program says about itself.
struct Program {
  std::string_view name;
  std::string_view about;
  std::string_view example;
};

// May be called twice: a wrong command line is read again without its configuration file, to find
// out which of the two it is that is wrong.
using AddOptions = std::function<void(CLI::App&)>;

// The status to end with now, or nothing: all is well. --help, --version and --show-config are
// printed (status 0), or what is wrong is said on standard error, in one line. `port_needed`: a
// command line without --port is wrong, unless it asks for --hash-password, which needs none.
std::optional<int> parse(const Program& program, const AddOptions& add_options, int argc,
                         const char* const* argv, bool port_needed);

}  // namespace command_line
