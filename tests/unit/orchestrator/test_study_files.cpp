// A study's plans read back: its own, damaged ones, and those of another lockstep.
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "orchestrator/schedule/study_files.hpp"
#include "results/record/record_error.hpp"
#include "results/record/workspace.hpp"
#include "sweeps/run/run_id.hpp"
#include "sweeps/spec/sweep_spec.hpp"
#include "tests/support/temp_dir.hpp"

using namespace lockstep;

namespace {
struct Study {
  test::TempDir temp;
  Workspace workspace{temp.path()};
  Tables tables = Tables::builtin();
  Plan plan;

  Study() {
    const std::string spec =
        "lockstep: 1\nstudy: tiny\nquestion: Does it read?\n"
        "base: {algorithm: sync_sgd, dataset: synthetic, model: mlp, steps: 20}\n"
        "grid: {seed: [1, 2]}\n";
    const SpecResult result = read_spec(tables, spec);
    REQUIRE(result.ok());
    plan = result.plan;
    write_study(workspace, plan, spec);
  }

  /// A further plan of the study, whose only run has this configuration.
  void write_plan(const nlohmann::json& config, const std::string& id) const {
    nlohmann::json json = to_json(plan);
    json["runs"] = {{{"id", id}, {"cell", "0123456789ab"}, {"config", config}}};
    std::ofstream(workspace.plan("tiny", "0123456789ab")) << json.dump();
  }

  nlohmann::json a_config() const {
    return nlohmann::json::parse(plan.runs[0].config.canonical_json());
  }
};

std::string id_of(const nlohmann::json& config) { return sha256_hex(config.dump()).substr(0, 32); }
}  // namespace

TEST_CASE("what was written is read back") {
  const Study study;
  std::vector<std::string> notes;
  const Plan plan = read_study(study.workspace, study.tables, "tiny", notes);
  CHECK(notes.empty());
  REQUIRE(plan.runs.size() == 2);
  for (std::size_t i = 0; i < 2; ++i) {
    CHECK(plan.runs[i].id == study.plan.runs[i].id);
    CHECK(plan.runs[i].cell == study.plan.runs[i].cell);
    CHECK(plan.runs[i].config == study.plan.runs[i].config);
  }
}

TEST_CASE("runs of a lockstep with another revision or parameter are left out, which is told") {
  nlohmann::json revised = Study().a_config(), extended = revised;
  revised["algorithm_revision"] = 7;
  extended["colour"] = "blue";
  for (const nlohmann::json& config : {revised, extended}) {
    const Study study;
    study.write_plan(config, id_of(config));
    std::vector<std::string> notes;
    const Plan plan = read_study(study.workspace, study.tables, "tiny", notes);
    CHECK(plan.runs.size() == 2);
    REQUIRE(notes.size() == 1);
    CHECK_THAT(notes[0], Catch::Contains("tiny: 1 runs left out") &&
                             Catch::Contains(id_of(config).substr(0, 12)));
  }
}

TEST_CASE("a plan whose ids do not fit is damaged, whoever wrote it") {
  const Study study;
  nlohmann::json config = study.a_config();
  std::vector<std::string> notes;
  const auto read = [&] { read_study(study.workspace, study.tables, "tiny", notes); };
  study.write_plan(config, id_of({{"other", 1}}));
  CHECK_THROWS_AS(read(), RecordError);
  config["algorithm_revision"] = 7;
  study.write_plan(config, study.plan.runs[0].id.text());
  CHECK_THROWS_AS(read(), RecordError);
  study.write_plan(config, id_of(config).substr(0, 8));
  CHECK_THROWS_AS(read(), RecordError);
  study.write_plan(config, "");
  CHECK_THROWS_AS(read(), RecordError);
  CHECK(notes.empty());
}
