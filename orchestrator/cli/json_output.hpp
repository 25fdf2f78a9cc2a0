// What the JSON of several commands has in common, so that one thing has one name in all of them
// (JSON.md).
#pragma once

#include <initializer_list>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <utility>
#include <vector>

#include "orchestrator/cli/session.hpp"
#include "orchestrator/cli/study_states.hpp"

namespace lockstep {

using Json = nlohmann::ordered_json;

/// Of every format; a member that changes its meaning or goes makes the next one.
inline constexpr int kJsonFormat = 1;

/// State name -> runs; without states that no run has.
Json counts_json(const std::vector<RunStatus>& states);

/// {"id", "cell", "label", "state", "reason"}
Json run_json(const RunStatus& status);

/// The one object on stdout, indented. Bytes that are no UTF-8 are replaced.
void print_json(Session& session, const Json& json);

/// Throws UsageError where more than one of these forms of output was asked for.
void require_one_form(std::initializer_list<std::pair<const char*, bool>> forms);

/// One record of --plain: a line of fields with tabs between them; tabs, line breaks and control
/// characters inside of a field are blanks.
std::string plain_line(const std::vector<std::string>& fields);

}  // namespace lockstep
