#include "tests/unit/orchestrator/local_fixture.hpp"

#include <cstdlib>

#include "results/record/run_directory.hpp"

namespace lockstep::test {

namespace fs = std::filesystem;

namespace {
constexpr double kPatienceS = 20;

fs::path obedient_trainer() {
  const char* folder = std::getenv("LOCKSTEP_BIN");
  return fs::path(folder ? folder : "bin") / "obedient_trainer";
}
}  // namespace

Job job_named(const fs::path& folder, const std::string& what, const std::string& token) {
  return {.token = token,
          .run_directory = folder / what,
          .log = folder / what / "launch" / (token + ".log")};
}

Local::Local(int slots, bool serve, double grace_s, double server_deadline_s)
    : Local(LocalOptions{.trainer = {obedient_trainer(), {}, 0, false},
                         .slots = slots,
                         .grace_s = grace_s,
                         .serve = serve,
                         .server_deadline_s = server_deadline_s}) {}

Local::Local(const LocalOptions& options) : launcher(new LocalLauncher(options, timer)) {}

void Local::submit(const std::string& what, const std::string& token) {
  launcher->submit(job_named(temp.path(), what, token));
}

JobStatus Local::status(const std::string& token) { return launcher->poll({token}).front(); }

JobStatus Local::wait_for(const std::string& token, JobStatus::State state) {
  const double deadline_s = timer.now_s() + kPatienceS;
  while (status(token).state != state && timer.now_s() < deadline_s) timer.sleep_s(0.005);
  return status(token);
}

std::string Local::wait_for_log(const std::string& what, const std::string& token) {
  const double deadline_s = timer.now_s() + kPatienceS;
  const auto log = temp.path() / what / "launch" / (token + ".log");
  while ((!fs::exists(log) || fs::file_size(log) == 0) && timer.now_s() < deadline_s) {
    launcher->poll({token});
    timer.sleep_s(0.005);
  }
  return read_file(log);
}

}  // namespace lockstep::test
