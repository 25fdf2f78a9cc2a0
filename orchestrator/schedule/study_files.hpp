// A study's own files in the workspace: the copy of its spec and its plans. Every plan is kept: a
// study is the union of all that was ever asked in it, until somebody prunes it. To show runs,
// study_list.hpp is quicker.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "results/record/workspace.hpp"
#include "sweeps/run/tables.hpp"
#include "sweeps/spec/plan.hpp"

namespace lockstep {

/// Writes studies/<study>/spec.yaml and plan-<hash>.json; files with equal bytes are left alone.
void write_study(const Workspace& workspace, const Plan& plan, std::string_view spec_text);

/// A plan file alone, for an addition to a study that has been written. Returns its path.
std::filesystem::path write_plan(const Workspace& workspace, const Plan& plan);

/// Takes every other plan out of the plan's study, to studies/<study>/pruned/, where none counts.
/// Runs that only they asked for then belong to no study; their directories stay. After
/// write_study.
void prune_study(const Workspace& workspace, const Plan& plan);

/// Creates the run directories of a plan, durably: with one sync for all of them.
void create_runs(const Workspace& workspace, const std::vector<PlannedRun>& runs);

/// Its plan files, oldest first. Throws StudyError if there is no such study.
std::vector<std::filesystem::path> plans_of(const Workspace& workspace, std::string_view study);

/// The runs of all plans of the study, oldest plan first, each once; question and report of the
/// newest plan. Runs of a lockstep with other parameters or revisions are left out, which `notes`
/// tells in a line. Throws StudyError if there is no such study, RecordError for a plan that cannot
/// be read or is damaged.
Plan read_study(const Workspace& workspace, const Tables& tables, std::string_view study,
                std::vector<std::string>& notes);

/// The runs of the study's additions (Plan::addition), each once, with notes and errors as above;
/// none where there is no such study.
std::vector<PlannedRun> read_additions(const Workspace& workspace, const Tables& tables,
                                       std::string_view study, std::vector<std::string>& notes);

/// There is no such study in this workspace: names the ones there are.
struct StudyError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

}  // namespace lockstep
