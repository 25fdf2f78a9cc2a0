// Import: idempotent, incremental, robust, rebuildable.
#include <SQLiteCpp/SQLiteCpp.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <chrono>
#include <thread>

#include "results/store/file_check.hpp"
#include "sweeps/run/run_id.hpp"
#include "tests/unit/results/record_samples.hpp"
#include "tests/unit/results/workspace_builder.hpp"

using namespace lockstep;
using namespace lockstep::test;

namespace {
void append(const std::filesystem::path& path, const std::string& bytes) {
  write_raw(path, read_file(path) + bytes);
}

std::int64_t lines_in(const std::filesystem::path& path) {
  const std::string bytes = read_file(path);
  return std::count(bytes.begin(), bytes.end(), '\n');
}

/// The live index, and one made anew, dump to the same bytes and pass their checks.
void check_rebuildable(const WorkspaceBuilder& builder) {
  const std::string live = builder.open().dump();
  CHECK(builder.open().check().empty());
  const ImportSummary summary = rebuild(builder.workspace(), builder.tables());
  CHECK(builder.open().dump() == live);
  CHECK(builder.open().check().empty());
  CHECK(builder.import().records_added == 0);
  CHECK(summary.corruption == builder.import().corruption);
}
}  // namespace

TEST_CASE("the second import adds nothing") {
  WorkspaceBuilder builder;
  builder.plan("s", "a", {config_of(1), config_of(2)});
  const RunDirectory run = builder.finished(config_of(1));
  const ImportSummary first = builder.import();
  CHECK(first.runs_seen == 1);
  CHECK(first.records_added == lines_in(run.events(1)));
  CHECK(first.corruption.empty());
  CHECK(first.notes.empty());
  const std::string dump = builder.open().dump();
  const ImportSummary second = builder.import();
  CHECK(second.runs_seen == 1);
  CHECK(second.records_added == 0);
  CHECK(builder.open().dump() == dump);
  check_rebuildable(builder);
}

TEST_CASE("an attempt that grows is imported piece by piece") {
  WorkspaceBuilder builder;
  const RunDirectory run = builder.create(config_of(1));
  builder.plan("s", "a", {config_of(1)});
  const int n = builder.attempt(run, {});
  const auto records = training(1, 20);
  std::string bytes = read_file(run.events(n));
  std::int64_t added = builder.import().records_added;
  CHECK(added == 1);
  std::int64_t seq = 1;
  for (const Record& record : records) {
    const std::string line = record_line(seq++, record);
    append(run.events(n), line.substr(0, line.size() / 2));
    const ImportSummary torn = builder.import();
    CHECK(torn.records_added == 0);
    CHECK(torn.corruption.empty());
    REQUIRE(torn.notes.size() == 1);
    CHECK_THAT(torn.notes[0], Catch::StartsWith("runs/" + run.id() + "/attempts/1/events.jsonl:"));
    append(run.events(n), line.substr(line.size() / 2));
    const ImportSummary whole = builder.import();
    CHECK(whole.records_added == 1);
    CHECK(whole.notes.empty());
  }
  CHECK(builder.open().study("s").runs.at(0).steps.size() == 20);
  check_rebuildable(builder);
}

TEST_CASE("what another import has written meanwhile is not overwritten by what was read before") {
  WorkspaceBuilder builder;
  const RunDirectory run = builder.create(config_of(1));
  builder.plan("s", "a", {config_of(1)});
  const int n = builder.attempt(run, {});
  std::int64_t seq = 1;
  const auto append_steps = [&](std::int64_t first, std::int64_t last) {
    for (const Record& record : training(first, last))
      append(run.events(n), record_line(seq++, record));
  };
  builder.import();
  append_steps(1, 4);
  SQLite::Database other(builder.workspace().database().string(), SQLite::OPEN_READWRITE);
  SQLite::Transaction its(other, SQLite::TransactionBehavior::IMMEDIATE);
  std::thread late([&] { builder.import(); });
  std::this_thread::sleep_for(std::chrono::milliseconds(300));  // it has read, and waits
  append_steps(5, 8);
  other.exec("UPDATE import_mark SET files = 'newer' WHERE subject = 'run:" + run.id() + "'");
  its.commit();
  late.join();
  CHECK(builder.open().study("s").runs.at(0).steps.size() == 8);
  check_rebuildable(builder);
}

