// A report of 10,000 runs with 200 evaluations each, from the index to the files, in a process of
// its own: seconds, peak memory, and the size of the page.
//   bench_report [runs] [evaluations per run]
//   (With TMPDIR on a memory file system the files are made faster.)
#include <boost/process.hpp>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "orchestrator/cli/heap.hpp"
#include "orchestrator/cli/study_report.hpp"
#include "orchestrator/schedule/study_files.hpp"
#include "results/record/record_file.hpp"
#include "results/record/run_directory.hpp"
#include "results/record/workspace.hpp"
#include "results/store/store.hpp"
#include "sweeps/run/run_id.hpp"
#include "sweeps/spec/sweep_spec.hpp"
#include "tests/bench/bench_json.hpp"
#include "tests/support/temp_dir.hpp"

using namespace lockstep;

namespace {
constexpr int kSeeds = 5, kRates = 5;
constexpr std::int64_t kSteps = 2000;
constexpr double kMostSeconds = 5, kMostMegabytes = 300, kMostPageMegabytes = 1;

/// Seeds x learning rates x as many H as it takes.
std::string spec_of(int runs) {
  std::string periods;
  for (int h = 1; h <= std::max(1, runs / kSeeds / kRates); ++h)
    periods += fmt::format("{}{}", h > 1 ? ", " : "", h);
  return fmt::format(R"(lockstep: 1
study: bench
question: How long does a report take?
base: {{algorithm: local_sgd, dataset: synthetic, model: mlp, workers: 4, steps: {}}}
grid:
  seed: {{range: [1, {}, 1]}}
  lr: [0.01, 0.02, 0.05, 0.1, 0.2]
  H: [{}]
report: {{select: [lr], targets: [0.8], networks: [10GbE, 100GbE]}}
)",
                     kSteps, kSeeds, periods);
}

double noise_of(std::int64_t run, std::int64_t k) {
  const std::uint64_t z = static_cast<std::uint64_t>(run * 1000003 + k) * 0x9e3779b97f4a7c15ULL;
  return static_cast<double>(z >> 40) / static_cast<double>(1 << 24) - 0.5;
}

std::string segment_of(const RunConfig& config, std::int64_t run, std::int64_t evaluations) {
  const std::int64_t steps = kSteps, H = config.integer("H");
  std::int64_t seq = 0;
  HeaderRecord header{.run = RunId::of(config).text(), .host = "node1", .build = "bench"};
  header.device = "cpu";
  header.device_name = "Example CPU";
  header.model_bytes = 1'000'000;
  std::string bytes = record_line(seq++, header);
  SyncRecord sync{.first = H, .last = steps / H * H, .period = H, .count = steps / H};
  sync.kind = "parameter";
  sync.payload_bytes = header.model_bytes;
  sync.bytes_per_worker = 1'500'000;
  bytes += record_line(seq++, sync);
  for (std::int64_t k = 1; k <= evaluations; ++k) {
    const double share = static_cast<double>(k) / static_cast<double>(evaluations);
    EvalRecord eval{.step = steps * k / evaluations, .epoch = 10 * share, .split = "validation"};
    eval.accuracy = 0.85 - 0.5 * std::exp(-5 * share) + 0.01 * noise_of(run, k);
    eval.loss = 1 - eval.accuracy;
    eval.samples = 1000;
    eval.train_s = 20 * share;
    bytes += record_line(seq++, eval);
  }
  EvalRecord test{.step = steps, .epoch = 10, .split = "test"};
  test.accuracy = 0.84 + 0.01 * noise_of(run, 0);
  bytes += record_line(seq++, test);
  EndRecord end{.reason = EndReason::done, .step = steps};
  end.wall_s = 25, end.train_s = 20, end.eval_s = 5;
  return bytes + record_line(seq, end);
}

void fill(const Workspace& workspace, int runs, int evaluations) {
  const std::string text = spec_of(runs);
  const auto read = read_spec(Tables::builtin(), text);
  write_study(workspace, read.plan, text);
  std::int64_t number = 0;
  for (const PlannedRun& planned : read.plan.runs) {
    const RunDirectory run = workspace.run(RunId::of(planned.config).text());
    run.create(planned.config.canonical_json(), false);
    const int attempt = run.claim_attempt("bench");
    std::ofstream(run.events(attempt), std::ios::binary)
        << segment_of(planned.config, ++number, evaluations);
    run.publish_result(attempt, {.reason = EndReason::done, .step = kSteps});
  }
  Store(workspace.database(), Store::Mode::read_write, Tables::builtin()).import(workspace);
}

double peak_megabytes() {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;) {
    if (word == "VmHWM:" && status >> word) return std::stod(word) * 1024 / 1e6;
  }
  return NAN;
}

/// What `lockstep report` does, in this process: one line for the parent.
int report(const std::string& folder) {
  use_huge_pages();
  const auto start = std::chrono::steady_clock::now();
  std::ostringstream out, err;
  Session session(Console{out, err});
  const ExitCode code = make_report(session, Tables::builtin(), Workspace(folder), "bench");
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  const double cpu_s = static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
  fmt::print("{} {} {}\n", seconds.count(), cpu_s, peak_megabytes());
  return static_cast<int>(code);
}

struct Spent {
  double seconds = NAN, cpu_s = NAN, megabytes = NAN;
};

/// The same in a fresh process, so that the peak is the report's alone.
Spent report_apart(const std::string& program, const std::string& folder) {
  boost::process::ipstream lines;
  boost::process::child child(program, "--report", folder, boost::process::std_out > lines);
  Spent spent;
  lines >> spent.seconds >> spent.cpu_s >> spent.megabytes;
  child.wait();
  return spent;
}
}  // namespace

int main(int argc, char** argv) {
  if (argc == 3 && std::string(argv[1]) == "--report") return report(argv[2]);
  const int runs = argc > 1 ? std::atoi(argv[1]) : 10000;
  const int evaluations = argc > 2 ? std::atoi(argv[2]) : 200;
  const test::TempDir folder;
  const Workspace workspace(folder.path());
  fill(workspace, runs, evaluations);
  const Spent spent = report_apart(std::filesystem::read_symlink("/proc/self/exe"), folder.path());
  const double page =
      static_cast<double>(std::filesystem::file_size(workspace.report("bench") / "report.html"));
  fmt::print("{:.2f} s of CPU in {:.2f} s\n", spent.cpu_s, spent.seconds);
  return bench::judge("report",
                      {{fmt::format("report of {} runs x {} evaluations", runs, evaluations), "s",
                        spent.seconds, kMostSeconds},
                       {"peak memory", "MB", spent.megabytes, kMostMegabytes},
                       {"page per 1,000 runs", "MB", page / 1e3 / runs, kMostPageMegabytes}});
}
