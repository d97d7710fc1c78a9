#include "common/command_line.h"

#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <string>
#include <utility>

#include "common/config_form.h"
#include "common/version.h"

namespace command_line {
namespace {

constexpr std::string_view kFiles =
    "users.txt has a line for each user: name@domain, a blank, the password or a hash of it. The\n"
    "store is a folder with a folder for each user. Both, and the certificate, are read afresh\n"
    "while the server runs. SIGHUP has users.txt, even if it is empty now, and the certificate\n"
    "read at once; SIGTERM ends the server in order.";

constexpr std::string_view kStatus =
    "Exit status: 0 after SIGTERM or SIGINT, 78 when it cannot start as it is set up, else a\n"
    "wrong command line.";

// CLI11's, with PORT and --port described once, and one blank line between groups.
class HelpForm final : public CLI::Formatter {
 public:
  std::string make_positionals(const CLI::App*) const override { return {}; }
  std::string make_help(const CLI::App* app, std::string name,
                        CLI::AppFormatMode mode) const override {
    std::string help = CLI::Formatter::make_help(app, std::move(name), mode);
    return CLI::detail::find_and_replace(std::move(help), "\n\n\n", "\n\n");
  }
};

void describe(CLI::App& app, const Program& program) {
  constexpr const char* kGroup = "Other";
  const std::string name(program.name);
  app.name(name);
  app.description(std::string(program.about) + "\n");
  app.footer("\n" + std::string(kFiles) + "\n\n" + std::string(program.example) + "\n\n" +
             std::string(kStatus));
  app.set_version_flag("--version", std::string(kVersion), "Say which version this is")
      ->group(kGroup);
  app.set_help_flag("-h,--help", "Say this")->group(kGroup);
  const auto form = std::make_shared<HelpForm>();
  form->column_width(34);
  app.formatter(form);
  app.failure_message([name](const CLI::App*, const CLI::Error& error) {
    return name + ": " + error.what() + " (" + name + " --help lists the options)\n";
  });
}

// Whether the command line is right but for the file that --config names.
bool is_right_alone(const AddOptions& add_options, int argc, const char* const* argv) {
  CLI::App app;
  add_options(app);
  std::string config;
  bool show = false;
  app.add_option("--config", config);
  app.add_flag("--show-config", show);
  try {
    app.parse(argc, argv);
    return true;
  } catch (const CLI::ParseError&) {
    return false;
  }
}

int bad_config(const Program& program, const std::string& file, std::string why) {
  constexpr std::string_view kUnknown = "INI was not able to parse ";
  if (why.starts_with(file)) why = "it" + why.substr(file.size());
  if (why.starts_with(kUnknown)) why = "there is no option " + why.substr(kUnknown.size());
  std::cerr << program.name << ": " << file << ": " << why << " (" << program.name
            << " --show-config prints what may stand there)\n";
  return kBadConfigFile;
}

}  // namespace

// CLI11 reports by exception; here it ends.
std::optional<int> parse(const Program& program, const AddOptions& add_options, int argc,
                         const char* const* argv, bool port_needed) {
  CLI::App app;
  add_options(app);
  const CLI::Option* config = app.set_config("--config", "", "Read options from this file too")
                                  ->type_name("FILE")
                                  ->group("Other");
  app.config_formatter(std::make_shared<ConfigForm>());
  app.allow_config_extras(CLI::config_extras_mode::error);
  bool show = false;
  app.add_flag("--show-config", show, "Print the settings in force, as --config reads them")
      ->configurable(false)
      ->group("Other");
  describe(app, program);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const bool asked = error.get_exit_code() == 0;  // --help, --version
    if (!asked && config->count() > 0 && is_right_alone(add_options, argc, argv)) {
      return bad_config(program, config->as<std::string>(), error.what());
    }
    return app.exit(error);
  }
  if (show) {
    std::cout << app.config_to_str(true);
    return 0;
  }
  for (const auto* const name : {"--hash-password", "--self-test-sandbox"}) {
    const auto* const only = app.get_option_no_throw(name);
    if (only != nullptr && only->count() > 0) return std::nullopt;
  }
  if (port_needed && app.count("--port") == 0) return app.exit(CLI::RequiredError("PORT"));
  return std::nullopt;
}

}  // namespace command_line
