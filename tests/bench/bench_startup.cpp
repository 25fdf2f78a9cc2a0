// What short runs pay beside their training: a study of n runs of about a second through the real
// loop, launcher and trainer; jobs started by the server and as programs of their own, in turns.
// LOCKSTEP_TRAIN=bin/lockstep-train bench_startup [runs] [steps of a run] [rounds]
// The cost of a run is the time of the loop in which no run trained, by the number of runs (one at
// a time). It does not grow with the length of a run, so it is set against a run that trains ten
// seconds. Passes where the served cost is at most a tenth of such a run, in the worst round.
#include <algorithm>
#include <cstdlib>

#include "orchestrator/schedule/study_files.hpp"
#include "results/record/record_file.hpp"
#include "sweeps/spec/sweep_spec.hpp"
#include "tests/bench/bench_result.hpp"
#include "tests/bench/study_loop.hpp"
#include "tests/support/temp_dir.hpp"

using namespace lockstep;
using namespace lockstep::bench;

namespace {
constexpr double kRunS = 10, kWantedShare = 0.1;

std::string spec_of(int runs, int steps) {
  return fmt::format(
      "lockstep: 1\nstudy: startup\nquestion: What does a start cost?\n"
      "base: {{algorithm: local_sgd, H: 8, dataset: synthetic, model: mlp, hidden: 64, workers: 4, "
      "batch_per_worker: 8, steps: {}, lr: 0.05}}\n"
      "grid: {{seed: {{range: [1, {}, 1]}}}}\n",
      steps, runs);
}

struct Cost {
  double loop_s = 0, train_s = 0, eval_s = 0, startup_s = 0;
  double per_run_s = 0;
};

/// Adds what the run's own records say about its seconds.
void add_records(const RunDirectory& run, Cost& cost) {
  for (const Record& record : read_segment_file(run.events(1)).records) {
    if (const auto* end = std::get_if<EndRecord>(&record)) {
      cost.train_s += end->train_s;
      cost.eval_s += end->eval_s;
      cost.startup_s += end->startup_s;
    }
  }
}

Cost measure(const Plan& plan, bool serve) {
  const test::TempDir folder;
  const Workspace workspace(folder.path());
  create_runs(workspace, plan.runs);
  SystemTimer timer;
  Cost cost;
  const double begin_s = timer.now_s();
  std::vector<RunToDo> todo;
  for (const PlannedRun& run : plan.runs) {
    todo.push_back({run.id.text(), {.run_directory = workspace.run(run.id.text()).path()}});
  }
  run_all(workspace, plan.study, todo, {.trainer = {.program = trainer_program()}, .serve = serve});
  cost.loop_s = timer.now_s() - begin_s;
  for (const PlannedRun& run : plan.runs) add_records(workspace.run(run.id.text()), cost);
  cost.per_run_s = (cost.loop_s - cost.train_s) / static_cast<double>(plan.runs.size());
  return cost;
}

void tell(const char* how, const Cost& cost, std::size_t runs) {
  const auto n = static_cast<double>(runs);
  fmt::print(
      "{:<9} {:.2f} s for {} runs, {:.2f} s of them training; per run {:.3f} s beside training "
      "(its "
      "start in the trainer {:.3f} s, evaluations {:.3f} s): {:.1f} % of a run that trains {} s\n",
      how, cost.loop_s, runs, cost.train_s, cost.per_run_s, cost.startup_s / n, cost.eval_s / n,
      100 * cost.per_run_s / (kRunS + cost.per_run_s), kRunS);
  std::fflush(stdout);
}

int compare(int runs, int steps, int rounds) {
  const auto spec = read_spec(Tables::builtin(), spec_of(runs, steps));
  std::vector<double> served, plain;
  for (int round = 0; round < rounds; ++round) {
    const Cost ours = measure(spec.plan, true), theirs = measure(spec.plan, false);
    tell("served", ours, spec.plan.runs.size());
    tell("programs", theirs, spec.plan.runs.size());
    served.push_back(ours.per_run_s);
    plain.push_back(theirs.per_run_s);
  }
  const double worst_s = *std::max_element(served.begin(), served.end());
  const double share = worst_s / (kRunS + worst_s);
  const bool pass = share <= kWantedShare;
  fmt::print("{}: {:.1f} % of a run that trains {} s is lost at worst, at most {:.0f} % wanted\n",
             verdict(pass), 100 * share, kRunS, 100 * kWantedShare);
  print_json("startup", {{"runs", runs},
                         {"steps", steps},
                         {"rounds", rounds},
                         {"served_s_per_run", to_json(median_interval(served))},
                         {"program_s_per_run", to_json(median_interval(plain))},
                         {"share_of_ten_seconds", share},
                         {"pass", pass}});
  return pass ? 0 : 1;
}
}  // namespace

int main(int argc, char** argv) {
  try {
    return compare(argc > 1 ? std::atoi(argv[1]) : 20, argc > 2 ? std::atoi(argv[2]) : 2000,
                   argc > 3 ? std::atoi(argv[3]) : 2);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench_startup: %s\n", error.what());
    return 2;
  }
}
