// What CLI11 lets through or words for programmers: checks of option values, and one message for
// arguments that cannot be right. Heavy: for .cpp files of commands.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace lockstep {

/// A finite number from `low` to `high`; NaN is none.
CLI::Validator between(double low, double high);

/// For names and folders: an empty text is a variable that was not set, and is refused.
CLI::Validator not_empty();

/// "WHAT; `lockstep COMMAND -h` shows what it takes", in one line.
std::string message_of(const CLI::ParseError& error, const std::string& command);

}  // namespace lockstep
