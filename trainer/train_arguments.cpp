#include "trainer/train_arguments.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>

#include "lockstep_version.hpp"
#include "results/record/run_directory.hpp"
#include "sweeps/run/run_id.hpp"

namespace lockstep {

namespace {
std::string must_be_a_run_directory(std::string& text) {
  std::error_code error;
  const std::filesystem::path folder = std::filesystem::canonical(text, error);
  if (error || !std::filesystem::exists(RunDirectory(folder).config(), error))
    return fmt::format("'{}' is no run directory, it has no config.json", text);
  text = folder.string();
  return "";
}

std::string must_not_be_negative(std::string& text) {
  double value = -1;
  const bool number = CLI::detail::lexical_cast(text, value) && std::isfinite(value);
  return number && value >= 0 ? "" : fmt::format("'{}' is no number from 0 up", text);
}

/// "lockstep-train export-model", whose help is worth reading.
std::string command_of(const CLI::App& app) {
  std::string command = "lockstep-train";
  for (const CLI::App* chosen : app.get_subcommands()) command += " " + chosen->get_name();
  return command;
}

std::string line_of(std::string text) {
  std::replace(text.begin(), text.end(), '\n', ' ');
  text.erase(text.find_last_not_of(" .") + 1);
  return text;
}
}  // namespace

CLI::Option* add_run_directory_option(CLI::App& app, std::filesystem::path& directory) {
  return app.add_option("--run-dir", directory, "Run directory with a config.json")
      ->transform(CLI::Validator(must_be_a_run_directory, ""))
      ->type_name("DIR");
}

CLI::Validator not_negative() { return CLI::Validator(must_not_be_negative, ""); }

void add_train_options(CLI::App& app, TrainArguments& arguments) {
  AttemptOptions& attempt = arguments.attempt;
  app.description(
      "Trains one run of a study: reads config.json in a run directory, goes on from the newest "
      "good checkpoint, and\n"
      "writes records, checkpoints and a result there. Usually started by `lockstep`.\n\n"
      "Example: lockstep-train --run-dir workspace/runs/<id>\n"
      "Several processes: mpirun -n 4 lockstep-train --run-dir ... (the workers are shared out "
      "over them)");
  app.footer(
      "Exit codes: 0 done or diverged, 2 configuration, 69 data missing, 70 internal, 71 hang, 72 "
      "out of memory,\n"
      "74 storage, 75 checkpointed and wants to go on, 78 a newer attempt exists.");
  app.set_version_flag("--version", fmt::format("lockstep-train {} ({})", kVersion, kCommit));
  add_run_directory_option(app, attempt.run_directory);
  app.add_option("--token", attempt.token, "Unique name of this submission")
      ->default_val("by-hand");
  app.add_option("--data", attempt.data_folder, "Folder with the data sets")
      ->envname("LOCKSTEP_DATA")
      ->default_val("/usr/share/datasets");
  app.add_option("--checkpoint-every-s", attempt.checkpoint_every_s,
                 "Seconds between checkpoints; 0: only on a stop")
      ->default_val(300)
      ->check(not_negative());
  app.add_option("--keep-last", attempt.keep.last, "Newest good checkpoints that stay")
      ->envname("LOCKSTEP_KEEP_LAST")
      ->capture_default_str()
      ->check(CLI::Range(2, 1000000));
  app.add_option("--keep-every", attempt.keep.every_steps,
                 "Also the first checkpoint at or after every so many local steps; 0: none")
      ->envname("LOCKSTEP_KEEP_EVERY")
      ->capture_default_str()
      ->check(not_negative());
  app.add_flag_callback(
      "--no-keep-best", [keep = &attempt.keep] { keep->best = false; },
      "Do not keep the checkpoint with the best validation accuracy");
  app.add_option("--hang-timeout-s", attempt.hang_timeout_s,
                 "Give up after so many seconds without a step; 0: never")
      ->default_val(600)
      ->check(not_negative());
  app.add_option("--stop-at-step", attempt.stop_at_step,
                 "Checkpoint and exit 75 after this local step")
      ->check(not_negative());
  app.add_flag("--exclusive", attempt.exclusive,
               "The machine is this run's alone: its wall clock may be reported");
  app.add_flag("--describe", arguments.describe, "Print version and libraries as JSON and exit");
  app.add_flag("--check", arguments.check,
               "Check libraries and speed of this machine, print JSON and exit");
  app.add_flag("--serve", arguments.serve,
               "Start the runs that stdin names, each in a process of its own that finds libraries "
               "and data loaded\n"
               "(lines of JSON; see trainer/engine/fork_server.hpp)")
      ->group("For `lockstep`");
}

void parse_words(CLI::App& app, const std::vector<std::string>& words) {
  std::vector<const char*> argv;
  for (const std::string& word : words) argv.push_back(word.c_str());
  app.parse(static_cast<int>(argv.size()), argv.data());
}

std::optional<int> exit_of_parsing(CLI::App& app, const std::vector<std::string>& words) {
  try {
    parse_words(app, words);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);  // help or version was asked for
    fmt::print(stderr, "lockstep-train: error: {}; see {} --help\n", line_of(error.what()),
               command_of(app));
    return static_cast<int>(TrainExit::configuration);
  }
  return std::nullopt;
}

RunConfig config_of_run(const Registry& registry, const std::filesystem::path& run_directory) {
  const RunDirectory directory(run_directory);
  const RunConfig config = parse_config(registry.tables, read_file(directory.config()));
  if (RunId::of(config).text() != directory.id()) {
    throw ConfigError(
        fmt::format("{} is named after another configuration than its config.json ({})",
                    directory.path().string(), RunId::of(config).text()));
  }
  return config;
}

}  // namespace lockstep
