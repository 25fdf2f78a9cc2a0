// kill -9 of training at any moment, 20 times for every algorithm of the table: in the end all
// state and all records are those of a twin that nobody disturbed. Each attempt is a process forked
// from this one, which has LibTorch loaded already, so that a hundred kills take seconds.
#include <ATen/Parallel.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <chrono>
#include <random>
#include <thread>

#include "results/record/attempt_files.hpp"
#include "results/store/history.hpp"
#include "sweeps/run/run_id.hpp"
#include "tests/support/temp_dir.hpp"
#include "tests/support/training.hpp"
#include "trainer/comm/self.hpp"
#include "trainer/engine/attempt.hpp"

namespace lockstep::test {

namespace {
using Int = std::int64_t;
using Text = std::string;
constexpr int kKills = 20;
constexpr auto kLook = std::chrono::milliseconds(1);
constexpr int kPatience = 60'000;  // looks; only a machine that stands still takes so long

TrainingCase problem_of(const AlgorithmRow& row, bool batch_norm) {
  const auto uses = [&](const char* name) {
    return std::find(row.uses.begin(), row.uses.end(), name) != row.uses.end();
  };
  Given given{{"algorithm", row.name},
              {"precision", Text("float32")},
              {"momentum", 0.9},
              {"steps", Int{400}},
              {"evals_per_epoch", Int{1}}};
  if (uses("H")) given["H"] = Int{7};
  if (uses("sync_delay")) given["sync_delay"] = Int{3};
  TrainingCase problem = small_case().with(given);
  if (!batch_norm) return problem.with({{"steps", Int{2000}}});
  return problem.without({"hidden"}).with({{"model", Text("resnet8")}, {"width", Int{1}}});
}

/// A run in a directory of its own, trained by children of this process.
class Run {
 public:
  explicit Run(const TrainingCase& problem)
      : problem_(problem),
        config_(problem.config()),
        directory_(temporary_.path() / RunId::of(config_).text()) {
    directory_.create(config_.canonical_json());
  }

  pid_t start() const {
    const pid_t child = ::fork();
    if (child != 0) return child;
    const int null = ::open("/dev/null", O_WRONLY);
    ::dup2(null, 1);
    ::dup2(null, 2);
    int code = 70;
    try {
      MeteredCommunicator comm(
          make_self_communicator(static_cast<int>(config_.integer("workers"))));
      const AttemptOptions options{
          .run_directory = directory_.path(), .token = "t", .checkpoint_every_s = 0.02};
      code = static_cast<int>(run_attempt(problem_.registry, config_, options,
                                          {.abort = [](int status) { ::_exit(status); }}, comm));
    } catch (const std::exception&) {
    }
    ::_exit(code);
  }

  /// Trains without being disturbed; the exit code.
  int finish() const {
    int status = 0;
    ::waitpid(start(), &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

  /// Kills the child; false where it had ended before.
  static bool kill(pid_t child) {
    ::kill(child, SIGKILL);
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFSIGNALED(status);
  }

  /// Returns once the newest attempt has written a checkpoint, or has a result.
  void wait_for_checkpoint(std::size_t attempts_before) const {
    for (int look = 0; look < kPatience; ++look, std::this_thread::sleep_for(kLook)) {
      const auto attempts = directory_.claimed_attempts();
      if (attempts.size() <= attempts_before) continue;
      if (std::filesystem::exists(directory_.result(attempts.back()))) return;
      for (const CheckpointName& name : directory_.checkpoint_names()) {
        if (name.attempt == attempts.back()) return;
      }
    }
  }

  bool done() const { return std::filesystem::exists(directory_.done()); }
  std::size_t attempts() const { return directory_.claimed_attempts().size(); }

  /// What counts of all attempts, without clocks; the hash of the final state last.
  std::vector<Text> history() const {
    std::vector<AttemptFiles> files;
    for (const int n : directory_.claimed_attempts())
      files.push_back(read_attempt_files(directory_, n));
    const auto done = read_result(directory_.done());
    REQUIRE(done);
    const RunHistory history = history_of(files, done->attempt);
    CHECK(history.gaps.empty());
    std::vector<Record> records;
    Text state;
    for (const HistoryPart& part : history.parts) {
      const Segment& segment = files.at(static_cast<std::size_t>(part.attempt - 1)).segment;
      for (std::size_t i = 0; i < segment.records.size(); ++i) {
        if (segment.seqs[i] > part.last_seq) break;
        const Record& record = segment.records[i];
        if (const auto* end = std::get_if<EndRecord>(&record)) state = end->state_sha256;
        const bool counts = std::holds_alternative<StepRecord>(record) ||
                            std::holds_alternative<SyncRecord>(record) ||
                            std::holds_alternative<EvalRecord>(record);
        if (counts) records.push_back(record);
      }
    }
    std::vector<Text> lines = timeless(records);
    lines.push_back(state);
    return lines;
  }

 private:
  const TrainingCase& problem_;
  RunConfig config_;
  TempDir temporary_;
  RunDirectory directory_;
};

/// The first line in which two histories differ, as both have it; empty: in none.
Text difference_of(const std::vector<Text>& lines, const std::vector<Text>& expected) {
  const auto [mine, theirs] =
      std::mismatch(lines.begin(), lines.end(), expected.begin(), expected.end());
  if (mine == lines.end() && theirs == expected.end()) return "";
  return (mine == lines.end() ? "nothing" : *mine) + "\ninstead of\n" +
         (theirs == expected.end() ? "nothing" : *theirs);
}

/// Kills attempts of fresh runs `kills` times and checks each run that came to its end.
void kill_and_compare(const TrainingCase& problem, std::mt19937_64& random, int kills) {
  const Run twin(problem);
  REQUIRE(twin.finish() == 0);
  const auto expected = twin.history();
  REQUIRE(expected.back().size() == 64);
  int killed = 0;
  std::size_t resumed = 0;
  while (killed < kills) {
    const Run run(problem);
    for (int starts = 0; killed < kills && !run.done(); ++starts) {
      const std::size_t before = run.attempts();
      const pid_t child = run.start();
      // One at any moment, the next soon after a checkpoint.
      if (starts % 2 == 1) run.wait_for_checkpoint(before);
      std::this_thread::sleep_for(std::chrono::microseconds(random() % 30'000));
      if (Run::kill(child)) ++killed;
    }
    REQUIRE(run.finish() == 0);
    CHECK(difference_of(run.history(), expected) == "");
    resumed += run.attempts() - 1;
  }
  CHECK(resumed > 0);
}
}  // namespace

TEST_CASE("Training that is killed again and again gives the state and the records of its twin") {
  at::set_num_threads(1);  // a process with threads must not fork
  std::mt19937_64 random(20261122);
  bool batch_norm = false;
  for (const AlgorithmRow& row : Tables::builtin().algorithms) {
    INFO(row.name << (batch_norm ? " with BatchNorm" : ""));
    kill_and_compare(problem_of(row, batch_norm), random, kKills);
    batch_norm = !batch_norm;
  }
}

}  // namespace lockstep::test