TEST_CASE("cut at any length, the intact records are imported") {
  WorkspaceBuilder builder;
  builder.plan("s", "a", {config_of(1)});
  const RunDirectory run = builder.create(config_of(1));
  const int n = builder.attempt(run, training(1, 3));
  const std::string bytes = read_file(run.events(n));
  for (std::size_t length = 0; length <= bytes.size(); length += 13) {
    write_raw(run.events(n), bytes.substr(0, length));
    const ImportSummary summary = builder.import();
    CHECK(summary.corruption.empty());
    const auto lines =
        std::count(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(length), '\n');
    const StudyData study = builder.open().study("s");
    CHECK(static_cast<std::int64_t>(study.runs.at(0).steps.size()) ==
          std::max<std::int64_t>(0, lines - 1));
  }
  check_rebuildable(builder);
}

TEST_CASE("a run damaged later is listed, and blocks no other") {
  WorkspaceBuilder builder;
  builder.plan("s", "a", {config_of(1), config_of(2), config_of(3)});
  const RunDirectory good = builder.finished(config_of(1));
  const RunDirectory bad = builder.finished(config_of(2));
  CHECK(builder.import().corruption.empty());

  std::string bytes = read_file(bad.events(1));
  const std::size_t at = bytes.size() / 2;
  bytes[at] = static_cast<char>(bytes[at] ^ 4);
  write_raw(bad.events(1), bytes);
  const RunDirectory late = builder.finished(config_of(3));
  const ImportSummary summary = builder.import();
  CHECK(summary.runs_seen == 3);
  CHECK(summary.records_added >= lines_in(late.events(1)));
  REQUIRE(summary.corruption.size() == 1);
  CHECK_THAT(summary.corruption[0],
             Catch::StartsWith("runs/" + bad.id() + "/attempts/1/events.jsonl:"));
  CHECK(builder.import().corruption == summary.corruption);  // it stays damaged
  CHECK(check_files(builder.workspace()).corruption == summary.corruption);
  CHECK(builder.open().check().empty());  // the index itself is whole

  const StudyData study = builder.open().study("s");
  CHECK(study.problems == summary.corruption);
  for (const RunData& run : study.runs) {
    CHECK((run.steps.size() == 40) == (run.id != bad.id()));
    CHECK_FALSE(run.steps.empty());
  }
  check_rebuildable(builder);

  bytes[at] = static_cast<char>(bytes[at] ^ 4);
  write_raw(bad.events(1), bytes);
  CHECK(builder.import().corruption.empty());
  CHECK(builder.open().study("s").problems.empty());
  check_rebuildable(builder);
}

TEST_CASE("damage to the small files is listed too") {
  WorkspaceBuilder builder;
  builder.plan("s", "a", {config_of(1), config_of(2)});
  const RunDirectory run = builder.finished(config_of(1));
  builder.finished(config_of(2));
  SECTION("config.json") { write_raw(run.config(), "{}"); }
  SECTION("DONE") {
    std::filesystem::remove(run.done());
    write_raw(run.done(), "rubbish");
  }
  SECTION("RESULT") {
    std::filesystem::remove(run.result(1));
    write_raw(run.result(1), "rubbish");
  }
  SECTION("RESULT gone under DONE") { std::filesystem::remove(run.result(1)); }
  SECTION("events gone under RESULT") { std::filesystem::remove(run.events(1)); }
  SECTION("events of another run") {
    const RunDirectory other = builder.workspace().run(RunId::of(config_of(2)).text());
    std::filesystem::remove(run.result(1));
    std::filesystem::remove(run.done());
    write_raw(run.events(1), read_file(other.events(1)));
  }
  const ImportSummary summary = builder.import();
  REQUIRE_FALSE(summary.corruption.empty());
  CHECK_THAT(summary.corruption[0], Catch::StartsWith("runs/" + run.id()));
  const StudyData study = builder.open().study("s");
  CHECK(study.runs.size() == 2);
  CHECK(std::count_if(study.runs.begin(), study.runs.end(),
                      [](const RunData& r) { return r.steps.size() == 40; }) >= 1);
  check_rebuildable(builder);
}

TEST_CASE("a damaged plan or calibration hides nothing else") {
  WorkspaceBuilder builder;
  builder.plan("s", "a", {config_of(1)});
  builder.plan("s", "b", {config_of(1), config_of(2)});
  write_raw(builder.workspace().plan("s", "c"), R"({"format":1,"study":"s")");
  write_raw(builder.workspace().calibrations() / "0123456789abcdef.json", "{}");
  const ImportSummary summary = builder.import();
  CHECK(summary.corruption.size() == 2);
  CHECK(builder.open().study("s").runs.size() == 2);
  check_rebuildable(builder);
}

