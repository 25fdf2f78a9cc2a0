// What CLI11 words for programmers: one message for arguments that cannot be right.
#pragma once

#include <string>

namespace CLI {
class ParseError;
}

namespace lockstep {

/// "WHAT; `lockstep COMMAND -h` shows what it takes", in one line.
std::string message_of(const CLI::ParseError& error, const std::string& command);

}  // namespace lockstep
