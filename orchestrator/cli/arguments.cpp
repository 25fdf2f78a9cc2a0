#include "orchestrator/cli/arguments.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <regex>

namespace lockstep {

namespace {
std::string joined(std::vector<std::string> words, const char* between) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : between) + word;
  return text;
}

/// The parser's sentences that name no remedy, in better words.
std::string in_our_words(const std::string& what) {
  std::smatch match;
  if (std::regex_match(what, match, std::regex("Could not convert: (\\S+) = (.*)")))
    return fmt::format("{} cannot be '{}'", match.str(1), match.str(2));
  if (std::regex_match(what, match, std::regex("(\\S+): (.*) not in \\{(.*)\\}"))) {
    return fmt::format("{} cannot be '{}', only one of {}", match.str(1), match.str(2),
                       std::regex_replace(match.str(3), std::regex(","), ", "));
  }
  if (std::regex_match(what, match, std::regex("(\\S+) excludes (\\S+)")))
    return fmt::format("{} and {} do not go together", match.str(1), match.str(2));
  if (std::regex_match(what, match, std::regex("(\\S+): 1 required (\\S+?)(?::(.*))? missing"))) {
    const std::string range = match.str(3).empty() ? "" : " (" + match.str(3) + ")";
    return fmt::format("{} wants a value: {}{}", match.str(1), match.str(2), range);
  }
  if (std::regex_match(what, match,
                       std::regex("The following arguments? \\w+ not expected: (.*)"))) {
    std::vector<std::string> words = CLI::detail::split(match.str(1), ' ');  // the last one first
    std::reverse(words.begin(), words.end());
    return fmt::format("nothing here takes '{}'", joined(words, " "));
  }
  return what;
}
}  // namespace

std::string message_of(const CLI::ParseError& error, const std::string& command) {
  std::string what = error.what();
  while (!what.empty() && (what.back() == '\n' || what.back() == '.')) what.pop_back();
  std::replace(what.begin(), what.end(), '\n', ' ');
  what = in_our_words(what);
  return fmt::format("{}; `lockstep {}-h` shows what it takes", what,
                     command.empty() ? "" : command + " ");
}

}  // namespace lockstep
