// The plans of one study, read and united. Internal to results/store.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "results/record/early_stops.hpp"
#include "results/record/workspace.hpp"
#include "results/store/run_files.hpp"
#include "sweeps/run/report_spec.hpp"

namespace lockstep {

struct PlannedConfig {
  std::string cell;
  std::string config;  ///< canonical bytes, whose hash is the id
};

struct StudyPlans {
  std::string name;
  std::string question, spec_sha256;          ///< of the newest readable plan
  ReportSpec report;                          ///< of the newest readable plan
  std::map<std::string, PlannedConfig> runs;  ///< by id: of all plans, for a study grows
  std::vector<EarlyStop> early_stops;         ///< in force
  std::vector<Finding> findings;
};

/// What is wrong with a plan's text, and from which byte on.
struct PlanProblem {
  std::size_t offset = 0;
  std::string what;
};

/// Unites one plan of the study with `study`; where anything is wrong, nothing of it. Pure.
std::optional<PlanProblem> add_plan(std::string_view text, StudyPlans& study);

StudyPlans read_plans(const Workspace& workspace, const std::string& study);

std::string report_to_text(const ReportSpec& report);
ReportSpec report_from_text(const std::string& json);

}  // namespace lockstep
