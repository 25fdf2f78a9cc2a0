// The simulated clock against wall-clock time: two workers on two processes, local SGD at H = 1, 2,
// 4, 8, 16 and synchronous SGD. Calibrations and runs alternate: every round of runs, one of each
// kind, stands between two calibrations and is priced with their mean, so that both see the same
// machine, and with waiting for the slowest worker as its steps vary. Passes where
// simulated/measured is within 10 % at both ends of the interval of its median, for every kind. How
// far apart the measured times of a kind lie is the machine's part.
// LOCKSTEP_TRAIN=bin/lockstep-train bench_clock [rounds] [epochs of a run] [seconds of a
// calibration]
#include <cstdlib>
#include <map>
#include <numeric>

#include "orchestrator/cli/run_options.hpp"
#include "orchestrator/schedule/calibrator.hpp"
#include "orchestrator/schedule/study_files.hpp"
#include "results/record/record_file.hpp"
#include "results/record/sync_log.hpp"
#include "sweeps/spec/sweep_spec.hpp"
#include "tests/bench/bench_result.hpp"
#include "tests/bench/study_loop.hpp"
#include "tests/support/temp_dir.hpp"

using namespace lockstep;
using namespace lockstep::bench;

namespace {
constexpr double kMostError = 0.10;
constexpr int kWorkers = 2;

/// The study `clock`, a seed per round.
std::string spec_of(int rounds, int epochs) {
  return fmt::format(
      "lockstep: 1\nstudy: clock\nquestion: How far off is the clock?\n"
      "base: {{dataset: fashion-mnist, train_samples: 30000, model: mlp, hidden: 1024, workers: "
      "{}, batch_per_worker: 32, epochs: {}, lr: 0.05}}\n"
      "grid: {{seed: {{range: [1, {}, 1]}}}}\n"
      "variants:\n  - {{algorithm: sync_sgd}}\n"
      "  - {{algorithm: local_sgd, grid: {{H: [1, 2, 4, 8, 16]}}}}\n",
      kWorkers, epochs, rounds);
}

std::string kind_of(const RunConfig& config) {
  return config.text("algorithm") +
         (config.has("H") ? fmt::format(" H={}", config.integer("H")) : "");
}

struct Machine {
  StepCost cost;
  StepSpread spread;
  Network network;
};

Machine calibrate(const TrainerSetup& trainer, const RunConfig& config, double seconds,
                  const std::filesystem::path& scratch) {
  const StepSample step =
      measure_step(trainer, config.canonical_json(), kWorkers, seconds, scratch);
  ProcessRunner runner;
  return {step.cost, step.spread, measure_network(runner, trainer, scratch).network};
}

struct Trained {
  std::vector<SyncEvent> syncs;
  Overlap overlap{false, false};
  std::int64_t steps = 0;
  double measured_s = 0, wait_s = 0, transfer_s = 0, compute_s = 0;
};

Trained read_run(const RunDirectory& run) {
  constexpr double kHides = 0.01;  // of an exchange; less goes by without any overlap
  Trained trained;
  for (const Record& record : read_segment_file(run.events(1)).records) {
    if (const auto* end = std::get_if<EndRecord>(&record)) {
      trained.steps = end->step;
      trained.measured_s = end->train_s;
    }
    const auto* syncs = std::get_if<SyncRecord>(&record);
    if (!syncs) continue;
    const bool gradient = syncs->kind.starts_with("gradient");
    (gradient ? trained.overlap.backward : trained.overlap.steps) |=
        syncs->hidden_s > kHides * (syncs->hidden_s + syncs->transfer_s);
    for (const SyncRecord& one : expand(*syncs)) {
      trained.syncs.push_back(
          {one.first, static_cast<double>(one.payload_bytes), gradient, one.delay});
    }
    trained.wait_s += syncs->wait_s;
    trained.transfer_s += syncs->transfer_s;
    trained.compute_s += syncs->compute_s + syncs->data_s;
  }
  return trained;
}

/// What the rounds say of one kind of run.
struct Found {
  std::vector<double> measured, simulated, ratios, wait_share;
};

/// Largest distance from the median, as a share of it: what a run of this kind may be off by.
double spread(const std::vector<double>& values) {
  const double middle = median_interval(values).median;
  double most = 0;
  for (const double value : values) most = std::max(most, std::abs(value / middle - 1));
  return most;
}

bool judge_kind(const std::string& kind, const Found& found) {
  const Interval ratio = median_interval(found.ratios);
  const double worst = std::max(std::abs(ratio.low - 1), std::abs(ratio.high - 1));
  const bool pass = worst < kMostError;
  const Interval measured = median_interval(found.measured);
  fmt::print(
      "{}  {:<14} simulated/measured {:.3f} [{:.3f}, {:.3f}]; measured {:.3f} s, runs up to {:.0f} "
      "% off that, {:.1f} % of it waiting\n",
      verdict(pass), kind, ratio.median, ratio.low, ratio.high, measured.median,
      100 * spread(found.measured), 100 * median_interval(found.wait_share).median);
  print_json("clock", {{"kind", kind},
                       {"rounds", found.ratios.size()},
                       {"measured_s", to_json(measured)},
                       {"simulated_s", to_json(median_interval(found.simulated))},
                       {"ratio", to_json(ratio)},
                       {"measured_spread", spread(found.measured)},
                       {"wait_share", median_interval(found.wait_share).median},
                       {"wanted", kMostError},
                       {"pass", pass}});
  return pass;
}

int compare(int rounds, int epochs, double seconds) {
  const auto spec = read_spec(Tables::builtin(), spec_of(rounds, epochs));
  const test::TempDir folder;
  const Workspace workspace(folder.path());
  const TrainerSetup trainer = trainer_setup({});
  create_runs(workspace, spec.plan.runs);
  const RunConfig& any = spec.plan.runs.front().config;
  std::map<std::string, Found> found;
  std::vector<double> step_s;
  Machine before = calibrate(trainer, any, seconds, folder.path() / "scratch");
  for (int round = 1; round <= rounds; ++round) {
    fmt::print(stderr, "round {} of {}\n", round, rounds);
    std::vector<PlannedRun> runs;
    for (const PlannedRun& run : spec.plan.runs) {
      if (run.config.integer("seed") == round) runs.push_back(run);
    }
    // No kind is always the first behind a calibration.
    std::rotate(runs.begin(), runs.begin() + round % static_cast<int>(runs.size()), runs.end());
    std::vector<RunToDo> todo;
    for (const PlannedRun& run : runs) {
      todo.push_back({run.id.text(),
                      {.run_directory = workspace.run(run.id.text()).path(),
                       .processes = kWorkers,
                       .exclusive = true}});
    }
    run_all(workspace, spec.plan.study, todo, {.trainer = trainer});
    const Machine after = calibrate(trainer, any, seconds, folder.path() / "scratch");
    const Machine machine{mean_of(std::vector{before.cost, after.cost}),
                          mean_of(std::vector{before.spread, after.spread}),
                          mean_of(std::vector{before.network, after.network})};
    const Stragglers waiting{
        .kind = Stragglers::Kind::measured, .mean_excess_s = 1, .spread = machine.spread};
    step_s.push_back(machine.cost.step_s);
    for (const PlannedRun& run : runs) {
      const Trained trained = read_run(workspace.run(run.id.text()));
      const double simulated_s = simulate(trained.syncs, trained.steps, kWorkers, machine.cost,
                                          machine.network, waiting, trained.overlap)
                                     .total_s;
      Found& kind = found[kind_of(run.config)];
      kind.measured.push_back(trained.measured_s);
      kind.simulated.push_back(simulated_s);
      kind.ratios.push_back(simulated_s / trained.measured_s);
      kind.wait_share.push_back(trained.wait_s / trained.measured_s);
      if (std::getenv("LOCKSTEP_BENCH_VERBOSE")) {
        const auto steps = static_cast<double>(trained.steps);
        fmt::print(
            "{:<14} step {:.4f} ms, measured {:.4f} ms = own {:.4f} + wait {:.4f} + transfer "
            "{:.4f}; calibrated {:.4f} ms, average {:.4f} ms, exchange {:.4f} ms\n",
            kind_of(run.config), 1e3 * simulated_s / steps, 1e3 * trained.measured_s / steps,
            1e3 * trained.compute_s / steps, 1e3 * trained.wait_s / steps,
            1e3 * trained.transfer_s / steps, 1e3 * machine.cost.step_s,
            1e3 * machine.cost.average_s,
            1e3 * all_reduce_s(machine.network, kWorkers, trained.syncs.front().bytes));
      }
    }
    before = after;
  }
  bool pass = true;
  for (const auto& [kind, values] : found) pass = judge_kind(kind, values) && pass;
  fmt::print("{}: calibrated step {:.3f} ms, up to {:.0f} % off that over the rounds\n",
             verdict(pass), 1e3 * median_interval(step_s).median, 100 * spread(step_s));
  return pass ? 0 : 1;
}
}  // namespace

int main(int argc, char** argv) {
  try {
    return compare(argc > 1 ? std::atoi(argv[1]) : 10, argc > 2 ? std::atoi(argv[2]) : 2,
                   argc > 3 ? std::atof(argv[3]) : 1);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench_clock: %s\n", error.what());
    return 2;
  }
}
