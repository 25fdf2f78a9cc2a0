#include "orchestrator/cli/spec_input.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "orchestrator/schedule/study_files.hpp"

namespace lockstep {

namespace {
/// The file that SPEC is: a study's copy where there is no file of that name.
std::string path_of(Session& session, const std::string& word) {
  std::error_code ignored;
  if (word == "-" ||
      (std::filesystem::exists(word, ignored) && !std::filesystem::is_directory(word, ignored)))
    return word;
  if (word.find_first_of("/.") != word.npos) return word;  // in no study's name
  const Workspace workspace = session.workspace();
  const auto studies = workspace.study_names();
  if (std::find(studies.begin(), studies.end(), word) == studies.end()) {
    const auto near = nearest(word, studies);
    if (std::filesystem::exists(word, ignored) || std::filesystem::exists(word + ".yaml", ignored))
      return word;  // reading it says what is wrong
    throw UsageError(
        fmt::format("there is no spec file and no study '{}'{}", printable(word),
                    near ? fmt::format("; did you mean '{}'?", *near)
                    : studies.empty()
                        ? fmt::format("; {} has no study yet", printable(workspace.root().string()))
                        : "; the studies are: " + printable(joined(studies))));
  }
  session.say("the spec is that of study " + word + ": " + workspace.spec(word).string());
  return workspace.spec(word).string();
}
}  // namespace

std::optional<SpecInput> load_spec(Session& session, const Tables& tables,
                                   const std::string& word) {
  const std::string path = path_of(session, word);
  SpecInput input{read_spec_file(path), {}, word};
  input.result = read_spec(tables, input.text);
  if (word == "-") input.again = input.result.plan.study;
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
