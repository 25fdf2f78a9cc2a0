// The options of commands, without the parser's header: CLI11 takes a compiler five seconds and
// more in every file that sees it, so commands declare what they take through this. What parses,
// completes and prints all of them knows the parser itself.
#pragma once

#include <string>
#include <vector>

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace lockstep {

/// An option that was added to a command, to say more about it. Owned by the command's CLI::App,
/// which outlives it. Each function returns the option itself.
class CommandOption {
 public:
  explicit CommandOption(CLI::Option& option) : option_(&option) {}

  CommandOption required();
  /// What stands for the value in the help: STUDY.
  CommandOption type_name(const char* name);
  /// The help shows the value that the variable has now.
  CommandOption capture_default();
  /// A finite number from `low` to `high`; NaN is none.
  CommandOption between(double low, double high);
  /// One of these words.
  CommandOption one_of(std::vector<std::string> words);
  /// For names and folders: an empty text is a variable that was not set, and is refused.
  CommandOption not_empty();
  /// Useless without the other.
  CommandOption needs(CommandOption other);
  /// Not beside the other.
  CommandOption excludes(CommandOption other);
  /// Whether the command line has it. Once it is parsed.
  bool given() const;

 private:
  CLI::Option* option_;
};

/// `names` like "-o,--output", or the name of a positional. `value` is written when the command
/// line is parsed and must live until then.
CommandOption add_option(CLI::App& app, const char* names, std::string& value,
                         const std::string& help);
CommandOption add_option(CLI::App& app, const char* names, std::vector<std::string>& values,
                         const std::string& help);
CommandOption add_option(CLI::App& app, const char* names, double& value, const std::string& help);
CommandOption add_option(CLI::App& app, const char* names, int& value, const std::string& help);
CommandOption add_flag(CLI::App& app, const char* names, bool& value, const std::string& help);

}  // namespace lockstep
