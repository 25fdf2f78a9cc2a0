// Runs jobs through the real loop, launcher and trainer, as `lockstep run` does.
#pragma once

#include "orchestrator/launch/local_launcher.hpp"
#include "orchestrator/schedule/directory_facts.hpp"
#include "orchestrator/schedule/reconcile.hpp"
#include "orchestrator/schedule/submissions.hpp"
#include "results/record/workspace.hpp"

namespace lockstep::bench {

/// Until all of them are done; their directories exist. Throws LaunchError for one that does not
/// get there.
inline void run_all(const Workspace& workspace, const std::string& study,
                    const std::vector<RunToDo>& todo, const LocalOptions& options) {
  class FileJournal : public Journal {
   public:
    explicit FileJournal(Submissions& submissions) : submissions_(submissions) {}
    std::string prepare(const std::string& run) override {
      return submissions_.prepare(run, "local");
    }
    void ended(const std::string& token, const std::optional<Exit>& exit) override {
      submissions_.ended(token, exit);
    }
    void stopping(const std::string& token) override { submissions_.stopping(token); }

   private:
    Submissions& submissions_;
  };
  SystemTimer timer;
  Submissions submissions(workspace.submissions(study));
  FileJournal journal(submissions);
  DirectoryFacts facts(workspace, submissions);
  LocalLauncher launcher(options, timer);
  for (const auto& [run, verdict] : reconcile(todo, launcher, facts, journal, timer, {}, {})) {
    if (verdict.state != RunState::done)
      throw LaunchError("run " + run + " is " + name_of(verdict.state) + ": " + verdict.reason);
  }
}

}  // namespace lockstep::bench
