// Processes that are killed, stopped or stand still.
#include <fmt/format.h>
#include <signal.h>

#include <chrono>
#include <cmath>
#include <thread>

#include "results/record/attempt_files.hpp"
#include "tests/faults/faults.hpp"

namespace lockstep::test {

namespace {
/// kill -9 of `lockstep run` at any moment, again and again until the study is done.
Tally kill_orchestrator(int injections, Random& random) {
  Tally tally;
  while (tally.injections < injections) {
    const Study study(Trainer::fake, 6);
    study.behave("* slow ok\n");  // the first start of a run is interrupted more often than not
    while (tally.injections < injections && !study.done()) {
      Process orchestrator = study.start();
      nap(random, 150);
      orchestrator.signal(SIGKILL);
      orchestrator.wait(10);
      ++tally.injections;
    }
    tally += study.finish_and_judge();
  }
  return tally;
}

/// Sends `number` to trainers of studies under way, at any moment of their training.
Tally signal_trainers(int injections, Random& random, int number, bool mpi) {
  Tally tally;
  constexpr int kPerStudy = 4;
  while (tally.injections < injections) {
    const Study study(Trainer::real);
    Process orchestrator = study.start(
        {}, mpi ? std::vector<std::string>{"--measured-clock"} : std::vector<std::string>{});
    for (int i = 0; i < kPerStudy && tally.injections < injections; ++i) {
      const int rank = mpi ? static_cast<int>(random() % 2) : 0;
      const pid_t victim = study.wait_for_trainer(orchestrator, rank);
      if (victim == 0) break;
      nap(random, 300);
      if (::kill(victim, number) == 0) ++tally.injections;
      nap(random, 100);
    }
    orchestrator.wait(120);
    tally += study.finish_and_judge();
  }
  return tally;
}

Tally kill_trainer(int injections, Random& random) {
  return signal_trainers(injections, random, SIGKILL, false);
}
Tally kill_rank(int injections, Random& random) {
  return signal_trainers(injections, random, SIGKILL, true);
}

/// SIGTERM or SIGUSR2: exit 75 with a checkpoint, and the run goes on from it.
Tally ask_to_stop(int injections, Random& random) {
  Tally tally;
  while (tally.injections < injections) {
    const Study study(Trainer::real);
    for (const RunDirectory& run : study.create_runs()) {
      Process trainer = study.start_trainer(run, "asked");
      if (study.wait_for_trainer(trainer) == 0) continue;
      nap(random, 100);
      trainer.signal(random() % 2 ? SIGTERM : SIGUSR2);
      ++tally.injections;
      const auto exit = trainer.wait(60);
      const bool finished = exit && exit->shell_code() == 0;  // it was quicker
      expect(tally,
             finished || (exit && exit->shell_code() == 75 && !run.checkpoint_names().empty()),
             fmt::format("asked to stop: exit {}", exit ? exit->shell_code() : -1));
    }
    tally += study.finish_and_judge();
  }
  return tally;
}

/// One of two processes stands still: the watchdog of the other ends both, exit 71.
Tally stop_rank(int injections, Random& random) {
  Tally tally;
  while (tally.injections < injections) {
    const Study study(Trainer::real);
    const RunDirectory run = study.create_runs().front();
    Process trainers = study.start_trainer(run, "stopped", 2, {"--hang-timeout-s", "3"});
    const pid_t victim = study.wait_for_trainer(trainers, static_cast<int>(random() % 2));
    if (victim == 0 || ::kill(victim, SIGSTOP) != 0) continue;
    ++tally.injections;
    const auto exit = trainers.wait(60);
    ::kill(victim, SIGKILL);
    const int code = exit ? exit->shell_code() : -1;
    expect(tally, code == 71 || code == 0, fmt::format("a rank stands still: exit {}", code));
    tally += study.finish_and_judge();
  }
  return tally;
}
/// Stops and continues a process again and again until `trainers` end. Returns how long it stood.
double slow_down(pid_t victim, Process& trainers) {
  using namespace std::chrono;
  constexpr auto kStops = milliseconds(30), kGoes = milliseconds(10);
  double stood_s = 0;
  for (int i = 0; i < 3000 && !trainers.poll(); ++i) {
    const auto begin = steady_clock::now();
    if (::kill(victim, SIGSTOP) != 0) break;
    std::this_thread::sleep_for(kStops);
    ::kill(victim, SIGCONT);
    stood_s += duration<double>(steady_clock::now() - begin).count();
    std::this_thread::sleep_for(kGoes);
  }
  return stood_s;
}

/// All that the straggler cost is in the records: in the others' waiting, or in its own steps.
void judge_times(Tally& tally, const RunDirectory& run, int rank, double stood_s) {
  double steps_s = 0, waiting_s = 0;
  EndRecord end;
  for (const Record& record : read_attempt(run, 1).records) {
    if (const auto* sync = std::get_if<SyncRecord>(&record)) {
      waiting_s += sync->wait_s + sync->transfer_s;
      steps_s += sync->data_s + sync->compute_s + sync->wait_s + sync->transfer_s;
    } else if (const auto* last = std::get_if<EndRecord>(&record)) {
      end = *last;
    }
  }
  const double sum = end.startup_s + end.train_s + end.eval_s + end.checkpoint_s + end.other_s;
  expect(tally, end.wall_s > 0 && std::abs(sum - end.wall_s) <= 0.01 * end.wall_s,
         fmt::format("the parts are {} s of {} s", sum, end.wall_s));
  // It also stood before the clock of the attempt began.
  expect(tally, end.wall_s >= 0.5 * stood_s,
         fmt::format("it stood for {} s, and {} s are told", stood_s, end.wall_s));
  expect(tally, steps_s >= 0.8 * end.train_s,
         fmt::format("of {} s of training, syncs tell of {} s", end.train_s, steps_s));
  // Seconds of syncs are those of the first process, which waits for one with a quarter of its
  // time.
  expect(tally, rank == 0 || waiting_s >= 0.4 * end.train_s,
         fmt::format("of {} s of training, {} s were waiting", end.train_s, waiting_s));
}

/// One of two processes gets a quarter of its time: the same bits, later, and the records say how
/// much of it was waiting.
Tally straggler(int injections, Random& random) {
  Tally tally;
  while (tally.injections < injections) {
    const Study study(Trainer::real);
    for (const RunDirectory& run : study.create_runs()) {
      const int rank = static_cast<int>(random() % 2);
      Process trainers = study.start_trainer(run, "slow", 2);
      const pid_t victim = study.wait_for_trainer(trainers, rank);
      if (victim == 0) continue;
      const double stood_s = slow_down(victim, trainers);
      const auto exit = trainers.wait(60);
      ++tally.injections;
      expect(tally, exit && exit->shell_code() == 0, "a straggler ends its run");
      judge_times(tally, run, rank, stood_s);
    }
    tally += study.finish_and_judge();
  }
  return tally;
}
}  // namespace

std::vector<Fault> faults_of_processes() {
  return {
      {"kill-orchestrator", "kill -9 of `run` at any moment", Trainer::fake, 100,
       kill_orchestrator},
      {"kill-trainer", "kill -9 of a trainer", Trainer::real, 20, kill_trainer},
      {"kill-rank", "kill -9 of one of two MPI processes", Trainer::real, 10, kill_rank},
      {"ask-to-stop", "SIGTERM or SIGUSR2: checkpoint, exit 75", Trainer::real, 20, ask_to_stop},
      {"straggler", "one of two MPI processes gets a quarter of its time", Trainer::real, 5,
       straggler},
      {"stop-rank", "one of two MPI processes stands still: exit 71", Trainer::real, 5, stop_rank},
  };
}

}  // namespace lockstep::test
