// The program `lockstep`: parses, runs one command, turns errors into one line and an exit code.
#pragma once

#include "orchestrator/cli/session.hpp"

namespace lockstep {

/// `argv` as main gets it. Never throws.
int run_app(int argc, const char* const* argv, Console console);

}  // namespace lockstep
