// Records per second of an import, whole and by stage. Passes where a whole import takes at least
// 300,000 records per second.
//   bench_import [runs] [records per run]
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "results/record/record_file.hpp"
#include "results/record/run_directory.hpp"
#include "results/record/workspace.hpp"
#include "results/store/store.hpp"
#include "sweeps/run/run_id.hpp"
#include "tests/bench/bench_result.hpp"
#include "tests/support/temp_dir.hpp"

using namespace lockstep;

namespace {
constexpr double kWanted = 300'000;

struct Moment {
  std::chrono::steady_clock::time_point wall = std::chrono::steady_clock::now();
  std::clock_t cpu = std::clock();  // says more than the wall where others use the machine
};

RunConfig config_of(std::int64_t seed) {
  return resolve(Tables::builtin(), {{"algorithm", std::string("local_sgd")},
                                     {"model", std::string("mlp")},
                                     {"dataset", std::string("synthetic")},
                                     {"steps", std::int64_t{100000}},
                                     {"seed", seed}})
      .config;
}

/// Half steps, half syncs, an evaluation every hundred records: as a run with small H writes them.
std::string segment_of(const std::string& run, std::int64_t records) {
  std::string bytes = record_line(0, HeaderRecord{.run = run, .attempt = 1});
  for (std::int64_t seq = 1; seq < records; ++seq) {
    const double x = 1.0 / static_cast<double>(seq);
    if (seq % 100 == 0) {
      bytes += record_line(
          seq, EvalRecord{
                   .step = seq, .split = "validation", .loss = x, .accuracy = 1 - x, .train_s = x});
    } else if (seq % 2 == 0) {
      bytes += record_line(seq, SyncRecord{.first = seq,
                                           .last = seq,
                                           .kind = "parameter",
                                           .payload_bytes = 1089896,
                                           .bytes_per_worker = 1634844,
                                           .wire_bytes = 3269688,
                                           .data_s = x / 3,
                                           .compute_s = x,
                                           .backward_s = x / 2,
                                           .wait_s = x / 7,
                                           .transfer_s = x / 5});
    } else {
      bytes += record_line(seq, StepRecord{.step = seq, .epoch = x * 3, .loss = x, .lr = 0.1});
    }
  }
  return bytes;
}

/// Returns records per second of CPU time, and adds the stage to `json`.
double report(const char* what, std::int64_t records, const Moment& start,
              nlohmann::ordered_json& json) {
  const Moment end;
  const double wall_s = std::chrono::duration<double>(end.wall - start.wall).count();
  const double cpu_s = static_cast<double>(end.cpu - start.cpu) / CLOCKS_PER_SEC;
  const auto count = static_cast<double>(records);
  std::printf("%-22s %10.0f records/s, %10.0f per CPU second  (%.3f s)\n", what, count / wall_s,
              count / cpu_s, wall_s);
  json[what] = {{"records_per_s", count / wall_s}, {"records_per_cpu_s", count / cpu_s}};
  return count / wall_s;
}
}  // namespace

int main(int argc, char** argv) {
  const std::int64_t runs = argc > 1 ? std::atoll(argv[1]) : 20;
  const std::int64_t per_run = argc > 2 ? std::atoll(argv[2]) : 20000;
  const std::int64_t all = runs * per_run;
  const test::TempDir dir;
  const Workspace workspace(dir.path());
  std::vector<std::string> segments;
  nlohmann::ordered_json json = {{"runs", runs}, {"records_per_run", per_run}};
  Moment start;
  for (std::int64_t i = 1; i <= runs; ++i) {
    const RunConfig config = config_of(i);
    const RunDirectory run = workspace.run(RunId::of(config).text());
    run.create(config.canonical_json());
    segments.push_back(segment_of(run.id(), per_run));
    write_file_atomically(run.events(run.claim_attempt("bench")), segments.back());
  }
  report("make and write", all, start, json);

  start = Moment();
  std::size_t parsed = 0;
  for (const std::string& segment : segments)
    parsed += read_segment(segment, "bench").records.size();
  report("check and parse", static_cast<std::int64_t>(parsed), start, json);

  Store store(workspace.database(), Store::Mode::read_write, Tables::builtin());
  start = Moment();
  const ImportSummary first = store.import(workspace);
  const double speed = report("import", first.records_added, start, json);
  if (first.records_added != all || !first.corruption.empty()) {
    std::fprintf(stderr, "bench_import: %lld of %lld records arrived\n",
                 static_cast<long long>(first.records_added), static_cast<long long>(all));
    return 1;
  }
  start = Moment();
  store.import(workspace);
  report("import, nothing new", all, start, json);
  const bool pass = speed >= kWanted;
  std::printf("%s: at least %.0f records/s wanted\n", bench::verdict(pass), kWanted);
  json["pass"] = pass;
  bench::print_json("import", json);
  return pass ? 0 : 1;
}
