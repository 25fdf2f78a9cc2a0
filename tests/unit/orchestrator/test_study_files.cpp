// A study's plans read back: its own, damaged ones, and those of another lockstep.
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "orchestrator/schedule/plan_parts.hpp"
#include "orchestrator/schedule/study_files.hpp"
#include "orchestrator/schedule/study_list.hpp"
#include "results/record/record_error.hpp"
#include "results/record/workspace.hpp"
#include "sweeps/run/run_id.hpp"
#include "sweeps/spec/more_seeds.hpp"
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
    nlohmann::ordered_json json = to_json(plan);
    json["runs"] = nlohmann::ordered_json::array(
        {{{"id", id}, {"cell", "0123456789ab"}, {"config", nlohmann::ordered_json(config)}}});
    std::ofstream(workspace.plan("tiny", "0123456789ab")) << json.dump(1) << '\n';
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

TEST_CASE("additions are told from other plans, whatever order their members have") {
  const Study study;
  std::vector<std::string> notes;
  const auto added = [&] {
    return read_additions(study.workspace, study.tables, "tiny", notes).size();
  };
  CHECK(added() == 0);
  const Plan more = at_seeds(study.tables, study.plan, {7, 8, 9}, {});
  const auto path = write_plan(study.workspace, more);
  CHECK(added() == 3);
  CHECK(read_study(study.workspace, study.tables, "tiny", notes).runs.size() == 5);
  const nlohmann::json sorted = to_json(more);
  std::ofstream(path, std::ios::trunc) << sorted.dump();
  CHECK(added() == 3);
  nlohmann::json other = sorted;
  other["addition"] = false;
  std::ofstream(path, std::ios::trunc) << other.dump();
  CHECK(added() == 0);
  CHECK(notes.empty());
  CHECK(read_additions(study.workspace, study.tables, "another", notes).empty());
}

namespace {
/// The quick list is what the careful reader gives, notes included.
void check_list(const Study& study) {
  std::vector<std::string> notes, careful_notes;
  const auto quick = list_runs(study.workspace, study.tables, "tiny", notes);
  const auto careful = list_runs(read_study(study.workspace, study.tables, "tiny", careful_notes));
  CHECK(notes == careful_notes);
  REQUIRE(quick.size() == careful.size());
  for (std::size_t i = 0; i < quick.size(); ++i) {
    CHECK(quick[i].id == careful[i].id);
    CHECK(quick[i].cell == careful[i].cell);
    CHECK(quick[i].label == careful[i].label);
  }
}
}  // namespace

TEST_CASE("the quick list of runs: every kind of value, two plans, runs in both") {
  const Study study;
  const std::string spec =
      "lockstep: 1\nstudy: tiny\nbase: {dataset: synthetic, model: mlp, steps: 20}\n"
      "grid: {seed: [1, 3], lr: [1, 0.5, 1e-5], nesterov: [true, false]}\nvariants:\n"
      "  - {algorithm: sync_sgd}\n"
      "  - {algorithm: sync_sgd, lr_schedule: step, lr_milestones: [1e-3, 0.25]}\n"
      "  - {algorithm: slowmo, H: 2, slow_lr: 0.125}\n";
  const SpecResult result = read_spec(study.tables, spec);
  REQUIRE(result.ok());
  write_study(study.workspace, result.plan, spec);
  CHECK_NOTHROW(read_parts(study.tables, study.workspace.plans("tiny")));
  check_list(study);
  std::vector<std::string> notes;
  CHECK(list_runs(study.workspace, study.tables, "tiny", notes).size() > result.plan.runs.size());
}

TEST_CASE("the quick list of runs leaves out what the careful reader leaves out") {
  nlohmann::json revised = Study().a_config();
  revised["algorithm_revision"] = 7;
  const Study study;
  study.write_plan(revised, id_of(revised));
  check_list(study);
}

TEST_CASE("the quick list of runs leaves out lists of words, which another lockstep may have") {
  nlohmann::json extended = Study().a_config();
  extended["colours"] = {"blue"};
  const Study study;
  study.write_plan(extended, id_of(extended));
  check_list(study);
}

TEST_CASE("the quick list of runs of a study for which more than one reader works") {
  const Study study;
  std::set<std::int64_t> seeds;
  for (std::int64_t seed = 10; seed < 1300; ++seed) seeds.insert(seed);
  write_plan(study.workspace, at_seeds(study.tables, study.plan, {seeds.begin(), seeds.end()}, {}));
  CHECK(read_parts(study.tables, study.workspace.plans("tiny")).size() > 2);
  check_list(study);
  nlohmann::json revised = Study().a_config();
  revised["algorithm_revision"] = 7;
  study.write_plan(revised, id_of(revised));
  check_list(study);
}

TEST_CASE("the quick list of runs refuses a plan whose ids do not fit, or that is none") {
  const Study study;
  std::vector<std::string> notes;
  study.write_plan(study.a_config(), id_of({{"other", 1}}));
  CHECK_THROWS_AS(list_runs(study.workspace, study.tables, "tiny", notes), RecordError);
  for (const char* torn : {"{\"runs\": [", ""}) {
    std::ofstream(study.workspace.plan("tiny", "0123456789ab")) << torn;
    CHECK_THROWS_AS(list_runs(study.workspace, study.tables, "tiny", notes), RecordError);
  }
}
