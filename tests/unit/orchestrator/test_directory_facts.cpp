// What the files of a run say of its state: signs of life from other hosts, and results that are
// not whole.
#include <catch2/catch.hpp>
#include <chrono>
#include <fstream>

#include "orchestrator/schedule/directory_facts.hpp"
#include "results/record/file_system.hpp"
#include "results/record/record_file.hpp"
#include "tests/support/temp_dir.hpp"

using namespace lockstep;
namespace fs = std::filesystem;
using Catch::Contains;

namespace {
/// A workspace with one run.
struct OneRun {
  test::TempDir temporary;
  Workspace workspace{temporary.path()};
  Submissions submissions{workspace.submissions("study")};
  RunDirectory run = workspace.run(std::string(32, 'a'));

  OneRun() { make_directories(run.attempt(1)); }

  fs::path claim_from(const std::string& host) const {
    const fs::path claim = run.attempts() / "1.claim";
    std::ofstream(claim) << "token\n" << host << " 12\n";
    return claim;
  }
  RunFacts facts() const { return DirectoryFacts(workspace, submissions).facts(run.id()); }
};

void age(const fs::path& path, double seconds) {
  fs::last_write_time(path, fs::file_time_type::clock::now() -
                                std::chrono::duration_cast<fs::file_time_type::duration>(
                                    std::chrono::duration<double>(seconds)));
}
}  // namespace

TEST_CASE("an attempt of another host is not lost before its signs of life are old") {
  const OneRun one;
  const fs::path claim = one.claim_from("elsewhere");
  CHECK(one.facts().process_alive);  // its first heartbeat may not be to be seen yet
  age(claim, kForeignHeartbeatS + 10);
  CHECK_FALSE(one.facts().process_alive);
  publish_heartbeat(one.run.heartbeat(1, 0), {.host = "elsewhere", .boot_id = "b", .pid = 12});
  CHECK(one.facts().process_alive);
  age(one.run.heartbeat(1, 0), kForeignHeartbeatS + 10);
  CHECK_FALSE(one.facts().process_alive);
}

TEST_CASE("of this host, processes are known and signs of life do not count") {
  const OneRun one;
  one.claim_from(host_name());
  CHECK_FALSE(one.facts().process_alive);
  publish_heartbeat(one.run.heartbeat(1, 0), {.host = host_name(), .boot_id = "b", .pid = 12});
  CHECK_FALSE(one.facts().process_alive);
}

TEST_CASE("a claim that a kill left empty is an attempt without an owner") {
  const OneRun one;
  std::ofstream(one.run.attempts() / "1.claim");
  const RunFacts facts = one.facts();
  CHECK(facts.damage.empty());
  CHECK(facts.attempts.size() == 1);
  CHECK_FALSE(facts.process_alive);
}

TEST_CASE("a heartbeat that a power cut left empty is none, not damage") {
  const OneRun one;
  one.claim_from("elsewhere");
  std::ofstream(one.run.heartbeat(1, 0));
  const RunFacts facts = one.facts();
  CHECK(facts.damage.empty());
  CHECK_FALSE(facts.attempts.at(0).beat);
  CHECK(facts.process_alive);  // by its claim
}

TEST_CASE("a run whose records are not as long as its result says is not done") {
  const OneRun one;
  one.claim_from(host_name());
  {
    RecordWriter records(one.run.events(1));
    records.write(HeaderRecord{.run = one.run.id(), .attempt = 1});
    records.write(EndRecord{.reason = EndReason::done});
  }
  REQUIRE(one.run.publish_result(1, {.reason = EndReason::done}, "failed checkpoints: 1"));
  CHECK(one.facts().degraded == "failed checkpoints: 1");
  CHECK(one.facts().done == EndReason::done);
  CHECK(one.facts().done_attempt == 1);
  CHECK(one.facts().damage.empty());
  fs::resize_file(one.run.events(1), 20);
  CHECK_THAT(one.facts().damage, Contains("events.jsonl") && Contains("move"));
  fs::remove(one.run.events(1));
  CHECK_THAT(one.facts().damage, Contains("events.jsonl"));
}
