#include "orchestrator/cli/spec_input.hpp"

#include <algorithm>

#include "orchestrator/schedule/study_files.hpp"

namespace lockstep {

std::optional<SpecInput> load_spec(Session& session, const Tables& tables,
                                   const std::string& path) {
  SpecInput input{read_spec_file(path), {}};
  input.result = read_spec(tables, input.text);
  if (!input.result.diagnostics.empty()) {
    session.err() << render(input.result.diagnostics, path == "-" ? "<stdin>" : path, input.text);
  }
  if (!input.result.ok()) {
    const auto errors =
        std::count_if(input.result.diagnostics.begin(), input.result.diagnostics.end(),
                      [](const Diagnostic& diagnostic) {
                        return diagnostic.severity == Diagnostic::Severity::error;
                      });
    session.say(std::to_string(errors) + (errors == 1 ? " error" : " errors") +
                " in the spec; nothing was done");
    return std::nullopt;
  }
  return input;
}

Plan load_study(Session& session, const Tables& tables, const Workspace& workspace,
                const std::string& study) {
  std::vector<std::string> notes;
  Plan plan = read_study(workspace, tables, study, notes);
  for (const std::string& note : notes) session.say("note: " + note);
  return plan;
}

std::vector<ListedRun> load_runs(Session& session, const Tables& tables, const Workspace& workspace,
                                 const std::string& study) {
  std::vector<std::string> notes;
  auto runs = list_runs(workspace, tables, study, notes);
  for (const std::string& note : notes) session.say("note: " + note);
  return runs;
}

}  // namespace lockstep
