// The doctor's verdicts on machines that are described, and its probes on this one.
#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <thread>

#include "orchestrator/schedule/machine_checks.hpp"
#include "orchestrator/schedule/storage_checks.hpp"
#include "tests/support/temp_dir.hpp"

using namespace lockstep;
namespace fs = std::filesystem;
using Catch::Contains;
using State = Check::State;

TEST_CASE("doctor: a local disk passes every probe, and nothing is left behind") {
  const test::TempDir temp;
  const auto checks = check_storage(Workspace(temp.path() / "w"));
  CHECK(checks.size() == 4);
  for (const Check& check : checks) {
    INFO(check.name << ": " << check.detail);
    CHECK(check.state == State::ok);
    CHECK(check.fix == "");
  }
  CHECK(fs::is_empty(temp.path()));
}

TEST_CASE("doctor: a probe that fails or hangs is told, not waited for") {
  const Check thrown = with_deadline("odd", 5, []() -> Check { throw std::runtime_error("why"); });
  CHECK(thrown.state == State::bad);
  CHECK(thrown.detail == "why");
  const Check hung = with_deadline("slow", 0.01, []() -> Check {
    std::this_thread::sleep_for(std::chrono::seconds(2));
    return {};
  });
  CHECK(hung.state == State::bad);
  CHECK_THAT(hung.detail, Contains("hangs"));
  CHECK(hung.name == "slow");
}

TEST_CASE("doctor: clocks that disagree with files, run behind, or were set back") {
  const double now = 1.8e9;
  CHECK(judge_clock(now, now + 0.1, now - 5).state == State::ok);
  CHECK(judge_clock(now, now, 0).state == State::ok);
  CHECK_THAT(judge_clock(now, now + 30, 0).detail, Contains("30 s ahead of"));
  CHECK_THAT(judge_clock(now, now - 30, 0).detail, Contains("30 s behind"));
  CHECK_THAT(judge_clock(now, now, now + 7200).detail, Contains("2 h 0 min in the future"));
  CHECK(judge_clock(1e9, 1e9, 0).state == State::bad);
}

TEST_CASE("doctor: a workspace that everybody may write is refused, with the command that helps") {
  const test::TempDir temp;
  const Workspace workspace(temp.path() / "w");
  CHECK(check_permissions(workspace).state == State::ok);
  fs::create_directory(workspace.root());
  ::chmod(workspace.root().c_str(), 0777);
  CHECK(check_permissions(workspace).state == State::bad);
  CHECK(check_permissions(workspace).fix == "chmod o-w " + workspace.root().string());
  ::chmod(workspace.root().c_str(), 0750);
  CHECK(check_permissions(workspace).state == State::ok);
  CHECK(check_permissions(workspace).detail == "0750");
}

TEST_CASE("doctor: what the CPU can do, what it is busy with, what MPI may share") {
  const std::string fast =
      "processor\t: 0\nmodel name\t: Fast One\nflags\t\t: fpu avx2 fma avx512f amx_bf16\n";
  CHECK(check_cpu(fast).state == State::ok);
  CHECK(check_cpu(fast).detail == "Fast One; avx2 fma avx512f amx_bf16");
  CHECK(check_cpu("model name\t: Old One\nflags\t\t: fpu sse2\n").state == State::warning);
  CHECK(check_cpu("").state == State::ok);  // no x86: nothing is known, nothing is claimed
  CHECK(check_load(0.4, 2).state == State::ok);
  CHECK(check_load(7.5, 2).state == State::warning);
  CHECK(check_shared_memory(64 << 20).state == State::warning);
  CHECK(check_shared_memory(std::int64_t{1} << 30).state == State::ok);
}

TEST_CASE("doctor: a WAL is only safe with an SQLite that resets it safely") {
  CHECK(check_journal_mode("delete", 3040001).state == State::ok);
  CHECK(check_journal_mode("wal", 3040001).state == State::warning);
  CHECK(check_journal_mode("wal", 3051003).state == State::ok);
}
