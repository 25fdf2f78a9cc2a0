// What may stand at the cursor of a command line, from the commands and options themselves and from
// the names in the workspace. The shells' scripts only ask (`lockstep completion`), so they need no
// change when an option comes.
#pragma once

#include <string>
#include <vector>

#include "orchestrator/cli/session.hpp"

namespace CLI {
class App;
}

namespace lockstep {

/// The hidden first word by which the scripts ask.
inline constexpr const char* kCompleteWord = "__complete";
/// In the place of a candidate: files, as the shell completes them.
inline constexpr const char* kFiles = ":files";

struct Candidate {
  std::string text;
  std::string about;  ///< may be empty
};

/// `words`: what follows the program's name up to the cursor; the last one, which may be empty, is
/// to be completed. Reads directory names only, and never throws for a workspace that is not there.
std::vector<Candidate> candidates(const CLI::App& app, const std::vector<std::string>& words,
                                  Session& session);

/// The script that a shell reads: bash, zsh or fish. Throws UsageError for another one.
std::string completion_script(const std::string& shell);

}  // namespace lockstep
