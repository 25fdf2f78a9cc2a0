// Files that are damaged, cut off, missing or left half made.
#include <fmt/format.h>
#include <signal.h>

#include <fstream>

#include "results/record/record_error.hpp"
#include "tests/faults/faults.hpp"

namespace lockstep::test {

namespace {
namespace fs = std::filesystem;

void overwrite(const fs::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

/// Flips a bit, cuts off a tail, or empties the file.
void damage(const fs::path& path, Random& random) {
  std::string bytes = read_file(path);
  const std::size_t place = bytes.empty() ? 0 : random() % bytes.size();
  switch (random() % 3) {
    case 0:
      if (!bytes.empty()) bytes[place] = static_cast<char>(bytes[place] ^ (1 << random() % 8));
      break;
    case 1:
      bytes.resize(place);
      break;
    default:
      bytes.clear();
  }
  overwrite(path, bytes);
}

/// Stops all trainers of a fresh study at a checkpoint.
void stop_in_the_middle(const Study& study, Random& random) {
  for (const RunDirectory& run : study.create_runs()) {
    Process trainer = study.start_trainer(run, "first", 1,
                                          {"--stop-at-step", std::to_string(300 + random() % 900)});
    trainer.wait(60);
  }
}

/// What a power cut or a bad disk leaves of a checkpoint.
void hurt_checkpoint(const RunDirectory& run, Random& random) {
  const auto names = run.checkpoint_names();
  if (names.empty()) return;
  const fs::path newest = run.checkpoint(names.front());
  const fs::path shard = newest / "rank0.safetensors", manifest = newest / "MANIFEST.json";
  switch (random() % 6) {
    case 0:
      damage(shard, random);
      break;
    case 1:
      damage(manifest, random);
      break;
    case 2:
      fs::remove(shard);
      break;
    case 3:
      fs::remove(manifest);
      break;
    case 4:  // half renamed: the name is there, its files are not
      fs::remove_all(newest);
      fs::create_directory(newest);
      break;
    default:  // a later one that was never finished, under both names
      fs::copy(newest, run.checkpoints() / ".tmp-step-1400-a1", fs::copy_options::recursive);
      fs::copy(newest, run.checkpoints() / "step-1400-a1", fs::copy_options::recursive);
  }
}

Tally damaged_checkpoint(int injections, Random& random) {
  Tally tally;
  while (tally.injections < injections) {
    const Study study(Trainer::real);
    stop_in_the_middle(study, random);
    for (const RunDirectory& run : study.run_directories()) {
      hurt_checkpoint(run, random);
      ++tally.injections;
    }
    tally += study.finish_and_judge();
  }
  return tally;
}

/// The checkpoint of one run where the other's belongs.
Tally foreign_checkpoint(int injections, Random& random) {
  Tally tally;
  while (tally.injections < injections) {
    const Study study(Trainer::real);
    stop_in_the_middle(study, random);
    const auto runs = study.run_directories();
    const auto from = runs.front().checkpoint_names(), to = runs.back().checkpoint_names();
    if (from.empty() || to.empty()) continue;
    fs::remove_all(runs.back().checkpoint(to.front()));
    fs::copy(runs.front().checkpoint(from.front()),
             runs.back().checkpoint({to.front().step, from.front().attempt}),
             fs::copy_options::recursive);
    ++tally.injections;
    tally += study.finish_and_judge();
  }
  return tally;
}

/// Records, results, plans and configurations of a study that is done: found by `db check`, told
/// with a way out, and the way out works.
Tally damaged_records(int injections, Random& random) {
  Tally tally;
  while (tally.injections < injections) {
    const Study study(Trainer::fake, 2);
    study.run();
    const RunDirectory run = study.run_directories().front();
    const std::vector<fs::path> files{run.events(1), run.result(1), run.config()};
    const fs::path victim = files[random() % files.size()];
    const std::string before = read_file(victim);
    fs::remove(victim);  // DONE and RESULT are one file: only one of them is damaged
    overwrite(victim, before);
    damage(victim, random);
    if (read_file(victim) == before) continue;
    ++tally.injections;
    const auto checked = study.lockstep({"db", "check"});
    expect(tally, checked.rc == 6 && checked.out.find(run.id()) != std::string::npos,
           fmt::format("{} is damaged, and db check says {}: {}", victim.string(), checked.rc,
                       checked.out + checked.err));
    fs::rename(run.path(), study.folder() / "away");  // what the remedy asks for
    tally += study.finish_and_judge();
  }
  return tally;
}

/// A line of a finished run's records is flipped, lost or written twice. What is left is used on
/// request and listed by everybody; the whole file back in its place undoes it.
Tally salvaged_records(int injections, Random& random) {
  Tally tally;
  while (tally.injections < injections) {
    const Study study(Trainer::fake, 2);
    study.run();
    const RunDirectory run = study.run_directories().front();
    const std::string whole = read_file(run.events(1));
    const std::size_t second = whole.find('\n') + 1;  // the first line says whose records they are
    const std::size_t begin =
        whole.rfind('\n', second + random() % (whole.size() - second - 1)) + 1;
    const std::size_t length = whole.find('\n', begin) + 1 - begin;
    std::string hurt = whole;
    switch (random() % 3) {
      case 0:
        hurt[begin + random() % length] ^= 1;
        break;
      case 1:
        hurt.erase(begin, length);
        break;
      default:
        hurt.insert(begin, whole, begin, length);
    }
    overwrite(run.events(1), hurt);
    ++tally.injections;
    expect(tally, study.lockstep({"import"}).rc == 6, "damaged records are no error");
    const auto left = study.lockstep({"import", "--salvage"});
    expect(tally, left.rc == 0 && left.err.find("salvaged, ") != std::string::npos,
           fmt::format("import --salvage: exit {}: {}", left.rc, left.err));
    const auto checked = study.lockstep({"db", "check"});
    expect(tally, checked.rc == 6 && checked.out.find("salvaged, ") != std::string::npos,
           "db check does not list what was salvaged: " + checked.out);
    const auto report = study.lockstep({"report", "hurt", "--print", "markdown"});
    expect(tally, report.rc == 0 && report.out.find("salvaged, ") != std::string::npos,
           "the report does not list what was salvaged: " + report.err);
    overwrite(run.events(1), whole);
    tally += study.finish_and_judge();
  }
  return tally;
}

/// The tail of a running attempt's records is torn by a power cut, then the run goes on.
Tally torn_records(int injections, Random& random) {
  Tally tally;
  while (tally.injections < injections) {
    const Study study(Trainer::real);
    const auto runs = study.create_runs();
    for (const RunDirectory& run : runs) {
      Process trainer = study.start_trainer(run, "torn");
      if (study.wait_for_trainer(trainer) == 0) continue;
      nap(random, 150);
      trainer.signal(SIGKILL);
      trainer.wait(10);
      if (fs::exists(run.result(1)) || !fs::exists(run.events(1))) continue;
      std::ofstream(run.events(1), std::ios::app) << R"({"seq":99999,"type":"ev)";
      ++tally.injections;
    }
    tally += study.finish_and_judge();
  }
  return tally;
}
}  // namespace

std::vector<Fault> faults_of_files() {
  return {
      {"bad-checkpoint", "newest checkpoint flipped, cut, lost, half renamed", Trainer::real, 20,
       damaged_checkpoint},
      {"foreign-checkpoint", "newest checkpoint is another run's", Trainer::real, 5,
       foreign_checkpoint},
      {"bad-records", "records, RESULT or configuration damaged", Trainer::fake, 50,
       damaged_records},
      {"salvage", "a line of records flipped, lost or twice; --salvage", Trainer::fake, 50,
       salvaged_records},
      {"torn-records", "records torn at the end by a power cut", Trainer::real, 10, torn_records},
  };
}

}  // namespace lockstep::test
