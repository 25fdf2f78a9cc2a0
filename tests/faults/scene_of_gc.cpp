// `gc --yes --orphans` over one workspace that has something of every kind: what may go goes, what
// may not stays, byte for byte, wherever it is cut off.
#include <fmt/format.h>

#include "orchestrator/schedule/garbage.hpp"
#include "orchestrator/schedule/study_files.hpp"
#include "results/record/checkpoint_files.hpp"
#include "results/record/digest.hpp"
#include "results/record/record_file.hpp"
#include "sweeps/spec/sweep_spec.hpp"
#include "tests/faults/scenes.hpp"

namespace lockstep::test {

namespace {
namespace fs = std::filesystem;
using Words = std::vector<std::string>;
constexpr auto kLongAgo = std::chrono::hours(2);  // a temporary file of then has no writer
const Words kWords{"gc", "--orphans", "--yes"};

std::string spec_with_seed(const Study& study, int seed) {
  std::string text = study.spec_text(2);
  const std::string one = "seed: 1";
  return text.replace(text.find(one), one.size(), fmt::format("seed: {}", seed));
}

void train(const Study& study, const RunDirectory& run, const char* token,
           const Words& words = {}) {
  study.start_trainer(run, token, 1, words).wait(90);
}

/// A finished run, one that was stopped three times, and one that no plan asks for.
void prepare(const Study& study) {
  const SpecResult spec = read_spec(Tables::builtin(), study.spec_text(2));
  write_study(study.workspace(), spec.plan, study.spec_text(2));
  const auto runs = study.create_runs();
  train(study, runs.front(), "whole");
  const RunDirectory& stopped = runs.back();
  const fs::path aside = study.folder() / "aside";
  fs::create_directory(aside);
  for (int i = 1; i <= 3; ++i) {
    train(study, stopped, fmt::format("part-{}", i).c_str(),
          {"--stop-at-step", std::to_string(300 * i)});
    for (const CheckpointName& name : stopped.checkpoint_names())
      fs::copy(stopped.checkpoint(name), aside / name.text(),
               fs::copy_options::recursive | fs::copy_options::skip_existing);
  }
  fs::copy(aside, stopped.checkpoints(),
           fs::copy_options::recursive | fs::copy_options::skip_existing);
  study.ask(spec_with_seed(study, 9));
  study.create_runs();
  study.ask(study.spec_text(2));
}

RunDirectory unfinished(const Study& study) {
  for (const RunDirectory& run : study.run_directories()) {
    if (!fs::exists(run.done()) && !run.claimed_attempts().empty()) return run;
  }
  throw std::logic_error("the unfinished run is gone");
}

/// Of everything that must stay, each file with its hash.
std::string treasures_of(const Study& study) {
  std::string list;
  const auto add = [&](const fs::path& path) {
    Sha256 hash;
    hash.update(read_file(path));
    list += fmt::format("{} {}\n", hash.hex(), fs::relative(path, study.folder()).string());
  };
  std::set<fs::path> files;
  for (const RunDirectory& run : study.run_directories()) {
    if (run.claimed_attempts().empty()) continue;  // asked for by no plan
    for (const auto& entry : fs::recursive_directory_iterator(run.path())) {
      const std::string path = entry.path().string();
      const bool may_go = path.find("/checkpoints") != path.npos ||
                          path.find(".trash-") != path.npos || path.find(".tmp-") != path.npos;
      if (entry.is_regular_file() && !may_go) files.insert(entry.path());
    }
  }
  const RunDirectory run = unfinished(study);
  const auto names = run.checkpoint_names();
  for (std::size_t i = 0; i < std::min<std::size_t>(2, names.size()); ++i) {
    for (const auto& entry : fs::directory_iterator(run.checkpoint(names[i])))
      files.insert(entry.path());
  }
  for (const fs::path& plan : study.workspace().plans("hurt")) files.insert(plan);
  for (const fs::path& file : files) add(file);
  return list;
}

/// Prepared once, for training takes seconds; each study gets a copy.
const Study& model() {
  static const Study study(Trainer::real);
  static const bool prepared = (prepare(study), true);
  static_cast<void>(prepared);
  return study;
}

void before(const Study& study) {
  fs::copy(model().workspace().root(), study.workspace().root(), fs::copy_options::recursive);
  const fs::path old = unfinished(study).path() / ".config.json.tmp-1",
                 trash = study.workspace().runs() / ".trash-0123";
  write_file_atomically(old, "half a file");
  fs::last_write_time(old, fs::file_time_type::clock::now() - kLongAgo);
  fs::create_directory(trash);
  write_file_atomically(trash / "config.json", "{}");
}

void after(const Study& study, const CommandResult&, Tally& tally) {
  const std::string kept = treasures_of(model());
  expect(tally, treasures_of(study) == kept, "gc lost what may not go");
  const auto again = study.lockstep(kWords);
  expect(tally, again.rc == 0, fmt::format("gc again: exit {}: {}", again.rc, again.err));
  expect(tally, treasures_of(study) == kept, "gc, given again, lost what may not go");
  const auto left = find_garbage(study.workspace(), {.orphans = true});
  for (const Garbage& garbage : left)
    expect(tally, false, "gc left " + garbage.path.filename().string());
  const RunDirectory run = unfinished(study);
  for (const CheckpointName& name : run.checkpoint_names()) {
    expect(tally, look_at_checkpoint(run.checkpoint(name), true).problem.empty(),
           "a checkpoint that gc left is not whole");
  }
}
}  // namespace

Scene gc_scene() {
  return {.name = "gc",
          .trainer = Trainer::real,
          .runs = 2,
          .before = before,
          .words = [](const Study&) { return kWords; },
          .after = after};
}

}  // namespace lockstep::test
