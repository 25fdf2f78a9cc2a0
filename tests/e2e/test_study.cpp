// A study from spec to report with the real programs: once, twice, and through kill -9 of each of
// them.
#include <fmt/format.h>
#include <signal.h>
#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>

#include "results/record/checkpoint_files.hpp"
#include "results/record/record_file.hpp"
#include "results/record/workspace.hpp"
#include "tests/support/golden.hpp"
#include "tests/unit/orchestrator/cli_fixture.hpp"

namespace lockstep::test {

namespace {
namespace fs = std::filesystem;
using Catch::Contains;
using namespace std::chrono_literals;

/// Four runs of a second or so each, long enough to be killed in the middle.
constexpr const char* kSpec = R"(
lockstep: 1
study: killed
question: Does a kill change a result?
base: {dataset: synthetic, model: mlp, hidden: 64, workers: 4, batch_per_worker: 8, epochs: 6, lr: 0.05}
grid: {seed: [1, 2]}
variants:
  - algorithm: sync_sgd
  - {algorithm: slowmo, H: 8}
report: {targets: [0.5], networks: [10GbE]}
launch: {local: {slots: 2}}
)";

std::string write_spec(const Cli& cli) {
  const auto path = cli.folder() / "killed.yaml";
  std::ofstream(path) << kSpec;
  return path.string();
}

/// run id -> what its training ended with: the hash of all workers' state, and the test accuracy.
std::map<std::string, std::string> outcomes(const Cli& cli) {
  std::map<std::string, std::string> outcomes;
  const Workspace workspace(cli.workspace());
  for (const auto& entry : fs::directory_iterator(workspace.runs())) {
    const RunDirectory run(entry.path());
    const auto result = read_result(run.done());
    if (!result) continue;
    std::string& outcome = outcomes[run.id()];
    for (const Record& record : read_segment_file(run.events(result->attempt)).records) {
      if (const auto* end = std::get_if<EndRecord>(&record)) outcome += end->state_sha256;
      if (const auto* eval = std::get_if<EvalRecord>(&record); eval && eval->split == "test") {
        outcome += fmt::format(" {} ", eval->accuracy);
      }
    }
  }
  return outcomes;
}

/// Pids of trainers that have published a heartbeat, of runs that are not done.
std::vector<pid_t> trainers(const Cli& cli) {
  std::vector<pid_t> pids;
  std::error_code none_yet;
  for (const auto& entry : fs::directory_iterator(Workspace(cli.workspace()).runs(), none_yet)) {
    const RunDirectory run(entry.path());
    const auto attempts = run.claimed_attempts();
    if (attempts.empty() || fs::exists(run.done()) || fs::exists(run.result(attempts.back())))
      continue;
    if (const auto beat = read_heartbeat(run.heartbeat(attempts.back(), 0)))
      pids.push_back(static_cast<pid_t>(beat->pid));
  }
  return pids;
}

/// Waits until a trainer is in the middle of its training; its pid.
pid_t wait_for_trainer(const Cli& cli) {
  for (int i = 0; i < 3000; ++i) {
    const auto pids = trainers(cli);
    if (!pids.empty()) return pids.front();
    std::this_thread::sleep_for(10ms);
  }
  FAIL("no trainer came to life");
  return 0;
}
}  // namespace

TEST_CASE("A study runs from spec to report, and a second time does nothing") {
  ::umask(022);  // as nearly everywhere
  Cli cli;
  const std::string spec = (source_dir() / "sweeps/studies/smoke.yaml").string();
  const auto first = cli.run({"run", spec});
  REQUIRE(first.rc == 0);
  const fs::path report = Workspace(cli.workspace()).report("smoke");
  std::map<std::string, std::string> files;
  for (const char* name :
       {"report.md", "report.csv", "report.json", "frontier.svg", "report.html"}) {
    INFO(name);
    REQUIRE(fs::exists(report / name));
    files[name] = read_file(report / name);
  }
  CHECK_THAT(files["report.csv"], Contains("sync_sgd") && Contains("10GbE"));
  const int starts = cli.starts();
  CHECK(starts == 6);

  const auto second = cli.run({"run", spec});
  CHECK(second.rc == 0);
  CHECK_THAT(second.err + second.out, Contains("nothing to do"));
  CHECK(cli.starts() == starts);
  for (const auto& [name, bytes] : files) CHECK(read_file(report / name) == bytes);

  // Whatever the umask of this process is, others may read nothing.
  for (const auto& entry : fs::recursive_directory_iterator(cli.workspace())) {
    if (entry.is_symlink()) continue;
    INFO(entry.path());
    CHECK((entry.status().permissions() & fs::perms::others_all) == fs::perms::none);
  }
  CHECK((fs::status(cli.workspace()).permissions() & fs::perms::others_all) == fs::perms::none);
}

TEST_CASE("kill -9 of the orchestrator and of a trainer changes no result") {
  Cli undisturbed;
  REQUIRE(undisturbed.run({"run", write_spec(undisturbed)}).rc == 0);
  const auto expected = outcomes(undisturbed);
  REQUIRE(expected.size() == 4);

  Cli cli;
  const std::string spec = write_spec(cli);
  {
    Process orchestrator = cli.start({"run", spec});
    wait_for_trainer(cli);
    ::kill(orchestrator.pid(), SIGKILL);
    REQUIRE(orchestrator.wait(10));
  }
  {
    Process orchestrator = cli.start({"run", spec});
    ::kill(wait_for_trainer(cli), SIGKILL);
    REQUIRE(orchestrator.wait(120));
  }
  for (const auto& entry : fs::directory_iterator(Workspace(cli.workspace()).runs())) {
    const RunDirectory run(entry.path());
    for (const CheckpointName& name : run.checkpoint_names())
      CHECK(look_at_checkpoint(run.checkpoint(name), true).problem == "");
  }
  const auto last = cli.run({"run", spec});
  CHECK(last.rc == 0);
  CHECK(outcomes(cli) == expected);

  const auto status = cli.json({"status", "killed", "--json"});
  for (const auto& run : status.at("runs")) CHECK(run.at("state") == "done");
}

}  // namespace lockstep::test
