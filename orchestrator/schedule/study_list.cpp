#include "orchestrator/schedule/study_list.hpp"

#include <unordered_set>

#include "orchestrator/schedule/parallel.hpp"
#include "orchestrator/schedule/plan_parts.hpp"
#include "orchestrator/schedule/run_labels.hpp"
#include "orchestrator/schedule/study_files.hpp"

namespace lockstep {

namespace {
/// Each run once, where it came first. Throws NotPlain.
std::vector<ListedRun> list_plain(const std::vector<std::filesystem::path>& plans,
                                  const Tables& tables) {
  std::vector<PlanPart> parts = read_parts(tables, plans);
  ShownParameters shown;
  for (const PlanPart& part : parts) shown.add(part.settings);
  in_parallel(parts.size(), 1, [&](std::size_t i) {
    auto labels = labels_of(parts[i].settings, shown);
    for (std::size_t k = 0; k < labels.size(); ++k) parts[i].runs[k].label = std::move(labels[k]);
  });
  std::vector<ListedRun> runs;
  std::unordered_set<std::string_view> seen;  // ids that are moved, not copied
  for (PlanPart& part : parts) {
    for (ListedRun& run : part.runs) {
      if (seen.insert(run.id).second) runs.push_back(std::move(run));
    }
  }
  return runs;
}
}  // namespace

std::vector<ListedRun> list_runs(const Workspace& workspace, const Tables& tables,
                                 std::string_view study, std::vector<std::string>& notes) {
  try {
    return list_plain(plans_of(workspace, study), tables);
  } catch (const NotPlain&) {
    return list_runs(read_study(workspace, tables, study, notes));
  }
}

std::vector<ListedRun> list_runs(const Plan& plan) {
  std::vector<ListedRun> runs;
  auto labels = labels_of(plan.runs);
  for (std::size_t i = 0; i < plan.runs.size(); ++i)
    runs.push_back({plan.runs[i].id.text(), plan.runs[i].cell, std::move(labels[i])});
  return runs;
}

}  // namespace lockstep
