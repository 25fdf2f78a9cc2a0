// The real program in a workspace of its own, over the fake trainer.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "orchestrator/launch/command_runner.hpp"
#include "orchestrator/launch/process.hpp"
#include "tests/support/temp_dir.hpp"

namespace lockstep::test {

class Cli {
 public:
  Cli();
  /// `lockstep <words>` with the workspace in the environment.
  CommandResult run(const std::vector<std::string>& words);
  /// The same, not waited for; output goes to <folder>/background.
  Process start(const std::vector<std::string>& words);
  std::string background_output() const;
  nlohmann::json json(const std::vector<std::string>& words);

  std::filesystem::path folder() const { return temp_.path(); }
  std::filesystem::path workspace() const { return folder() / "w"; }
  /// A spec of `cells` x `seeds` runs of `steps` steps on synthetic data; returns its path. The
  /// study is "tiny".
  std::string spec(int cells, int seeds, int steps = 20);
  /// What the fake trainer does (see tests/support/fake_trainer.cpp).
  void behave(const std::string& script);
  /// Lets the trainers that behave as `held` go on to their end.
  void release() const;
  /// How many runs of study tiny are in each state.
  std::map<std::string, int> states();
  /// Starts of trainers, over all runs: their job logs.
  int starts() const;
  /// Waits (at most 30 s) until `true_now` answers true; fails the test otherwise.
  static void wait_until(const std::function<bool()>& true_now, const char* what);
  /// Waits (at most 20 s) until some trainer has published a heartbeat.
  void wait_for_heartbeat() const;

  std::map<std::string, std::string> environment;

 private:
  TempDir temp_;
};

/// The program under test.
std::string lockstep_program();

}  // namespace lockstep::test
