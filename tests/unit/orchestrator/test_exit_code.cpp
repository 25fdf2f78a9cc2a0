// Which error ends the program with which code.
#include <catch2/catch.hpp>
#include <filesystem>
#include <set>

#include "orchestrator/cli/exit_code.hpp"
#include "orchestrator/cli/study_states.hpp"
#include "results/record/record_error.hpp"
#include "results/record/run_directory.hpp"
#include "results/store/store.hpp"
#include "tests/support/temp_dir.hpp"

using namespace lockstep;

namespace {
template <typename Work>
ExitCode code_of(Work work) {
  try {
    work();
  } catch (const std::exception& error) {
    return exit_code_of(error);
  }
  return ExitCode::ok;
}
}  // namespace

TEST_CASE("what cannot be written is the environment's fault, what cannot be read is damage") {
  const test::TempDir temp;
  const auto folder = temp.path() / "folder";
  std::filesystem::create_directory(folder);
  CHECK(code_of([&] { write_file_atomically(temp.path() / "none" / "x", "y"); }) ==
        ExitCode::environment);
  CHECK(code_of([&] { write_file_atomically(folder, "y"); }) == ExitCode::environment);
  CHECK(code_of([&] { write_file_atomically("/proc/no-such-file", "y"); }) ==
        ExitCode::environment);
  CHECK(code_of([] { throw RecordError("checksum does not fit"); }) == ExitCode::integrity);
  CHECK(code_of([] { throw FormatError("format 9"); }) == ExitCode::integrity);
  CHECK(std::filesystem::is_empty(folder));
}

TEST_CASE("an index that is damaged is not one that is busy or foreign") {
  CHECK(code_of([] { throw StoreDamage("no database"); }) == ExitCode::integrity);
  CHECK(code_of([] { throw StoreError("busy"); }) == ExitCode::environment);
}

TEST_CASE("a lack of memory or threads is the environment's fault, and told in our words") {
  CHECK(code_of([] { throw std::bad_alloc(); }) == ExitCode::environment);
  CHECK_THAT(words_of(std::bad_alloc()), Catch::Contains("memory") && Catch::Contains("ulimit"));
  const std::system_error refused(std::make_error_code(std::errc::resource_unavailable_try_again));
  CHECK(code_of([&] { throw refused; }) == ExitCode::environment);
  CHECK_THAT(words_of(refused), Catch::Contains("ulimit"));
}

TEST_CASE("every exit code has its own meaning") {
  std::set<std::string> meanings;
  std::set<int> codes;
  for (const ExitCode code : kExitCodes) {
    meanings.insert(meaning_of(code));
    codes.insert(static_cast<int>(code));
  }
  CHECK(codes == std::set<int>{0, 1, 2, 3, 5, 6, 130});  // of the documentation: they never change
  CHECK(meanings.size() == codes.size());
  CHECK(meanings.count("") == 0);
}

TEST_CASE("every state but done, diverged and stopped early is without a result") {
  const std::vector<RunState> states{
      RunState::fresh,   RunState::queued,   RunState::running,      RunState::resumable,
      RunState::done,    RunState::diverged, RunState::failed,       RunState::cancelled,
      RunState::blocked, RunState::unknown,  RunState::stopped_early};
  std::vector<RunStatus> all;
  for (const RunState state : states) {
    all.push_back({.id = name_of(state), .label = "", .verdict = {.state = state}, .log = ""});
  }
  std::vector<std::string> rest;
  for (const RunStatus& status : without_result(all)) rest.push_back(status.id);
  CHECK(rest == std::vector<std::string>{"new", "queued", "running", "resumable", "failed",
                                         "cancelled", "blocked", "unknown"});
}

TEST_CASE("a library's words do not reach the user") {
  try {
    std::filesystem::create_directory("/proc/nothing/here");
    FAIL("made it");
  } catch (const std::exception& error) {
    CHECK(words_of(error) == "/proc/nothing/here: No such file or directory");
  }
}
