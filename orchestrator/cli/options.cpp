#include "orchestrator/cli/options.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cmath>

namespace lockstep {

namespace {
CLI::Validator number_between(double low, double high) {
  return CLI::Validator(
      [low, high](std::string& text) -> std::string {
        double value = std::nan("");
        const bool number = CLI::detail::lexical_cast(text, value);
        if (number && value >= low && value <= high) return "";
        return fmt::format("'{}' is no number from {:.10g} to {:.10g}", text, low, high);
      },
      fmt::format("{:.10g} to {:.10g}", low, high));
}

CLI::Validator not_empty_text() {
  return CLI::Validator(
      [](std::string& text) -> std::string {
        return text.empty() ? "is empty; name it, or leave the option out" : "";
      },
      "");
}

template <class Value>
CommandOption added(CLI::App& app, const char* names, Value& value, const std::string& help) {
  return CommandOption(*app.add_option(names, value, help));
}
}  // namespace

CommandOption CommandOption::required() {
  option_->required();
  return *this;
}

CommandOption CommandOption::type_name(const char* name) {
  option_->type_name(name);
  return *this;
}

CommandOption CommandOption::capture_default() {
  option_->capture_default_str();
  return *this;
}

CommandOption CommandOption::between(double low, double high) {
  option_->check(number_between(low, high));
  return *this;
}

CommandOption CommandOption::one_of(std::vector<std::string> words) {
  option_->check(CLI::IsMember(std::move(words)));
  return *this;
}

CommandOption CommandOption::not_empty() {
  option_->check(not_empty_text());
  return *this;
}

CommandOption CommandOption::needs(CommandOption other) {
  option_->needs(other.option_);
  return *this;
}

CommandOption CommandOption::excludes(CommandOption other) {
  option_->excludes(other.option_);
  return *this;
}

bool CommandOption::given() const { return option_->count() > 0; }

CommandOption add_option(CLI::App& app, const char* names, std::string& value,
                         const std::string& help) {
  return added(app, names, value, help);
}

CommandOption add_option(CLI::App& app, const char* names, std::vector<std::string>& values,
                         const std::string& help) {
  return added(app, names, values, help);
}

CommandOption add_option(CLI::App& app, const char* names, double& value, const std::string& help) {
  return added(app, names, value, help);
}

CommandOption add_option(CLI::App& app, const char* names, int& value, const std::string& help) {
  return added(app, names, value, help);
}

CommandOption add_flag(CLI::App& app, const char* names, bool& value, const std::string& help) {
  return CommandOption(*app.add_flag(names, value, help));
}

}  // namespace lockstep
