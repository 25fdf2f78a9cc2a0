#include <catch2/catch.hpp>

#include "results/record/record_error.hpp"
#include "results/record/workspace.hpp"
#include "tests/support/temp_dir.hpp"
#include "tests/unit/results/record_samples.hpp"

using namespace lockstep;
using namespace lockstep::test;

TEST_CASE("the layout of a workspace is the documented one") {
  const Workspace workspace("/w");
  CHECK(workspace.spec("s") == "/w/studies/s/spec.yaml");
  CHECK(workspace.plan("s", "abc") == "/w/studies/s/plan-abc.json");
  CHECK(workspace.submissions("s") == "/w/studies/s/submissions");
  CHECK(workspace.report("s") == "/w/studies/s/report");
  CHECK(workspace.run("0a").path() == "/w/runs/0a");
  CHECK(workspace.calibrations() == "/w/calibrations");
  CHECK(workspace.database() == "/w/lockstep.db");
  for (const char* bad : {"", "..", "../x", "a/b", "-rf"}) {
    CHECK_THROWS_AS(workspace.study(bad), RecordError);
    CHECK_THROWS_AS(workspace.run(bad), RecordError);
  }
}

TEST_CASE("studies are those with a plan; plans come oldest first") {
  const TempDir dir;
  const Workspace workspace(dir.path());
  CHECK(workspace.study_names().empty());
  CHECK(workspace.plans("none").empty());
  write_raw(workspace.plan("b", "new"), "{}");
  write_raw(workspace.plan("b", "old"), "{}");
  write_raw(workspace.plan("a", "x"), "{}");
  write_raw(workspace.spec("unplanned"), "");
  write_raw(workspace.study("b") / ".plan-x.json.tmp-1", "");
  const auto now = std::filesystem::file_time_type::clock::now();
  std::filesystem::last_write_time(workspace.plan("b", "old"), now - std::chrono::hours(1));
  CHECK(workspace.study_names() == std::vector<std::string>{"a", "b"});
  CHECK(workspace.plans("b") ==
        std::vector<std::filesystem::path>{workspace.plan("b", "old"), workspace.plan("b", "new")});
}
