// A local launcher over a trainer that obeys the name of its run directory
// (tests/support/obedient_trainer.cpp).
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "orchestrator/launch/local_launcher.hpp"
#include "tests/support/temp_dir.hpp"

namespace lockstep::test {

/// A job whose run directory is <folder>/<what>.
Job job_named(const std::filesystem::path& folder, const std::string& what,
              const std::string& token);

struct Local {
  TempDir temp;
  SystemTimer timer;
  std::unique_ptr<LocalLauncher> launcher;

  Local(int slots, bool serve, double grace_s = 20, double server_deadline_s = 60);
  explicit Local(const LocalOptions& options);

  void submit(const std::string& what, const std::string& token);
  JobStatus status(const std::string& token);
  /// Polls until the job is in `state`, for at most 20 s; its last status.
  JobStatus wait_for(const std::string& token, JobStatus::State state);
  /// Waits until the job has printed something; its log.
  std::string wait_for_log(const std::string& what, const std::string& token);
};

}  // namespace lockstep::test
