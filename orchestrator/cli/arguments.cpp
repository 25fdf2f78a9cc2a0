#include "orchestrator/cli/arguments.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace lockstep {

CLI::Validator between(double low, double high) {
  return CLI::Validator(
      [low, high](std::string& text) -> std::string {
        double value = std::nan("");
        const bool number = CLI::detail::lexical_cast(text, value);
        if (number && value >= low && value <= high) return "";
        return fmt::format("'{}' is no number from {:.10g} to {:.10g}", text, low, high);
      },
      fmt::format("{:.10g} to {:.10g}", low, high));
}

CLI::Validator not_empty() {
  return CLI::Validator(
      [](std::string& text) -> std::string {
        return text.empty() ? "is empty; name it, or leave the option out" : "";
      },
      "");
}

std::string message_of(const CLI::ParseError& error, const std::string& command) {
  std::string what = error.what();
  while (!what.empty() && (what.back() == '\n' || what.back() == '.')) what.pop_back();
  std::replace(what.begin(), what.end(), '\n', ' ');
  return fmt::format("{}; `lockstep {}-h` shows what it takes", what,
                     command.empty() ? "" : command + " ");
}

}  // namespace lockstep
