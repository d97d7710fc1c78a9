#include "common/config_form.h"

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <utility>

namespace command_line {
namespace {

std::string_view without_blanks(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r";
  const size_t begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

bool is_quoted(std::string_view value) {
  return value.size() >= 2 && value.front() == value.back() &&
         (value.front() == '"' || value.front() == '\'');
}

std::string written(const std::string& value) {
  const bool plain = !value.empty() && !is_quoted(value) && without_blanks(value) == value;
  return plain ? value : '"' + value + '"';
}

std::vector<std::string> values_of(const CLI::Option& option) {
  if (option.get_type_size() == 0) return {option.as<bool>() ? "true" : "false"};
  if (option.count() > 0) return option.results();
  if (option.get_default_str().empty()) return {};
  return {option.get_default_str()};
}

}  // namespace

std::string ConfigForm::to_config(const CLI::App* app, bool, bool, std::string) const {
  std::string out;
  for (const CLI::Option* option : app->get_options({})) {
    if (!option->get_configurable()) continue;
    for (const auto& value : values_of(*option)) {
      out += option->get_single_name() + " = " + written(value) + '\n';
    }
  }
  return out;
}

std::vector<CLI::ConfigItem> ConfigForm::from_config(std::istream& input) const {
  std::vector<CLI::ConfigItem> found;
  std::string text;
  for (size_t number = 1; std::getline(input, text); ++number) {
    const std::string_view line = without_blanks(text);
    if (line.empty() || line.front() == '#') continue;
    const size_t equals = line.find('=');
    const std::string name(without_blanks(line.substr(0, equals)));
    if (equals == std::string_view::npos || name.empty()) {
      throw CLI::ConfigError("line " + std::to_string(number) + " is not `option = value`");
    }
    std::string_view value = without_blanks(line.substr(equals + 1));
    if (is_quoted(value)) value = value.substr(1, value.size() - 2);
    auto item = std::ranges::find(found, name, &CLI::ConfigItem::name);
    if (item == found.end()) item = found.insert(found.end(), {{}, name, {}});
    item->inputs.emplace_back(value);
  }
  return found;
}

}  // namespace command_line
