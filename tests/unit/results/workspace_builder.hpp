// Workspaces for tests: plans and runs as the planner and the trainer would leave them, in a
// temporary directory.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "results/record/record_file.hpp"
#include "results/record/workspace.hpp"
#include "results/store/store.hpp"
#include "sweeps/run/run_config.hpp"
#include "tests/support/temp_dir.hpp"

namespace lockstep::test {

/// local_sgd on the synthetic data, 40 steps; seeds and lr tell runs apart.
RunConfig config_of(std::int64_t seed, double lr = 0.1);

class WorkspaceBuilder {
 public:
  const Workspace& workspace() const { return workspace_; }
  const Tables& tables() const { return tables_; }

  /// Writes plan-<name>.json, newer than all before.
  void plan(const std::string& study, const std::string& name,
            const std::vector<RunConfig>& configs, const std::string& question = "?",
            const std::vector<std::string>& networks = {"10GbE"});

  /// The run's directory, with config.json.
  RunDirectory create(const RunConfig& config);

  /// A claimed attempt with a header and `records`. Returns its number.
  int attempt(const RunDirectory& run, const std::vector<Record>& records,
              std::optional<ResumedFrom> resumed_from = std::nullopt);

  /// Creates the run and one attempt that trained to the end and won DONE.
  RunDirectory finished(const RunConfig& config);

  Store open(Store::Mode mode = Store::Mode::read_write) const;
  ImportSummary import() const;

 private:
  TempDir dir_;
  Workspace workspace_{dir_.path() / "workspace"};
  Tables tables_ = Tables::builtin();
  int plans_ = 0;
};

/// Steps first..last: a step record each, a sync every `h`, an evaluation every 10.
std::vector<Record> training(std::int64_t first, std::int64_t last, std::int64_t h = 4);

/// The end of an attempt that took `train_s` seconds of training.
EndRecord end_after(EndReason reason, std::int64_t step, double train_s);

}  // namespace lockstep::test
