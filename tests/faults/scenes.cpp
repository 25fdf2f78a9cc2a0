#include "tests/faults/scenes.hpp"

#include <fmt/format.h>

#include <chrono>
#include <thread>

#include "orchestrator/schedule/submissions.hpp"
#include "orchestrator/schedule/workspace_lock.hpp"
#include "results/store/store.hpp"
#include "sweeps/run/tables.hpp"

namespace lockstep::test {

namespace {
namespace fs = std::filesystem;
using Words = std::vector<std::string>;
constexpr const char* kName = "hurt";
constexpr int kCancelled = 3;  // runs of the study that is cancelled

void expect_ok(Tally& tally, const char* what, const CommandResult& result, int rc = 0) {
  expect(tally, result.rc == rc,
         fmt::format("{}: exit {} instead of {}: {}", what, result.rc, rc, result.err));
}

std::function<Words(const Study&)> say(Words words) {
  return [words](const Study&) { return words; };
}

void let_it_run(const Study& study) { study.run(); }

/// Whether nobody works on the workspace any more, within a minute.
bool left_alone(const Study& study) {
  for (int i = 0; i < 1200; ++i) {
    const auto holder = lock_holder(study.workspace().lock());
    if (!holder || !is_alive(holder->process)) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  return false;
}

Words submit_words(const Study& study) {
  return {"submit", study.spec().string(), "--no-calibration", "--checkpoint-every", "0.1"};
}

void after_submit(const Study& study, const CommandResult&, Tally& tally) {
  expect(tally, left_alone(study), "the supervisor does not end");
  expect_ok(tally, "submit again", study.lockstep(submit_words(study)));
  expect(tally, left_alone(study), "the second supervisor does not end");
  expect(tally, study.done(), "submitted twice, and not done");
}

/// How many runs of the study its cancellations name.
int cancelled_runs(const Study& study) {
  const Submissions submissions(study.workspace().submissions(kName));
  int count = 0;
  for (const RunDirectory& run : study.run_directories()) count += submissions.cancelled(run.id());
  return count;
}

/// A supervisor in the background with runs that work until they are asked to stop.
void start_long_runs(const Study& study) {
  study.behave("* hang\n");
  study.lockstep(submit_words(study));
  for (int i = 0; i < 600 && study.trainers().empty(); ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
}

/// Cancelled or not, never half; the command again cancels all; and `run` leaves it so.
void after_cancel(const Study& study, const CommandResult&, Tally& tally) {
  const int at_once = cancelled_runs(study);
  expect(tally, at_once == 0 || at_once == kCancelled, "half of a study is cancelled");
  expect_ok(tally, "cancel again", study.lockstep({"cancel", kName}));
  expect(tally, left_alone(study), "the supervisor of a cancelled study does not end");
  study.behave("* ok\n");
  expect(tally, cancelled_runs(study) == kCancelled, "a cancelled study is not cancelled");
  expect_ok(tally, "run of a cancelled study", study.run(), 3);
  expect(tally, cancelled_runs(study) == kCancelled && !study.done(),
         "run takes up what was cancelled");
}

void cancel_long_runs(const Study& study) {
  start_long_runs(study);
  study.lockstep({"cancel", kName});
  left_alone(study);
  study.behave("* ok\n");
}

/// Taken up again or not, never half; where not, `run` leaves it cancelled.
void after_resume_of_cancelled(const Study& study, const CommandResult&, Tally& tally) {
  const int still = cancelled_runs(study);
  expect(tally, still == 0 || still == kCancelled, "half of a study is taken up again");
  if (still == 0) return;
  expect_ok(tally, "run of a cancelled study", study.run(), 3);
  expect(tally, cancelled_runs(study) == kCancelled, "run takes up what was cancelled");
}

Words prune_words(const Study& study) {
  return {"run", study.spec().string(), "--prune", "--no-calibration"};
}

fs::path copy_of(const Study& study) { return study.workspace().root() / "copy.db"; }

std::string dump_of(const fs::path& index) {
  return Store(index, Store::Mode::read_only, Tables::builtin()).dump();
}

/// A copy has its name only if it is whole.
void after_backup(const Study& study, const CommandResult&, Tally& tally) {
  if (!fs::exists(copy_of(study)))
    expect_ok(tally, "db backup again", study.lockstep({"db", "backup", copy_of(study).string()}));
  expect(tally, dump_of(copy_of(study)) == dump_of(study.workspace().database()),
         "a backup is not the index");
}

fs::path bundle_of(const Study& study) { return study.workspace().root() / "bundle.tar.gz"; }
Words bundle_words(const fs::path& file) {
  return {"export", kName, "--what", "bundle", "-o", file.string()};
}

void after_bundle(const Study& study, const CommandResult&, Tally& tally) {
  const fs::path whole = study.folder() / "whole.tar.gz";
  expect_ok(tally, "export again", study.lockstep(bundle_words(whole)));
  expect(tally, !fs::exists(bundle_of(study)) || read_file(bundle_of(study)) == read_file(whole),
         "a bundle has its name and is not whole");
}
}  // namespace

Scene run_scene() {
  return {.name = "run",
          .before = [](const Study&) {},
          .words =
              [](const Study& study) {
                return Words{"run", study.spec().string(), "--no-calibration", "--checkpoint-every",
                             "0.1"};
              },
          .after = {}};
}

Scene submit_scene() {
  return {.name = "submit",
          .before = [](const Study&) {},
          .words = submit_words,
          .after = after_submit};
}

Scene resume_scene() {
  return {
      .name = "resume",
      .before =
          [](const Study& study) {
            study.behave("* exit2 ok\n");
            study.run();
          },
      .words = say({"resume", kName, "--no-calibration"}),
      .after =
          [](const Study& study, const CommandResult&, Tally& tally) {
            expect_ok(tally, "resume again", study.lockstep({"resume", kName, "--no-calibration"}));
          }};
}

Scene resume_cancelled_scene() {
  return {.name = "resume after cancel",
          .runs = kCancelled,
          .before = cancel_long_runs,
          .words = say({"resume", kName, "--no-calibration"}),
          .after = after_resume_of_cancelled};
}

Scene cancel_scene() {
  return {.name = "cancel",
          .runs = kCancelled,
          .before = start_long_runs,
          .words = say({"cancel", kName}),
          .after = after_cancel};
}

Scene prune_scene() {
  return {.name = "run --prune",
          .before =
              [](const Study& study) {
                study.ask(study.spec_text(2));
                study.run();
                study.ask(study.spec_text(1));
              },
          .words = prune_words,
          .after =
              [](const Study& study, const CommandResult&, Tally& tally) {
                expect_ok(tally, "run --prune again", study.lockstep(prune_words(study)));
                expect(tally, study.workspace().plans(kName).size() == 1,
                       "a pruned study has more than one plan");
              }};
}

Scene import_scene() {
  return {.name = "import", .before = let_it_run, .words = say({"import"}), .after = {}};
}
Scene rebuild_scene() {
  return {.name = "db rebuild", .before = let_it_run, .words = say({"db", "rebuild"}), .after = {}};
}
Scene report_scene() {
  return {.name = "report", .before = let_it_run, .words = say({"report", kName}), .after = {}};
}
Scene calibrate_scene() {
  return {.name = "calibrate",
          .before = let_it_run,
          .words = say({"calibrate", kName}),
          .after = [](const Study& study, const CommandResult&, Tally& tally) {
            expect_ok(tally, "calibrate again", study.lockstep({"calibrate", kName}));
          }};
}

Scene backup_scene() {
  return {.name = "db backup",
          .before =
              [](const Study& study) {
                study.run();
                study.lockstep({"import"});
              },
          .words =
              [](const Study& study) {
                return Words{"db", "backup", copy_of(study).string()};
              },
          .after = after_backup};
}

Scene bundle_scene() {
  return {.name = "export",
          .before = let_it_run,
          .words = [](const Study& study) { return bundle_words(bundle_of(study)); },
          .after = after_bundle};
}

}  // namespace lockstep::test
