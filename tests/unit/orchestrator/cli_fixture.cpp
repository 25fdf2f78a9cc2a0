#include "tests/unit/orchestrator/cli_fixture.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>

#include "results/record/run_directory.hpp"

namespace lockstep::test {

namespace fs = std::filesystem;

std::string lockstep_program() {
  const char* folder = std::getenv("LOCKSTEP_BIN");
  return (fs::path(folder ? folder : "bin") / "lockstep").string();
}

Cli::Cli() {
  environment = {{"LOCKSTEP_WORKSPACE", workspace().string()},
                 {"LOCKSTEP_FAKE_SCRIPT", (folder() / "script").string()},
                 {"LOCKSTEP_DATA", folder().string()}};
}

CommandResult Cli::run(const std::vector<std::string>& words) {
  std::vector<std::string> argv{lockstep_program()};
  argv.insert(argv.end(), words.begin(), words.end());
  ProcessRunner runner;
  const auto result = runner.run({.argv = argv,
                                  .input = "",
                                  .directory = folder(),
                                  .environment = environment,
                                  .deadline_s = 60});
  UNSCOPED_INFO("rc " << result.rc << (result.timed_out ? " (timed out)" : "")
                      << "\nstdout: " << result.out << "\nstderr: " << result.err);
  return result;
}

Process Cli::start(const std::vector<std::string>& words) {
  std::vector<std::string> argv{lockstep_program()};
  argv.insert(argv.end(), words.begin(), words.end());
  const int fd =
      ::open((folder() / "background").c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
  REQUIRE(fd >= 0);
  auto process = Process::start({.argv = argv,
                                 .environment = environment,
                                 .directory = folder(),
                                 .stdin_fd = -1,
                                 .stdout_fd = fd,
                                 .stderr_fd = fd});
  ::close(fd);
  return process;
}

std::string Cli::background_output() const { return read_file(folder() / "background"); }

nlohmann::json Cli::json(const std::vector<std::string>& words) {
  const auto result = run(words);
  REQUIRE(result.rc == 0);
  return nlohmann::json::parse(result.out);
}

std::string Cli::spec(int cells, int seeds, int steps) {
  std::string hs, all;
  for (int i = 0; i < cells; ++i) hs += fmt::format("{}{}", i ? ", " : "", i + 1);
  for (int i = 0; i < seeds; ++i) all += fmt::format("{}{}", i ? ", " : "", i + 1);
  std::ofstream(folder() / "tiny.yaml") << fmt::format(
      "lockstep: 1\nstudy: tiny\nquestion: Does it run?\n"
      "base:\n  algorithm: local_sgd\n  dataset: synthetic\n  model: mlp\n  workers: 2\n  steps: "
      "{}\n"
      "grid:\n  H: [{}]\n  seed: [{}]\nlaunch:\n  local: {{slots: 2}}\n",
      steps, hs, all);
  return (folder() / "tiny.yaml").string();
}

void Cli::behave(const std::string& script) { std::ofstream(folder() / "script") << script; }

void Cli::release() const { std::ofstream(folder() / "script.release"); }

std::map<std::string, int> Cli::states() {
  std::map<std::string, int> states;
  const auto answer = json({"status", "tiny", "--json"});
  for (const auto& entry : answer.at("runs")) {
    ++states[entry.at("state").get<std::string>()];
  }
  return states;
}

int Cli::starts() const {
  int count = 0;
  std::error_code ignored;
  for (const auto& entry : fs::recursive_directory_iterator(workspace() / "runs", ignored)) {
    count += entry.path().extension() == ".log" ? 1 : 0;
  }
  return count;
}

void Cli::wait_until(const std::function<bool()>& true_now, const char* what) {
  for (int i = 0; i < 3000; ++i) {
    if (true_now()) return;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  FAIL("waited in vain: " << what);
}

void Cli::wait_for_heartbeat() const {
  for (int i = 0; i < 2000; ++i) {
    std::error_code ignored;
    for (const auto& entry : fs::recursive_directory_iterator(workspace() / "runs", ignored)) {
      if (entry.path().filename() == "heartbeat-rank0") return;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  FAIL("no trainer came to life");
}

}  // namespace lockstep::test
