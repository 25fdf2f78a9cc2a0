// The words that lockstep-train takes for a run, on its command line and in a job of its server.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "trainer/engine/attempt.hpp"

namespace CLI {
class App;
class Option;
class Validator;
}  // namespace CLI

namespace lockstep {

struct TrainArguments {
  AttemptOptions attempt;
  bool describe = false, check = false, serve = false;
};

/// --run-dir: a folder with a config.json, by its whole path.
CLI::Option* add_run_directory_option(CLI::App& app, std::filesystem::path& directory);

/// For options: a finite number from 0 up.
CLI::Validator not_negative();

/// Options, help and exit codes. `arguments` must outlive `app`.
void add_train_options(CLI::App& app, TrainArguments& arguments);

/// `words` with the program's name first. Throws CLI::ParseError.
void parse_words(CLI::App& app, const std::vector<std::string>& words);

/// The same; an exit code where there is nothing more to do: help was asked for, or the words are
/// wrong, which is told.
std::optional<int> exit_of_parsing(CLI::App& app, const std::vector<std::string>& words);

/// The configuration of a run directory. Throws ConfigError where the directory has another run's
/// name.
RunConfig config_of_run(const Registry& registry, const std::filesystem::path& run_directory);

}  // namespace lockstep
