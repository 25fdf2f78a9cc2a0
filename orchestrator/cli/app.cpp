#include "orchestrator/cli/app.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstring>
#include <lockstep_version.hpp>
#include <memory>
#include <optional>
#include <vector>

#include "orchestrator/cli/arguments.hpp"
#include "orchestrator/cli/completion.hpp"
#include "orchestrator/cli/options.hpp"
#include "orchestrator/cli/subcommand.hpp"
#include "sweeps/run/tables.hpp"

namespace lockstep {

namespace {
constexpr auto kMakers = {plan_command,      run_command,       submit_command,     status_command,
                          logs_command,      why_command,       diff_command,       cancel_command,
                          gc_command,        resume_command,    report_command,     import_command,
                          calibrate_command, doctor_command,    schema_command,     db_command,
                          export_command,    reference_command, completion_command, man_command};

constexpr const char* kLesson =
    "A study is one YAML file, its spec. The usual way:\n"
    "  lockstep plan quickstart.yaml      what would run, and how long it takes\n"
    "  lockstep run quickstart.yaml       run it; the same command again goes on where it stopped\n"
    "  lockstep report quickstart         the report, as Markdown, CSV, JSON, SVG and HTML\n"
    "`lockstep COMMAND -h` explains a command.";

std::string lesson() {
  std::string text = std::string(kLesson) + "\nExit codes:";
  for (const ExitCode code : kExitCodes)
    text += fmt::format("\n  {:<4} {}", static_cast<int>(code), meaning_of(code));
  return text;
}

/// "did you mean" for a first word that is no command.
std::optional<std::string> unknown_command(
    int argc, const char* const* argv, const std::vector<std::unique_ptr<Subcommand>>& commands) {
  if (argc < 2 || argv[1][0] == '-' || argv[1][0] == '\0') return std::nullopt;
  std::vector<std::string> names;
  for (const auto& command : commands) {
    if (std::string(argv[1]) == command->name()) return std::nullopt;
    names.push_back(command->name());
  }
  const auto near = nearest(argv[1], names);
  return fmt::format("there is no command '{}'; {}", printable(argv[1]),
                     near ? fmt::format("did you mean '{}'?", *near) : "`lockstep -h` lists them");
}

/// Whoever reads stdout has gone.
bool reader_gone() {
  pollfd out{STDOUT_FILENO, POLLOUT, 0};
  return ::poll(&out, 1, 0) == 1 && (out.revents & POLLERR) != 0;
}

/// False: what was to go to stdout did not arrive, which is said. A reader that has gone, as in
/// `| head`, wanted no more: that is no failure of ours.
bool flushed(Session& session) {
  int error = 0;  // not known where an earlier write failed
  if (session.out()) {
    errno = 0;
    if (session.out().flush()) return true;
    error = errno;
  }
  if (error == EPIPE || reader_gone()) return true;
  session.say(fmt::format("the output could not be written in full: {}",
                          error == 0 ? "is the disk full?" : std::strerror(error)));
  return false;
}

ExitCode guarded(Subcommand& command, Session& session) {
  try {
    return command.run(session);
  } catch (const std::exception& error) {
    session.say(words_of(error));
    return exit_code_of(error);
  }
}
}  // namespace

void add_workspace_option(CLI::App& app, Session& session) {
  add_option(app, "-w,--workspace", session.workspace_option,
             "Folder of runs and studies (else LOCKSTEP_WORKSPACE, else ./workspace)")
      .not_empty()
      .type_name("DIR");
}

void add_data_option(CLI::App& app, std::string& folder) {
  add_option(app, "--data", folder,
             "Folder of data sets (else LOCKSTEP_DATA, ./data, /usr/share/datasets)")
      .not_empty()
      .type_name("DIR");
}

int run_app(int argc, const char* const* argv, Console console) {
  Session session(console);
  if (argc > 0 && argv[0][0] != '\0') session.program = argv[0];
  CLI::App app("How far may workers leave lockstep, and what does it buy?", "lockstep");
  app.footer(lesson());
  app.set_version_flag("--version", fmt::format("lockstep {} ({})", kVersion, kCommit));
  app.require_subcommand(1);
  std::vector<std::unique_ptr<Subcommand>> commands;
  ExitCode code = ExitCode::ok;
  for (const auto make : kMakers) {
    Subcommand& command = *commands.emplace_back(make());
    CLI::App* sub = app.add_subcommand(command.name(), command.summary());
    sub->footer(command.lesson());
    add_flag(*sub, "--no-color", session.no_color, "No colours (also NO_COLOR=1)");
    command.add_options(*sub, session);
    sub->callback([&command, &session, &code] { code = guarded(command, session); });
  }
  if (argc > 2 && argv[1] == std::string_view(kCompleteWord)) {
    for (const Candidate& candidate : candidates(app, {argv + 2, argv + argc}, session))
      console.out << candidate.text << (candidate.about.empty() ? "" : "\t" + candidate.about)
                  << '\n';
    return static_cast<int>(ExitCode::ok);
  }
  if (const auto message = unknown_command(argc, argv, commands)) {
    session.say(*message);
    return static_cast<int>(ExitCode::usage);
  }
  if (argc < 2) {
    console.err << app.help();
    return static_cast<int>(ExitCode::usage);
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) {  // help or version was asked for
      app.exit(error, console.out, console.err);
    } else {
      const bool named = argv[1][0] != '-';
      session.say(message_of(error, named ? argv[1] : ""));
      code = ExitCode::usage;
    }
  } catch (const std::exception& error) {
    session.say(words_of(error));
    code = exit_code_of(error);
  }
  if (!flushed(session) && code == ExitCode::ok) code = ExitCode::environment;
  return static_cast<int>(code);
}

}  // namespace lockstep
