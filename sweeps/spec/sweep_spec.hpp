// A sweep spec, parsed: YAML text -> SweepSpec -> Plan. Pure; no file is read here. The language is
// described in sweeps/README.md and by `lockstep schema`.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "sweeps/run/tables.hpp"
#include "sweeps/spec/diagnostic.hpp"
#include "sweeps/spec/plan.hpp"

namespace lockstep {

/// How runs are launched: never part of their identity.
struct LocalLaunch {
  int slots = 0;                ///< runs at once; 0: one per core
  bool measured_clock = false;  ///< one process per worker, alone on the machine
};
struct SlurmLaunch {
  bool given = false;  ///< the spec has the section
  std::string partition, account, qos, time, constraint, setup;
  int gpus_per_node = 0;
  int throttle = 0;  ///< at most so many array tasks at once; 0: no limit
};
/// Whether runs whose cell can be on no frontier any more are stopped (reports/early_stop.hpp).
struct EarlyStopLaunch {
  bool given = false;  ///< the spec has the section
  double confidence = 0.95;
};
struct LaunchSpec {
  LocalLaunch local;
  SlurmLaunch slurm;
  EarlyStopLaunch early_stop;
};

/// Parsed and expanded spec. `plan` and `launch` are meaningful where there is no error among
/// `diagnostics`.
struct SpecResult {
  Plan plan;
  LaunchSpec launch;
  std::vector<Diagnostic> diagnostics;
  bool ok() const;  ///< no errors; there may be warnings
};

/// Limits that are checked before anything is built. kMaxRuns can be raised by the caller.
inline constexpr std::size_t kMaxSpecBytes = 1u << 20;
inline constexpr std::size_t kMaxNodeVisits = 100'000;
inline constexpr int kMaxDepth = 32;
inline constexpr std::int64_t kMaxRuns = 10'000;

/// Parses, checks and expands `source`. Never throws for anything in `source`.
SpecResult read_spec(const Tables& tables, std::string_view source,
                     std::int64_t max_runs = kMaxRuns);

/// JSON Schema (draft 2020-12) of the language, generated from the tables.
nlohmann::ordered_json spec_schema(const Tables& tables);

}  // namespace lockstep
