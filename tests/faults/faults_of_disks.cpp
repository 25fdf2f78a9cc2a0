// Disks that are full, broken or closed to us: file operations that fail, one after the other or
// for good, until the disk is well again.
#include <fmt/format.h>

#include "results/record/run_directory.hpp"
#include "tests/faults/scenes.hpp"

namespace lockstep::test {

namespace {
namespace fs = std::filesystem;

/// An attempt at a run, of which the 1st, then 2nd, then 3rd ... operation fails, until none does:
/// claim, records, checkpoint, RESULT, DONE.
Tally fail_each_operation_of_attempt(int injections, Trainer trainer, const char* operations,
                                     const char* error) {
  Tally tally;
  for (long operation = 1; tally.injections < injections; ++operation) {
    const Study study(trainer, 1);
    study.behave("* checkpoint ok\n");
    const fs::path fired = study.folder() / "fired";
    const RunDirectory run = study.create_runs().front();
    study
        .start_trainer(
            run, "bad", 1, {},
            environment_of({.operations = operations,
                            .error = error,
                            .first = operation,
                            .program = trainer == Trainer::fake ? "fake_trainer" : "lockstep-train",
                            .under = study.workspace().root(),
                            .fired = fired}))
        .wait(90);
    if (!fs::exists(fired)) {
      if (operation == 1) break;
      operation = 0;
      continue;
    }
    ++tally.injections;
    tally += study.finish_and_judge();
  }
  return tally;
}

/// No room for a checkpoint: none is begun, the run ends and is degraded.
Tally no_room(int injections, Random& random) {
  Tally tally;
  while (tally.injections < injections) {
    const Study study(Trainer::real, 1);
    const long free = static_cast<long>(random() % 20'000);
    for (const RunDirectory& run : study.create_runs()) {
      study.start_trainer(run, "tight", 1, {}, with_free_bytes(free)).wait(90);
      ++tally.injections;
      const auto told = read_result(run.result(1));
      expect(tally, told && told->degraded.find("are wanted") != std::string::npos,
             "without room, no checkpoint failed for it");
      expect(tally, !fs::exists(run.checkpoints()), "a checkpoint was begun without room");
    }
    tally += study.finish_and_judge();
    const auto status = study.lockstep({"status", "hurt", "--json"});
    expect(tally, status.out.find("\"degraded\":true") != std::string::npos,
           "status does not say that the runs are degraded");
  }
  return tally;
}

constexpr const char* kWrites = "open,write,fsync,mkdir,link,rename";
constexpr const char* kAllWrites = "open,write,fsync,close,mkdir,link,rename";

Tally full_once(int injections, Random& random) {
  return hurt_each_operation(injections, random, run_scene(), {"write,fsync,close", "ENOSPC"});
}
Tally full(int injections, Random& random) {
  return hurt_each_operation(injections, random, run_scene(), {kWrites, "ENOSPC", true});
}
Tally broken(int injections, Random& random) {
  return hurt_each_operation(injections, random, run_scene(), {"fsync", "EIO"});
}
Tally read_only(int injections, Random& random) {
  return hurt_each_operation(injections, random, run_scene(),
                             {"open,mkdir,link,rename", "EROFS", true});
}
Tally of_another_user(int injections, Random& random) {
  return hurt_each_operation(injections, random, run_scene(), {"read,open,mkdir", "EACCES", true});
}
Tally attempt_full_once(int injections, Random&) {
  return fail_each_operation_of_attempt(injections, Trainer::fake, kAllWrites, "ENOSPC");
}
Tally attempt_killed(int injections, Random&) {
  return fail_each_operation_of_attempt(injections, Trainer::fake, "any", "KILL");
}
Tally trainer_full_once(int injections, Random&) {
  return fail_each_operation_of_attempt(injections, Trainer::real, kAllWrites, "ENOSPC");
}
Tally trainer_broken(int injections, Random&) {
  return fail_each_operation_of_attempt(injections, Trainer::real, "fsync", "EIO");
}
}  // namespace

std::vector<Fault> faults_of_disks() {
  return {
      {"full-once", "disk full in one write, fsync or close of `run`", Trainer::fake, 50,
       full_once},
      {"full", "disk full from one operation of `run` on", Trainer::fake, 50, full},
      {"broken", "EIO in one fsync of `run`", Trainer::fake, 50, broken},
      {"read-only", "read-only from one operation of `run` on", Trainer::fake, 50, read_only},
      {"not-ours", "no rights from one operation of `run` on", Trainer::fake, 50, of_another_user},
      {"attempt-full", "disk full in each operation of an attempt, once", Trainer::fake, 50,
       attempt_full_once},
      {"attempt-killed", "an attempt killed in each of its operations", Trainer::fake, 50,
       attempt_killed},
      {"trainer-full", "disk full in each operation of a trainer, once", Trainer::real, 20,
       trainer_full_once},
      {"no-room", "no room for a trainer's checkpoint", Trainer::real, 5, no_room},
      {"trainer-broken", "EIO in one fsync of a trainer", Trainer::real, 10, trainer_broken},
  };
}

}  // namespace lockstep::test
