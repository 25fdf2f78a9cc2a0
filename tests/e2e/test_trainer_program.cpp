// lockstep-train as a program: exit codes, stopping and going on, several MPI processes.
#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <chrono>
#include <fstream>
#include <thread>

#include "orchestrator/launch/command_runner.hpp"
#include "orchestrator/launch/local_launcher.hpp"
#include "orchestrator/launch/process.hpp"
#include "orchestrator/launch/trainer_command.hpp"
#include "results/record/attempt_files.hpp"
#include "results/record/record_file.hpp"
#include "results/record/run_directory.hpp"
#include "sweeps/run/run_id.hpp"
#include "tests/support/temp_dir.hpp"

namespace lockstep::test {

namespace {
namespace fs = std::filesystem;
using Catch::Contains;
using Catch::StartsWith;
using Given = std::map<std::string, Value>;
using Text = std::string;
using Int = std::int64_t;

std::string trainer() {
  return (fs::path(std::getenv("LOCKSTEP_BIN")) / "lockstep-train").string();
}

/// 90 steps an epoch, a few milliseconds in all.
const Given kSmall = {
    {"algorithm", Text("slowmo")}, {"H", Int{4}},       {"model", Text("mlp")},
    {"hidden", Int{16}},           {"workers", Int{2}}, {"dataset", Text("synthetic")},
    {"train_samples", Int{2000}},  {"epochs", Int{2}},  {"batch_per_worker", Int{10}}};

struct Run {
  TempDir temporary;
  RunConfig config;
  RunDirectory directory;

  explicit Run(const Given& changes = {})
      : config([&] {
          Given given = kSmall;
          for (const auto& [name, value] : changes) given[name] = value;
          const auto resolution = resolve(Tables::builtin(), given);
          REQUIRE(resolution.problems.empty());
          return resolution.config;
        }()),
        directory(temporary.path() / RunId::of(config).text()) {
    directory.create(config.canonical_json());
  }

