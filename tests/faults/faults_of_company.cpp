// Others at work in the same place, and places that are not what they seem: two of everything, a
// clock that is stepped, file systems without links, results that are no numbers.
#include <fmt/format.h>
#include <signal.h>
#include <sys/resource.h>

#include <nlohmann/json.hpp>
#include <thread>

#include "results/record/record_file.hpp"
#include "results/record/run_directory.hpp"
#include "tests/faults/faults.hpp"
#include "tests/faults/memory_group.hpp"

namespace lockstep::test {

namespace {
namespace fs = std::filesystem;

/// Two attempts at one run: the first stands still while the second finishes, then goes on.
Tally duplicate_start(int injections, Random& random) {
  Tally tally;
  while (tally.injections < injections) {
    const Study study(Trainer::real);
    for (const RunDirectory& run : study.create_runs()) {
      Process first = study.start_trainer(run, "first");
      const pid_t pid = study.wait_for_trainer(first);
      if (pid == 0) continue;
      nap(random, 200);
      ::kill(pid, SIGSTOP);
      ++tally.injections;
      Process second = study.start_trainer(run, "second");
      second.wait(60);
      ::kill(pid, SIGCONT);
      const auto exit = first.wait(60);
      const int code = exit ? exit->shell_code() : -1;
      expect(tally, code == 78 || code == 0,
             fmt::format("the first of two attempts: exit {}", code));
    }
    tally += study.finish_and_judge();
  }
  return tally;
}

Tally two_orchestrators(int injections, Random& random) {
  Tally tally;
  while (tally.injections < injections) {
    const Study study(Trainer::fake, 4);
    study.behave("* slow\n");
    Process first = study.start();
    nap(random, 200);
    Process second = study.start();
    ++tally.injections;
    const auto one = first.wait(60), two = second.wait(60);
    const auto fine = [](const std::optional<Exit>& exit) {
      return exit && (exit->shell_code() == 0 || exit->shell_code() == 5);
    };
    expect(tally, fine(one) && fine(two), "one of two orchestrators fails");
    for (const RunDirectory& run : study.run_directories()) {
      if (run.claimed_attempts().size() > 1) ++tally.twice;
    }
    tally += study.finish_and_judge();
  }
  return tally;
}

/// The wall clock jumps by an hour, forwards or backwards, in the middle of everything.
Tally stepped_clocks(int injections, Random& random) {
  Tally tally;
  while (tally.injections < injections) {
    Study study(Trainer::real);
    const auto clock =
        stepped_clock(random() % 2 ? 3600 : -3600, 0.001 * static_cast<double>(random() % 600));
    expect(tally, study.run(clock).rc == 0, "the study fails while the clock is stepped");
    ++tally.injections;
    for (const RunDirectory& run : study.run_directories()) {
      for (const int n : run.claimed_attempts()) {
        for (const Record& record : read_segment_file(run.events(n)).records) {
          const auto* end = std::get_if<EndRecord>(&record);
          const bool negative = end && (end->wall_s < 0 || end->train_s < 0 || end->wall_s > 600);
          expect(tally, !negative, "a duration follows the wall clock");
        }
      }
    }
    tally += study.finish_and_judge();
  }
  return tally;
}

/// The spec grows while the study runs, and is run again.
Tally edited_spec(int injections, Random& random) {
  Tally tally;
  while (tally.injections < injections) {
    const Study study(Trainer::fake, 2);
    study.behave("* slow ok\n");
    Process first = study.start();
    nap(random, 400);
    study.ask(study.spec_text(4));
    ++tally.injections;
    if (random() % 2) first.signal(SIGKILL);
    first.wait(60);
    tally += study.finish_and_judge();
    expect(tally, study.run_directories().size() == 4, "not all runs of the grown spec are there");
  }
  return tally;
}

/// A study on a file system where one kind of operation is not to be had.
Tally without(const char* operations, const char* error, int injections, Random& random) {
  Tally tally;
  while (tally.injections < injections) {
    Study study(Trainer::fake, 3);
    study.behave("* ok crash ok\n");
    for (const auto& [name, value] : environment_of({.operations = operations,
                                     .error = error,
                                     .for_good = true,
                                     .under = study.workspace().root()}))
      study.environment[name] = value;
    Process first = study.start();
    nap(random, 150);
    Process second = study.start();
    ++tally.injections;
    if (random() % 2) first.signal(SIGKILL);
    first.wait(60);
    second.wait(60);
    tally += study.finish_and_judge();
  }
  return tally;
}
Tally no_links(int injections, Random& random) {
  // In turn with a rename that replaces nothing as a stand-in, and without.
  const Tally some = without("link", "EPERM", (injections + 1) / 2, random);
  Tally tally = without("link,rename2", "ENOTSUP", injections / 2, random);
  return tally += some;
}

/// Every so many reads the server has forgotten the file, once.
Tally stale_files(int injections, Random&) {
  Tally tally;
  for (long operation = 1; tally.injections < injections; ++operation) {
    const Study study(Trainer::fake, 2);
    const fs::path fired = study.folder() / "fired";
    const auto result = study.run(environment_of({.operations = "read",
                                                  .error = "ESTALE",
                                                  .first = operation,
                                                  .program = "lockstep",
                                                  .under = study.workspace().root(),
                                                  .fired = fired}));
    if (!fs::exists(fired)) {
      if (operation == 1) break;
      operation = 0;
      continue;
    }
    ++tally.injections;
    expect(tally, result.rc == 0,
           fmt::format("read {} is stale once: exit {}: {}", operation, result.rc, result.err));
    tally += study.finish_and_judge();
  }
  return tally;
}

/// A run that diverges is a result, and is not tried again.
Tally divergence(int injections, Random&) {
  Tally tally;
  while (tally.injections < injections) {
    Study study(Trainer::real);
    std::string spec = study.spec_text(2);
    spec.replace(spec.find("lr: 0.05"), 8, "lr: 1e30");
    study.ask(spec);
    ++tally.injections;
    expect(tally, study.run().rc == 0 && study.run().rc == 0, "a study that diverges fails");
    for (const RunDirectory& run : study.run_directories()) {
      const auto done = read_result(run.done());
      if (!done) ++tally.lost;
      if (run.claimed_attempts().size() != 1) ++tally.twice;
      expect(tally, done && done->reason == EndReason::diverged, "it did not diverge");
    }
  }
  return tally;
}

/// A trainer that gets no memory: what results there are say so, it is not tried unchanged for
/// ever, and is fine once there is some.
Tally no_memory(int injections, Random& random) {
  Tally tally;
  while (tally.injections < injections) {
    const Study study(Trainer::real);
    // Around what the libraries alone map: before, while and after they are loaded. Children
    // inherit it.
    const rlim_t bytes = (300 + random() % 900) * 1'000'000;
    struct rlimit all {};
    ::getrlimit(RLIMIT_AS, &all);
    const struct rlimit tight { bytes, all.rlim_max };
    ::setrlimit(RLIMIT_AS, &tight);
    const auto result = study.run();
    ::setrlimit(RLIMIT_AS, &all);
    ++tally.injections;
    expect(tally, result.rc == 3 || result.rc == 0,
           fmt::format("without memory: exit {}: {}", result.rc, result.err));
    for (const RunDirectory& run : study.run_directories()) {
      for (const int n : run.claimed_attempts()) {
        const auto told = read_result(run.result(n));
        const bool fits =
            !told || told->reason == EndReason::oom || told->reason == EndReason::done;
        expect(tally, fits, "without memory, a result gives another reason");
      }
    }
    tally += study.finish_and_judge();
  }
  return tally;
}
/// The kernel kills whoever is over the limit of a control group: lockstep and its trainers
/// together have too little. It is told, not tried for ever, and fine once there is more.
Tally out_of_memory(int injections, Random& random) {
  Tally tally;
  for (int i = 0; tally.injections < injections && i < 4 * injections + 10; ++i) {
    const auto bytes = static_cast<std::int64_t>(20 + random() % 60) * 1'000'000;
    const auto group = MemoryGroup::make(bytes, tally.skipped);
    if (!group) return tally;
    tally.skipped.clear();
    Study study(Trainer::real);
    study.prefix = group->prefix();
    const auto result = study.run();
    const int kills = group->kills();
    group->clear();
    study.prefix.clear();
    if (kills == 0) continue;  // it was enough
    tally.injections += kills;
    const bool itself = result.rc == 137;  // the largest is not always a trainer
    expect(tally, itself || result.rc == 3 || result.rc == 0,
           fmt::format("over its memory: exit {}: {}", result.rc, result.err));
    expect(tally, result.rc != 3 || result.err.find("memory") != std::string::npos,
           "a run was killed for want of memory, and that is not said: " + result.err);
    tally += study.finish_and_judge();
  }
  return tally;
}
}  // namespace

std::vector<Fault> faults_of_company() {
  return {
      {"duplicate-start", "two attempts at a run, one pauses meanwhile", Trainer::real, 20,
       duplicate_start},
      {"two-orchestrators", "`run` twice at once", Trainer::fake, 50, two_orchestrators},
      {"stepped-clock", "wall clock stepped by an hour, both ways", Trainer::real, 10,
       stepped_clocks},
      {"edited-spec", "the spec grows while it runs", Trainer::fake, 50, edited_spec},
      {"no-links", "a file system without hard links, `run` killed or twice", Trainer::fake, 50,
       no_links},
      {"stale-files", "ESTALE in each read of `run`, once", Trainer::fake, 50, stale_files},
      {"divergence", "a learning rate that diverges", Trainer::real, 5, divergence},
      {"out-of-memory", "killed by the kernel at a control group's limit", Trainer::real, 5,
       out_of_memory},
      {"no-memory", "a trainer gets no memory", Trainer::real, 5, no_memory},
  };
}

}  // namespace lockstep::test
