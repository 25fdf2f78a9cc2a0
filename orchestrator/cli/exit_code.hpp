// How the program ends: the one table of exit codes, and of which error means which.
#pragma once

#include <exception>
#include <string>

namespace lockstep {

enum class ExitCode : int {
  ok = 0,            ///< also: nothing to do
  failed = 1,        ///< an error that nobody foresaw
  usage = 2,         ///< wrong arguments, or errors in the spec
  some_failed = 3,   ///< runs failed or are not finished; the rest is fine
  environment = 5,   ///< something outside is missing: trainer, database, lock, disk, memory
  integrity = 6,     ///< files are damaged
  interrupted = 130  ///< Ctrl-C; the same command goes on
};

inline constexpr ExitCode kExitCodes[] = {
    ExitCode::ok,          ExitCode::failed,    ExitCode::usage,      ExitCode::some_failed,
    ExitCode::environment, ExitCode::integrity, ExitCode::interrupted};

/// What it says, for people and `--json`: "some runs failed or are not finished".
const char* meaning_of(ExitCode code);

/// Of an exception that left a command.
ExitCode exit_code_of(const std::exception& error);
/// What it says, in one line for people: not as a library puts it.
std::string words_of(const std::exception& error);

}  // namespace lockstep
