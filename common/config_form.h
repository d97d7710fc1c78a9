// The form of a configuration file, for CLI11: see options.h. CLI11's own cuts a value at the first
// # and at blanks; here the rest of the line is the value, and an error names its line.
#pragma once

#include <CLI/CLI.hpp>
#include <istream>
#include <string>
#include <vector>

namespace command_line {

class ConfigForm final : public CLI::Config {
 public:
  // The settings in force, a line each; what has no value is left out.
  std::string to_config(const CLI::App* app, bool default_also, bool write_description,
                        std::string prefix) const override;
  // Throws CLI::ConfigError.
  std::vector<CLI::ConfigItem> from_config(std::istream& input) const override;
};

}  // namespace command_line
