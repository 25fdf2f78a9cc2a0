// A launcher that starts nothing: it hands the command line of every job to a sink. Each job ends
// at once.
#pragma once

#include <functional>
#include <set>

#include "orchestrator/launch/launcher.hpp"
#include "orchestrator/launch/trainer_command.hpp"

namespace lockstep {

class DryRunLauncher : public Launcher {
 public:
  using Sink = std::function<void(const std::string& command_line)>;
  DryRunLauncher(TrainerSetup setup, Sink sink);

  void submit(const Job& job) override;
  std::vector<JobStatus> poll(const std::vector<std::string>& tokens) override;
  void cancel(const std::vector<std::string>& tokens) override;

 private:
  TrainerSetup setup_;
  Sink sink_;
  std::set<std::string> tokens_;
};

/// The words as one would type them into a shell: quoted where needed. For people; never executed.
std::string command_line(const std::vector<std::string>& argv);

}  // namespace lockstep
