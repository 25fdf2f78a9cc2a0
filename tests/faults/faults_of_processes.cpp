// Processes that are killed, stopped or stand still.
#include <fmt/format.h>
#include <signal.h>

#include <thread>

#include "tests/faults/faults.hpp"

namespace lockstep::test {

namespace {
namespace fs = std::filesystem;

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

/// A fresh study for each file operation of `words`, killed in it.
Tally kill_at_each_operation(int injections, bool after_runs, std::vector<std::string> words) {
  Tally tally;
  for (long operation = 1; tally.injections < injections; ++operation) {
    const Study study(Trainer::fake, 1);
    if (words.empty()) words = {"run", study.spec().string(), "--no-calibration"};
    if (words.front() == "run") words[1] = study.spec().string();
    if (after_runs) study.run();
    const fs::path fired = study.folder() / "fired";
    study.lockstep(words, environment_of({.first = operation,
                                          .program = "lockstep",
                                          .under = study.workspace().root(),
                                          .fired = fired}));
    if (!fs::exists(fired)) {  // it has fewer: all were hit, so once more from the first
      if (operation == 1) break;
      operation = 0;
      continue;
    }
    ++tally.injections;
    tally += study.finish_and_judge();
  }
  return tally;
}

Tally kill_orchestrator_in_operation(int injections, Random&) {
  return kill_at_each_operation(injections, false, {});
}
Tally kill_import(int injections, Random&) {
  return kill_at_each_operation(injections, true, {"import"});
}
Tally kill_rebuild(int injections, Random&) {
  return kill_at_each_operation(injections, true, {"db", "rebuild"});
}
Tally kill_report(int injections, Random&) {
  return kill_at_each_operation(injections, true, {"report", "hurt"});
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
}  // namespace

std::vector<Fault> faults_of_processes() {
  return {
      {"kill-orchestrator", "kill -9 of `run` at any moment", Trainer::fake, 100,
       kill_orchestrator},
      {"kill-in-operation", "kill -9 of `run` in each file operation", Trainer::fake, 100,
       kill_orchestrator_in_operation},
      {"kill-import", "kill -9 of `import` in each file operation", Trainer::fake, 50, kill_import},
      {"kill-rebuild", "kill -9 of `db rebuild` in each file operation", Trainer::fake, 50,
       kill_rebuild},
      {"kill-report", "kill -9 of `report` in each file operation", Trainer::fake, 50, kill_report},
      {"kill-trainer", "kill -9 of a trainer", Trainer::real, 20, kill_trainer},
      {"kill-rank", "kill -9 of one of two MPI processes", Trainer::real, 10, kill_rank},
      {"ask-to-stop", "SIGTERM or SIGUSR2: checkpoint, exit 75", Trainer::real, 20, ask_to_stop},
      {"stop-rank", "one of two MPI processes stands still: exit 71", Trainer::real, 5, stop_rank},
  };
}

}  // namespace lockstep::test
