#include "tests/faults/study.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <thread>

#include "orchestrator/launch/trainer_command.hpp"
#include "results/record/attempt_files.hpp"
#include "results/record/record_error.hpp"
#include "results/record/sync_log.hpp"
#include "results/store/store.hpp"
#include "sweeps/run/tables.hpp"

namespace lockstep::test {

namespace {
namespace fs = std::filesystem;
constexpr double kDeadline_s = 120;  // of a command; on a loaded machine they take seconds
constexpr int kTries = 6;
constexpr const char* kName = "hurt";

std::string tail_of(const std::string& text) {
  constexpr std::size_t kShown = 600;
  return text.size() > kShown ? "..." + text.substr(text.size() - kShown) : text;
}

std::vector<std::string> quick(const char* verb, const std::string& what) {
  return {verb, what, "--no-calibration", "--no-report", "--checkpoint-every", "0.1"};
}

/// What an undisturbed study of this many runs gives; made once per process.
const std::map<std::string, std::string>& twin_of(Trainer trainer, int runs) {
  static std::map<std::pair<Trainer, int>, std::map<std::string, std::string>> known;
  const auto [entry, fresh] = known.try_emplace({trainer, runs});
  if (!fresh) return entry->second;
  const Study twin(trainer, runs);
  const auto result = twin.run();
  if (result.rc != 0) throw std::runtime_error("the undisturbed twin fails: " + result.err);
  if (twin.lockstep({"import"}).rc != 0) throw std::runtime_error("the twin's import fails");
  std::vector<std::string> twice;
  entry->second = outcomes_of(twin.workspace(), trainer == Trainer::real, twice);
  return entry->second;
}
}  // namespace

Tally& Tally::operator+=(const Tally& other) {
  injections += other.injections;
  lost += other.lost;
  twice += other.twice;
  wrong += other.wrong;
  if (skipped.empty()) skipped = other.skipped;
  notes.insert(notes.end(), other.notes.begin(), other.notes.end());
  return *this;
}

Study::Study(Trainer trainer, int runs) : trainer_(trainer), workspace_(folder_.path() / "w") {
  environment = {
      {"LOCKSTEP_WORKSPACE", workspace_.root().string()},
      {"LOCKSTEP_FAKE_SCRIPT", (folder() / "script").string()},
      {"LOCKSTEP_DATA", folder().string()},
      {"LOCKSTEP_TRAIN", built(trainer == Trainer::real ? "lockstep-train" : "fake_trainer")}};
  ask(spec_text(runs));
}

std::string Study::spec_text(int runs) const {
  const bool real = trainer_ == Trainer::real;
  std::string seeds;
  for (int seed = 1; seed <= (real ? 1 : runs); ++seed)
    seeds += fmt::format("{}{}", seed > 1 ? ", " : "", seed);
  const std::string head =
      fmt::format("lockstep: 1\nstudy: {}\nquestion: Does it survive?\n", kName);
  const std::string tail = "launch: {local: {slots: 2}}\n";
  if (real) {
    return head +
           "base: {dataset: synthetic, model: mlp, hidden: 32, workers: 2, batch_per_worker: 8,"
           " steps: 1500, lr: 0.05, seed: 1}\nvariants:\n"
           "  - {algorithm: slowmo, H: 64}\n  - {algorithm: cocod, H: 8, sync_delay: 5}\n" +
           tail;
  }
  return head +
         "base: {algorithm: local_sgd, H: 2, dataset: synthetic, model: mlp, workers: 2, steps: "
         "20}\n"
         "grid: {seed: [" +
         seeds + "]}\n" + tail;
}

void Study::ask(const std::string& text) const { std::ofstream(spec()) << text; }
void Study::behave(const std::string& script) const {
  std::ofstream(folder() / "script") << script;
}

namespace {
Environment united(Environment environment, const Environment& more) {
  for (const auto& [name, value] : more) environment[name] = value;
  return environment;
}

Process in_background(const std::vector<std::string>& argv, const Environment& environment,
                      const fs::path& folder) {
  const int null = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
  auto process = Process::start({.argv = argv,
                                 .environment = environment,
                                 .directory = folder,
                                 .stdin_fd = -1,
                                 .stdout_fd = null,
                                 .stderr_fd = null});
  ::close(null);
  return process;
}
}  // namespace

CommandResult Study::lockstep(const std::vector<std::string>& words,
                              const Environment& more) const {
  std::vector<std::string> argv = prefix;
  argv.push_back(built("lockstep"));
  argv.insert(argv.end(), words.begin(), words.end());
  return ProcessRunner().run({.argv = argv,
                              .input = "",
                              .directory = folder(),
                              .environment = united(environment, more),
                              .deadline_s = kDeadline_s});
}

Process Study::start(const Environment& more, const std::vector<std::string>& words) const {
  std::vector<std::string> argv = prefix;
  argv.push_back(built("lockstep"));
  for (const auto& list : {quick("run", spec().string()), words})
    argv.insert(argv.end(), list.begin(), list.end());
  return in_background(argv, united(environment, more), folder());
}

Process Study::start_trainer(const RunDirectory& run, const std::string& token, int processes,
                             const std::vector<std::string>& words, const Environment& more) const {
  std::vector<std::string> argv = mpi_prefix(processes);
  argv.insert(argv.end(), {environment.at("LOCKSTEP_TRAIN"), "--run-dir", run.path().string(),
                           "--token", token, "--checkpoint-every-s", "0.1"});
  argv.insert(argv.end(), words.begin(), words.end());
  Environment all = united(environment, more);
  all["OMPI_ALLOW_RUN_AS_ROOT"] = all["OMPI_ALLOW_RUN_AS_ROOT_CONFIRM"] = "1";
  return in_background(argv, all, folder());
}

CommandResult Study::run(const Environment& more) const {
  return lockstep(quick("run", spec().string()), more);
}

std::vector<RunDirectory> Study::run_directories() const {
  std::vector<RunDirectory> found;
  std::error_code none_yet;
  for (const auto& entry : fs::directory_iterator(workspace_.runs(), none_yet))
    found.emplace_back(entry.path());
  return found;
}

std::vector<RunDirectory> Study::create_runs() const {
  const auto plan = nlohmann::json::parse(lockstep({"plan", spec().string(), "--json"}).out);
  for (const auto& run : plan.at("runs")) {
    workspace_.run(run.at("id").get<std::string>()).create(run.at("config").dump());
  }
  return run_directories();
}

bool Study::done() const {
  for (const RunDirectory& run : run_directories()) {
    if (!fs::exists(run.done())) return false;
  }
  return !run_directories().empty();
}

std::vector<pid_t> Study::trainers(int rank) const {
  std::vector<pid_t> pids;
  for (const RunDirectory& run : run_directories()) {
    const auto attempts = run.claimed_attempts();
    if (attempts.empty() || fs::exists(run.done()) || fs::exists(run.result(attempts.back())))
      continue;
    const auto beat = read_heartbeat(run.heartbeat(attempts.back(), rank));
    if (beat && ::kill(static_cast<pid_t>(beat->pid), 0) == 0)
      pids.push_back(static_cast<pid_t>(beat->pid));
  }
  return pids;
}

pid_t Study::wait_for_trainer(Process& while_alive, int rank) const {
  for (int i = 0; i < 6000 && !while_alive.poll(); ++i) {
    const auto pids = trainers(rank);
    if (!pids.empty()) return pids.front();
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return 0;
}

Tally Study::finish_and_judge() const {
  Tally tally;
  const auto note = [&](const std::string& what, const CommandResult& result) {
    tally.notes.push_back(fmt::format("{} (exit {}): {}", what, result.rc, tail_of(result.err)));
  };
  CommandResult last = run();
  for (int i = 1; i < kTries && last.rc != 0; ++i)
    last = lockstep(quick(last.rc == 3 ? "resume" : "run", last.rc == 3 ? kName : spec().string()));
  if (last.rc != 0) note("the study does not come to its end", last);

  if (const auto result = lockstep({"import"}); result.rc != 0) {
    ++tally.wrong;
    note("import", result);
    return tally;
  }
  const Store index(workspace_.database(), Store::Mode::read_only, Tables::builtin());
  const std::string live = index.dump();
  if (const auto result = lockstep({"db", "check"}); result.rc != 0) {
    ++tally.wrong;
    note("db check: " + result.out, result);
  }
  lockstep({"db", "rebuild"});
  if (Store(workspace_.database(), Store::Mode::read_only, Tables::builtin()).dump() != live) {
    ++tally.wrong;
    tally.notes.push_back("the rebuilt index is not the live one");
  }
  std::vector<std::string> twice;
  const auto outcomes = outcomes_of(workspace_, trainer_ == Trainer::real, twice);
  tally.twice += static_cast<int>(twice.size());
  for (const std::string& what : twice) tally.notes.push_back(what);
  for (const auto& [id, expected] : twin_of(trainer_, static_cast<int>(outcomes.size()))) {
    const auto found = outcomes.find(id);
    if (found == outcomes.end() || found->second.empty()) {
      ++tally.lost;
      tally.notes.push_back("no result of run " + id);
    } else if (found->second != expected) {
      ++tally.wrong;
      tally.notes.push_back("other numbers in run " + id);
    }
  }
  return tally;
}

std::map<std::string, std::string> outcomes_of(const Workspace& workspace, bool state,
                                               std::vector<std::string>& twice) {
  std::map<std::string, std::string> outcomes;
  const Store index(workspace.database(), Store::Mode::read_only, Tables::builtin());
  for (const RunData& run : index.study(kName).runs) {
    std::string& text = outcomes[run.id];
    if (!run.done) continue;
    std::set<std::string> seen;
    const auto once = [&](const std::string& what) {
      if (!seen.insert(what).second) twice.push_back(fmt::format("{} of run {}", what, run.id));
    };
    for (const StepRecord& step : run.steps) {
      once(fmt::format("loss after step {}", step.step));
      if (state) text += fmt::format("step {} {} {}\n", step.step, step.loss, step.lr);
    }
    for (const EvalReading& eval : run.evals) {
      const bool test = eval.split == EvalReading::Split::test;
      once(fmt::format("{} accuracy after step {}", test ? "test" : "validation", eval.step));
      if (state || test) text += fmt::format("eval {} {} {}\n", eval.step, test, eval.accuracy);
    }
    for (const SyncRecord& record : run.syncs) {
      for (const SyncRecord& sync : expand(record)) {
        once(fmt::format("sync {} {}", sync.first, sync.kind));
        if (state)
          text += fmt::format("sync {} {} {}\n", sync.first, sync.kind, sync.payload_bytes);
      }
    }
    const RunDirectory directory = workspace.run(run.id);
    const auto result = read_result(directory.done());
    if (!result) continue;
    text += name_of(result->reason);
    for (const Record& record : read_attempt(directory, result->attempt).records) {
      if (const auto* end = std::get_if<EndRecord>(&record)) text += " " + end->state_sha256;
    }
  }
  return outcomes;
}

}  // namespace lockstep::test
