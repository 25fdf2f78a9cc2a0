#include "tests/bench/status_workspace.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "orchestrator/schedule/machine.hpp"
#include "orchestrator/schedule/study_files.hpp"
#include "results/record/record_file.hpp"
#include "sweeps/spec/sweep_spec.hpp"

namespace lockstep::test {

namespace fs = std::filesystem;

namespace {
// 20 learning rates x 25 seeds x 20 cadences: 10,000 runs.
constexpr const char* kSpec = R"(
lockstep: 1
study: bench
question: How fast is a look at ten thousand runs?
base: {dataset: synthetic, model: mlp, workers: 8, steps: 1000}
grid:
  lr: {logspace: [0.001, 1, 20]}
  seed: {range: [1, 25, 1]}
variants:
  - algorithm: local_sgd
    grid: {H: [1, 2, 4, 8, 16, 32, 64, 128, 256, 512]}
  - algorithm: slowmo
    grid: {H: [1, 2, 4, 8, 16, 32, 64, 128, 256, 512]}
)";

void write(const fs::path& path, const std::string& bytes) {
  std::ofstream file(path, std::ios::binary);
  file << bytes;
  if (!file.flush()) throw std::runtime_error("cannot write " + path.string());
}

std::string header_line(const std::string& run) {
  return record_line(0, HeaderRecord{.run = run, .attempt = 1});
}

/// The bytes of a RESULT with this reason, as the library publishes it: they name no run, and the
/// records of all runs are equally long.
std::string result_bytes(const fs::path& folder, EndReason reason, std::int64_t step) {
  const RunDirectory run(folder / name_of(reason));
  fs::create_directories(run.attempt(1));
  write(run.events(1), header_line(std::string(32, '0')));
  EndRecord end;
  end.reason = reason;
  end.step = step;
  end.detail = reason == EndReason::cancelled ? "cancelled by its user" : "";
  run.publish_result(1, end);
  return read_file(run.result(1));
}

class Builder {
 public:
  Builder(const Workspace& workspace, const Plan& plan) : workspace_(workspace), plan_(plan) {
    const fs::path scratch = workspace.root() / "scratch";
    done_ = result_bytes(scratch, EndReason::done, 1000);
    diverged_ = result_bytes(scratch, EndReason::diverged, 40);
    checkpointed_ = result_bytes(scratch, EndReason::checkpointed, 500);
    cancelled_ = result_bytes(scratch, EndReason::cancelled, 500);
    fs::remove_all(scratch);
  }

  void build() {
    for (std::size_t i = 0; i < plan_.runs.size(); ++i) one(plan_.runs[i].id.text(), i % 100);
  }

 private:
  void one(const std::string& id, std::size_t kind) {
    const RunDirectory run = workspace_.run(id);
    if (kind < 80) return finish(run, done_);
    if (kind < 84) return finish(run, diverged_);
    if (kind < 88) return stop(run, checkpointed_, 75);
    if (kind < 91) return fail(run, 70);
    if (kind < 93) return ended(submit(run), 69);
    if (kind < 94) return stop(run, cancelled_, 0);
    if (kind < 95) return beat(run, attempt(run, submit(run)));
    if (kind < 96) return static_cast<void>(submit(run));
    if (kind < 97) return finish(run, "noise");
  }

  std::string submit(const RunDirectory& run) {
    const std::string token = fmt::format("ls-{}-1-{:08x}", run.id().substr(0, 12), 7u);
    write(workspace_.submissions(plan_.study) / (token + ".json"),
          fmt::format(R"({{"format":1,"token":"{}","run":"{}","number":1,"launcher":"local",)"
                      R"("host":"{}","boot_id":"{}","pid":{},"started_ticks":{},)"
                      R"("prepared_at":"2026-01-01T00:00:00Z"}})"
                      "\n",
                      token, run.id(), self_.host, self_.boot_id, self_.pid, self_.started_ticks));
    write(run.launch_log(token), "");
    return token;
  }

  void ended(const std::string& token, int code) {
    write(workspace_.submissions(plan_.study) / (token + ".end.json"),
          fmt::format(R"({{"format":1,"token":"{}","exit_code":{},)"
                      R"("ended_at":"2026-01-01T00:00:00Z"}})"
                      "\n",
                      token, code));
  }

  int attempt(const RunDirectory& run, const std::string& token) {
    fs::create_directories(run.attempt(1));
    write(run.attempts() / "1.claim", fmt::format("{}\n{} 1\n", token, self_.host));
    write(run.events(1), header_line(run.id()));
    return 1;
  }

  void beat(const RunDirectory& run, int n) {
    publish_heartbeat(run.heartbeat(n, 0),
                      {self_.host, self_.boot_id, self_.pid, 250, 1000, 12.5, 0});
  }

  void finish(const RunDirectory& run, const std::string& result) {
    const std::string token = submit(run);
    const int n = attempt(run, token);
    beat(run, n);
    write(run.result(n), result);
    fs::create_hard_link(run.result(n), run.done());
    ended(token, 0);
  }

  void stop(const RunDirectory& run, const std::string& result, int code) {
    const std::string token = submit(run);
    const int n = attempt(run, token);
    beat(run, n);
    write(run.result(n), result);
    ended(token, code);
  }

  void fail(const RunDirectory& run, int code) {
    const std::string token = submit(run);
    attempt(run, token);
    ended(token, code);
  }

  const Workspace& workspace_;
  const Plan& plan_;
  const ProcessName self_ = this_process();
  std::string done_, diverged_, checkpointed_, cancelled_;
};
}  // namespace

Plan build_status_workspace(const Workspace& workspace, std::size_t runs) {
  auto result = read_spec(Tables::builtin(), kSpec);
  if (!result.ok()) throw std::logic_error("the benchmark's spec is not legal");
  Plan plan = std::move(result.plan);
  if (runs < plan.runs.size())
    plan.runs.erase(plan.runs.begin() + static_cast<std::ptrdiff_t>(runs), plan.runs.end());
  write_study(workspace, plan, kSpec);
  create_runs(workspace, plan.runs);
  Builder(workspace, plan).build();
  return plan;
}

}  // namespace lockstep::test
