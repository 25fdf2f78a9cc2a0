// The plans of one study, read and united. Internal to results/store.
#pragma once

#include <map>
#include <string>
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

StudyPlans read_plans(const Workspace& workspace, const std::string& study);

std::string report_to_text(const ReportSpec& report);
ReportSpec report_from_text(const std::string& json);

}  // namespace lockstep