  /// `before`: what a shell does before it becomes the trainer.
  CommandResult train(const std::vector<std::string>& more = {}, int processes = 1,
                      const std::string& before = "") {
    auto argv = mpi_prefix(processes);
    if (!before.empty()) argv = {"sh", "-c", before + " && exec \"$@\"", "sh"};
    argv.insert(argv.end(), {trainer(), "--run-dir", directory.path().string(), "--token", "t"});
    argv.insert(argv.end(), more.begin(), more.end());
    const auto result = ProcessRunner().run(
        {.argv = argv,
         .environment = {{"OMPI_ALLOW_RUN_AS_ROOT", "1"}, {"OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "1"}},
         .deadline_s = 100});
    UNSCOPED_INFO("rc " << result.rc << "\n" << result.out << result.err);
    return result;
  }

  /// In the background, with its output thrown away.
  Process start(int processes, const std::vector<std::string>& more = {}) const {
    auto argv = mpi_prefix(processes);
    argv.insert(argv.end(), {trainer(), "--run-dir", directory.path().string(), "--token", "t"});
    argv.insert(argv.end(), more.begin(), more.end());
    const int null = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
    auto process = Process::start(
        {.argv = argv,
         .environment = {{"OMPI_ALLOW_RUN_AS_ROOT", "1"}, {"OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "1"}},
         .stdout_fd = null,
         .stderr_fd = null});
    ::close(null);
    return process;
  }

  /// Waits until `rank` of the first attempt lives; its pid.
  pid_t wait_for_heartbeat(int rank) const {
    for (int i = 0; i < 4000; ++i) {
      if (const auto beat = read_heartbeat(directory.heartbeat(1, rank))) {
        return static_cast<pid_t>(beat->pid);
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    FAIL("no heartbeat");
    return 0;
  }

  EndRecord end(int attempt) const {
    const auto segment = read_segment_file(directory.events(attempt));
    REQUIRE(segment.sealed);
    return std::get<EndRecord>(segment.records.back());
  }
};
}  // namespace

TEST_CASE("A run trains, seals its records and is done; again there is nothing to do") {
  Run run;
  CHECK(run.train().rc == 0);
  const EndRecord end = run.end(1);
  CHECK(end.reason == EndReason::done);
  CHECK(end.state_sha256.size() == 64);
  CHECK(end.wall_s ==
        Approx(end.startup_s + end.train_s + end.eval_s + end.checkpoint_s + end.other_s));
  CHECK(fs::exists(run.directory.done()));
  CHECK(fs::exists(run.directory.path() / "model.safetensors"));
  const auto again = run.train();
  CHECK(again.rc == 0);
  CHECK_THAT(again.err, Contains("nothing to do"));
  CHECK(run.directory.claimed_attempts() == std::vector<int>{1});
}

TEST_CASE("Stopping and going on, on another number of processes, gives the same state") {
  Run whole, parts;
  CHECK(whole.train().rc == 0);
  CHECK(parts.train({"--stop-at-step", "37"}).rc == 75);
  CHECK(parts.end(1).reason == EndReason::checkpointed);
  CHECK_FALSE(fs::exists(parts.directory.done()));
  CHECK(parts.train({"--stop-at-step", "100"}, 2).rc == 75);
  CHECK(parts.train({}, 2).rc == 0);
  CHECK(parts.end(3).state_sha256 == whole.end(1).state_sha256);
  const auto header =
      std::get<HeaderRecord>(read_segment_file(parts.directory.events(3)).records.front());
  REQUIRE(header.resumed_from);
  CHECK(header.resumed_from->step == 100);
  CHECK(header.resumed_from->attempt == 2);
}

TEST_CASE("Runs that a server starts are runs like any other, with the same bits") {
  Run program, served, other({{"seed", Int{2}}}), broken;
  fs::remove(broken.directory.config());
  CHECK(program.train().rc == 0);
  SystemTimer timer;
  LocalLauncher launcher({.trainer = {.program = trainer(), .as_root = true}, .slots = 3}, timer);
  std::vector<std::string> tokens;
  for (const Run* run : {&served, &other, &broken}) {
    const auto& path = run->directory.path();
    tokens.push_back("t" + std::to_string(tokens.size()));
    launcher.submit(
        {.token = tokens.back(), .run_directory = path, .log = path / "launch" / "log"});
  }
  const auto statuses = [&] { return launcher.poll(tokens); };
  const auto all_ended = [](const std::vector<JobStatus>& all) {
    return std::all_of(all.begin(), all.end(), [](const JobStatus& job) { return job.exit; });
  };
  for (const double deadline_s = timer.now_s() + 100;
       !all_ended(statuses()) && timer.now_s() < deadline_s;)
    timer.sleep_s(0.01);
  const auto last = statuses();
  REQUIRE(all_ended(last));
  CHECK(last[0].exit->code == 0);
  CHECK(last[1].exit->code == 0);
  CHECK(last[2].exit->code == broken.train().rc);
  CHECK(served.end(1).state_sha256 == program.end(1).state_sha256);
  CHECK(other.end(1).state_sha256 != program.end(1).state_sha256);
  CHECK_THAT(read_file(served.directory.path() / "launch" / "log"), Contains("test accuracy"));
  // Each was a process of its own, which knows it.
  const auto beat = read_heartbeat(served.directory.heartbeat(1, 0));
  REQUIRE(beat);
  CHECK(beat->pid != ::getpid());
  CHECK(beat->pid != read_heartbeat(other.directory.heartbeat(1, 0))->pid);
  CHECK_THAT(read_file(served.directory.environment(1)),
             Contains(fmt::format("\"pid\": {}", beat->pid)));
}

TEST_CASE("SIGTERM makes a checkpoint and exit 75, and the run goes on from it") {
  const Given longer = {{"epochs", Int{60}}};
  Run whole(longer), stopped(longer);
  CHECK(whole.train().rc == 0);
  {
    Process process = stopped.start(1);
    for (int i = 0; i < 2000 && !fs::exists(stopped.directory.events(1)); ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    process.signal(SIGTERM);
    const auto exit = process.wait(60);
    REQUIRE(exit);
    CHECK(exit->shell_code() == 75);
  }
  CHECK_FALSE(stopped.directory.checkpoint_names().empty());
  CHECK(stopped.train().rc == 0);
  CHECK(stopped.end(2).state_sha256 == whole.end(1).state_sha256);
}

TEST_CASE("An attempt gives way to a newer one without a result") {
  Run run({{"epochs", Int{20000}}});
  Process process = run.start(1);
  run.wait_for_heartbeat(0);
  CHECK(run.directory.claim_attempt("newer") == 2);
  const auto exit = process.wait(60);
  REQUIRE(exit);
  CHECK(exit->shell_code() == 78);
  CHECK_FALSE(fs::exists(run.directory.result(1)));
}

TEST_CASE("A process that stands still ends all, in time") {
  Run run({{"epochs", Int{20000}}});
  Process process = run.start(2, {"--hang-timeout-s", "10"});
  ::kill(run.wait_for_heartbeat(1), SIGSTOP);
  const auto exit = process.wait(60);
  REQUIRE(exit);
  CHECK(exit->shell_code() == 71);
  const auto result = read_result(run.directory.result(1));
  REQUIRE(result);
  CHECK(result->reason == EndReason::hang);
  CHECK_THAT(result->detail, Contains("last collective"));
  CHECK(run.end(1).step == result->step);
  CHECK(read_attempt(run.directory, 1).state == SegmentState::intact);
}

TEST_CASE("A trainer that gets no memory says so in its result") {
  // A model of more gigabytes than the process may map, though its libraries fit.
  Run run({{"hidden", Int{65536}}, {"workers", Int{256}}, {"train_samples", Int{6400}}});
  const auto result = run.train({}, 1, "ulimit -v 4000000");
  CHECK(result.rc == 72);
  CHECK_THAT(result.err, Contains("out of memory") && Contains("batch_per_worker"));
  const auto told = read_result(run.directory.result(1));
  REQUIRE(told);
  CHECK(told->reason == EndReason::oom);
  CHECK_THAT(told->detail, Contains("MB more") && Contains("fewer workers per process"));
  CHECK(run.end(1).reason == EndReason::oom);
  CHECK(read_attempt(run.directory, 1).state == SegmentState::intact);
}

TEST_CASE("Checkpoints that fail make an attempt degraded, not failed") {
  Run run({{"epochs", Int{20}}});
  fs::create_symlink("nowhere", run.directory.checkpoints());
  CHECK(run.train({"--checkpoint-every-s", "0.001"}).rc == 0);
  const auto told = read_result(run.directory.done());
  REQUIRE(told);
  CHECK_THAT(told->degraded, Contains("failed checkpoints: ") && Contains("checkpoints"));
  CHECK(read_heartbeat(run.directory.heartbeat(1, 0))->degraded == told->degraded);
}

TEST_CASE("A model that cannot be stored ends the attempt with a result that says so") {
  Run run;
  fs::create_directory(run.directory.path() / "model.safetensors");
  const auto result = run.train();
  CHECK(result.rc == 74);
  const auto told = read_result(run.directory.result(1));
  REQUIRE(told);
  CHECK(told->reason == EndReason::storage);
  CHECK_THAT(told->detail, Contains("model.safetensors"));
  CHECK(read_attempt(run.directory, 1).state == SegmentState::intact);
  CHECK_FALSE(fs::exists(run.directory.done()));
  fs::remove(run.directory.path() / "model.safetensors");
  CHECK(run.train().rc == 0);
}

TEST_CASE("A diverging run is a result") {
  Run run({{"lr", 1e30}, {"algorithm", Text("local_sgd")}});
  CHECK(run.train().rc == 0);
  CHECK(run.end(1).reason == EndReason::diverged);
  CHECK_THAT(run.end(1).detail, Contains("step"));
  CHECK(fs::exists(run.directory.done()));
}

TEST_CASE("What is wrong is one line with a remedy and an exit code") {
  {
    Run run({{"dataset", Text("fashion-mnist")}});
    const auto result = run.train({"--data", run.temporary.path().string()});
    CHECK(result.rc == 69);
    CHECK_THAT(result.err, Contains("dataset-fashion-mnist") && Contains("--data"));
    CHECK(run.directory.claimed_attempts().empty());
  }
  {
    Run run;
    std::ofstream(run.directory.config()) << "{}";
    CHECK(run.train().rc == 2);
  }
  {
    Run run;
    const auto moved = run.temporary.path() / std::string(32, '0');
    fs::rename(run.directory.path(), moved);
    const auto result = ProcessRunner().run({.argv = {trainer(), "--run-dir", moved.string()}});
    CHECK(result.rc == 2);
    CHECK_THAT(result.err, Contains("another configuration"));
  }
  {
    Run run({{"workers", Int{3}}, {"train_samples", Int{900}}});
    const auto result = run.train({}, 2);
    CHECK(result.rc == 2);
    CHECK_THAT(result.err, Contains("3 workers cannot be shared out over 2 processes"));
  }
  const TempDir empty;
  const auto tell = [&](std::vector<std::string> words) {
    words.insert(words.begin(), trainer());
    const auto result = ProcessRunner().run({.argv = words, .directory = empty.path()});
    CHECK(result.rc == 2);
    return result.err;
  };
  CHECK_THAT(tell({"--no-such-flag"}), StartsWith("lockstep-train: error: The following argument"));
  CHECK_THAT(tell({"--run-dir", "."}), Contains("'.' is no run directory, it has no config.json"));
  CHECK_THAT(tell({"export-model", "--out", "x"}),
             Contains("--run-dir is required; see lockstep-train export-model --help"));
  CHECK_THAT(tell({"--hang-timeout-s", "x"}), Contains("'x' is no number from 0 up"));
}

TEST_CASE("A run directory may be named from inside") {
  Run run;
  const auto result = ProcessRunner().run(
      {.argv = {trainer(), "--run-dir", "."}, .directory = run.directory.path()});
  CHECK(result.rc == 0);
}

TEST_CASE("Both measurements behind the simulated clock give positive numbers") {
  Run run;
  const auto out = run.temporary.path() / "step.json";
  const auto step = ProcessRunner().run(
      {.argv = {trainer(), "calibrate", "--config", run.directory.config().string(), "--out",
                out.string(), "--seconds", "0.2"}});
  CHECK(step.rc == 0);
  CHECK_THAT(read_file(out), Contains("\"step_s\"") && Contains("\"backward_s\""));

  auto argv = mpi_prefix(2);
  const auto network_out = run.temporary.path() / "network.json";
  argv.insert(argv.end(), {trainer(), "calibrate-network", "--out", network_out.string()});
  const auto network = ProcessRunner().run(
      {.argv = argv,
       .environment = {{"OMPI_ALLOW_RUN_AS_ROOT", "1"}, {"OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "1"}},
       .deadline_s = 100});
  CHECK(network.rc == 0);
  CHECK_THAT(read_file(network_out), Contains("\"samples\"") && Contains("67108864"));
}

}  // namespace lockstep::test
