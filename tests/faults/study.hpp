// A study in a workspace of its own, with the real `lockstep` over the fake or the real trainer:
// to be hurt, finished and judged against a twin that nothing happened to.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "orchestrator/launch/command_runner.hpp"
#include "orchestrator/launch/process.hpp"
#include "results/record/workspace.hpp"
#include "tests/faults/shim.hpp"
#include "tests/support/temp_dir.hpp"

namespace lockstep::test {

/// What became of runs to which something happened. All but `injections` must stay 0.
struct Tally {
  int injections = 0;
  int lost = 0;   ///< runs without a result
  int twice = 0;  ///< runs of which something counts more than once
  int wrong = 0;  ///< other numbers than the twin's, or an index that is not its files
  std::vector<std::string> notes;
  std::string skipped;  ///< why this machine cannot have this fault; empty: it can

  bool clean() const { return lost + twice + wrong == 0; }
  Tally& operator+=(const Tally& other);
};

enum class Trainer { fake, real };

class Study {
 public:
  /// Of the fake trainer: `runs` runs that take milliseconds. Of the real one: two runs, mid-round
  /// most of the time, of half a second each.
  explicit Study(Trainer trainer, int runs = 2);

  /// `lockstep <words>` in this study's environment and `more`.
  CommandResult lockstep(const std::vector<std::string>& words, const Environment& more = {}) const;
  /// `lockstep run SPEC <words>`, in the background.
  Process start(const Environment& more = {}, const std::vector<std::string>& words = {}) const;
  /// The same, waited for.
  CommandResult run(const Environment& more = {}) const;

  /// Lets the study go on as a user would (`run`, then `resume`) and judges what came out.
  Tally finish_and_judge() const;

  /// What the fake trainer does (tests/support/fake_trainer.cpp).
  void behave(const std::string& script) const;
  /// Another spec of the same study from now on.
  void ask(const std::string& spec) const;
  std::string spec_text(int runs) const;

  const Workspace& workspace() const { return workspace_; }
  std::filesystem::path folder() const { return folder_.path(); }
  std::filesystem::path spec() const { return folder() / "study.yaml"; }
  std::vector<RunDirectory> run_directories() const;
  /// Makes the directories of all runs, for attempts that no orchestrator starts.
  std::vector<RunDirectory> create_runs() const;
  /// An attempt at `run` with `processes` processes, in the background, started by hand.
  Process start_trainer(const RunDirectory& run, const std::string& token, int processes = 1,
                        const std::vector<std::string>& words = {},
                        const Environment& more = {}) const;
  bool done() const;  ///< all runs that there are

  /// Pids of trainers that live now, of runs that are not done, by their heartbeats of `rank`.
  std::vector<pid_t> trainers(int rank = 0) const;
  /// Waits until there is one; 0 where none comes within half a minute, or `while_alive` ends.
  pid_t wait_for_trainer(Process& while_alive, int rank = 0) const;

  Environment environment;            ///< of every command
  std::vector<std::string> prefix{};  ///< words before every command of lockstep

 private:
  Trainer trainer_;
  TempDir folder_;
  Workspace workspace_;
};

/// Everything that counts of a study's runs, as text by run id: evaluations, syncs, losses, the
/// hash of the final state. Seconds are left out. `twice` gets the runs in which a step counts
/// twice.
std::map<std::string, std::string> outcomes_of(const Workspace& workspace, bool state,
                                               std::vector<std::string>& twice);

}  // namespace lockstep::test
