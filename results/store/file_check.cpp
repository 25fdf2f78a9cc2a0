#include "results/store/file_check.hpp"

#include "results/store/calibration_file.hpp"
#include "results/store/file_marks.hpp"
#include "results/store/plan_files.hpp"
#include "results/store/run_rows.hpp"

namespace lockstep {

namespace {
void add_damage(const std::vector<Finding>& findings, FileDamage& damage) {
  for (const Finding& finding : findings) {
    if (finding.kind == Finding::Kind::corruption) damage.corruption.push_back(finding.message);
    if (finding.kind == Finding::Kind::salvage) damage.salvaged.push_back(finding.message);
  }
}
}  // namespace

FileDamage check_files(const Workspace& workspace) {
  FileDamage damage;
  for (const std::string& study : workspace.study_names())
    add_damage(read_plans(workspace, study).findings, damage);
  for (const std::string& id : run_ids(workspace)) {
    const RunFiles run = read_run(workspace, id);
    add_damage(findings_of(run, history_of(run.attempts, run.done_attempt)), damage);
  }
  for (const std::string& message : read_calibrations(workspace).damaged)
    damage.corruption.push_back(relative_to(workspace, message));
  return damage;
}

}  // namespace lockstep