TEST_CASE("a plan that is no JSON is damage at a byte, told without the parser's words") {
  WorkspaceBuilder builder;
  builder.plan("s", "a", {config_of(1)});
  CHECK(check_files(builder.workspace()).empty());
  write_raw(builder.workspace().plan("s", "a"), "{\"format\":1,!");
  const ImportSummary summary = builder.import();
  REQUIRE(summary.corruption.size() == 1);
  CHECK_THAT(summary.corruption[0],
             Catch::StartsWith("studies/s/plan-a.json:12: ") && !Catch::Contains("json.exception"));
  CHECK(check_files(builder.workspace()).corruption == summary.corruption);
}

TEST_CASE("of a plan that lacks a member nothing counts, not even its question") {
  WorkspaceBuilder builder;
  builder.plan("s", "a", {config_of(1)}, "old?");
  builder.plan("s", "b", {config_of(1), config_of(2)}, "new?");
  std::string text = read_file(builder.workspace().plan("s", "b"));
  text.replace(text.find("spec_sha256"), 11, "spec_sha512");
  write_raw(builder.workspace().plan("s", "b"), text);
  CHECK(builder.import().corruption.size() == 1);
  CHECK(builder.open().study("s").question == "old?");
  CHECK(builder.open().study("s").runs.size() == 1);
}

TEST_CASE("a plan whose ids are not its configurations' is refused") {
  WorkspaceBuilder builder;
  builder.plan("s", "a", {config_of(1)});
  std::string text = read_file(builder.workspace().plan("s", "a"));
  text.replace(text.find("\"seed\":1"), 8, "\"seed\":7");
  write_raw(builder.workspace().plan("s", "a"), text);
  const ImportSummary summary = builder.import();
  REQUIRE(summary.corruption.size() == 1);
  CHECK_THAT(summary.corruption[0], Catch::Contains("does not have that hash"));
  CHECK(builder.open().study("s").runs.empty());
}

TEST_CASE("a study grows: runs are the union, report settings the newest plan's") {
  WorkspaceBuilder builder;
  builder.plan("s", "a", {config_of(1), config_of(2)}, "old?", {"10GbE"});
  builder.finished(config_of(1));
  builder.import();
  builder.plan("s", "b", {config_of(2), config_of(3)}, "new?", {"NVLink"});
  builder.import();
  const StudyData study = builder.open().study("s");
  CHECK(study.question == "new?");
  CHECK(study.spec_sha256 == "spec-b");
  CHECK(study.report.networks == std::vector<std::string>{"NVLink"});
  CHECK(study.report.targets == std::vector<double>{0.5});
  CHECK(study.runs.size() == 3);
  CHECK(builder.open().studies() == std::vector<std::string>{"s"});
  check_rebuildable(builder);
}

TEST_CASE("what is deleted from the workspace leaves the index") {
  WorkspaceBuilder builder;
  builder.plan("s", "a", {config_of(1)});
  builder.plan("t", "a", {config_of(1), config_of(2)});
  const RunDirectory run = builder.finished(config_of(1));
  builder.finished(config_of(2));
  builder.finished(config_of(3));  // no plan names it
  builder.import();
  std::filesystem::remove_all(builder.workspace().study("t"));
  std::filesystem::remove_all(run.path());
  builder.import();
  CHECK(builder.open().studies() == std::vector<std::string>{"s"});
  const StudyData study = builder.open().study("s");
  REQUIRE(study.runs.size() == 1);
  CHECK(study.runs[0].attempts == 0);
  CHECK_FALSE(study.runs[0].done);
  check_rebuildable(builder);
}

TEST_CASE("an empty workspace is an empty index") {
  WorkspaceBuilder builder;
  std::filesystem::create_directories(builder.workspace().root());
  const ImportSummary summary = builder.import();
  CHECK(summary.runs_seen == 0);
  CHECK(builder.open().studies().empty());
  CHECK_THROWS_WITH(builder.open().study("nosuch"), Catch::Contains("no study 'nosuch'"));
  check_rebuildable(builder);
}

TEST_CASE("a record file of a newer format is noted, not imported, not called corrupt") {
  WorkspaceBuilder builder;
  builder.plan("s", "a", {config_of(1)});
  const RunDirectory run = builder.create(config_of(1));
  const int n = builder.attempt(run, {});
  write_raw(run.events(n),
            sealed_line(R"({"seq":0,"type":"header","format":9,"run":"x","attempt":1)"));
  const ImportSummary summary = builder.import();
  CHECK(summary.corruption.empty());
  REQUIRE(summary.notes.size() == 1);
  CHECK_THAT(summary.notes[0], Catch::Contains("format 9"));
  check_rebuildable(builder);
}
