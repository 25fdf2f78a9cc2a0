#include "results/store/file_check.hpp"

#include "results/store/calibration_file.hpp"
#include "results/store/file_marks.hpp"
#include "results/store/plan_files.hpp"
#include "results/store/run_rows.hpp"

namespace lockstep {

namespace {
void add_damage(const std::vector<Finding>& findings, std::vector<std::string>& problems) {
  for (const Finding& finding : findings) {
    if (finding.kind != Finding::Kind::note) problems.push_back(finding.message);
  }
}
}  // namespace

std::vector<std::string> check_files(const Workspace& workspace) {
  std::vector<std::string> problems;
  for (const std::string& study : workspace.study_names())
    add_damage(read_plans(workspace, study).findings, problems);
  for (const std::string& id : run_ids(workspace)) {
    const RunFiles run = read_run(workspace, id);
    add_damage(findings_of(run, history_of(run.attempts, run.done_attempt)), problems);
  }
  for (const std::string& message : read_calibrations(workspace).damaged)
    problems.push_back(relative_to(workspace, message));
  return problems;
}

}  // namespace lockstep
