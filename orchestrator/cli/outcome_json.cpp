#include "orchestrator/cli/outcome_json.hpp"

#include <nlohmann/json.hpp>

#include "orchestrator/cli/json_output.hpp"
#include "orchestrator/cli/options.hpp"
#include "reports/report.hpp"

namespace lockstep {

namespace {
const char* name_of(StudyOutcome::Ending ending) {
  switch (ending) {
    case StudyOutcome::Ending::not_started:
      return "not_started";
    case StudyOutcome::Ending::broken_off:
      return "broken_off";
    case StudyOutcome::Ending::interrupted:
      return "interrupted";
    case StudyOutcome::Ending::cancelled:
      return "cancelled";
    case StudyOutcome::Ending::finished:
      return "finished";
  }
  return "";
}

/// None where the workspace cannot be read, which is an error of its own.
std::vector<RunStatus> states_now(const Workspace& workspace, const Plan& plan) {
  try {
    return states_of(workspace, plan);
  } catch (const std::exception&) {
    return {};
  }
}

Json report_json(const Workspace& workspace, const std::string& study) {
  Json files = Json::array();
  for (const Exporter& exporter : builtin_exporters()) files.push_back(exporter.file_name);
  return {{"directory", workspace.report(study).string()}, {"files", std::move(files)}};
}

void print(Session& session, const StudyToRun& study, const StudyOutcome& outcome, ExitCode code,
           const std::string& error) {
  const Workspace workspace = session.named_workspace();
  const auto states = states_now(workspace, study.plan);
  Json rest = Json::array();
  for (const RunStatus& status : without_result(states)) {
    Json run = run_json(status);
    run["log"] = status.log;
    rest.push_back(std::move(run));
  }
  const std::string next =
      code == ExitCode::ok || !outcome.next.empty() ? outcome.next : study.again;
  print_json(session, {{"format", kJsonFormat},
                       {"study", study.plan.study},
                       {"outcome", name_of(outcome.ending)},
                       {"exit_code", static_cast<int>(code)},
                       {"exit_meaning", meaning_of(code)},
                       {"error", error},
                       {"counts", counts_json(states)},
                       {"without_result", std::move(rest)},
                       {"report", outcome.reported ? report_json(workspace, study.plan.study)
                                                   : Json(nullptr)},
                       {"next_command", next}});
}
}  // namespace

CommandOption add_outcome_option(CLI::App& app, RunOptions& options) {
  return add_flag(app, "--json", options.json,
                  "One JSON object on stdout at the end, in place of the frontier: outcome, "
                  "counts, runs without a result, next command");
}

ExitCode with_outcome(Session& session, const StudyToRun& study, const RunOptions& options,
                      const std::function<ExitCode(StudyOutcome&)>& work) {
  StudyOutcome outcome;
  try {
    const ExitCode code = work(outcome);
    if (options.json) print(session, study, outcome, code, "");
    return code;
  } catch (const std::exception& error) {
    if (options.json) print(session, study, outcome, exit_code_of(error), words_of(error));
    throw;
  }
}

}  // namespace lockstep
