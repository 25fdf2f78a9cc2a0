// What was measured of a machine, and tried on it, by file and through the index.
#include <catch2/catch.hpp>
#include <limits>

#include "results/store/calibration_file.hpp"
#include "tests/unit/results/record_samples.hpp"
#include "tests/unit/results/workspace_builder.hpp"

using namespace lockstep;
using namespace lockstep::test;

TEST_CASE("calibrations travel by file: those of the study, and the latest network") {
  WorkspaceBuilder builder;
  builder.plan("s", "a", {config_of(1)});
  const std::string key = calibration_key(builder.tables(), config_of(1));
  Calibration mine{key, "node CPU", {0.5, 0.25, 0.125}, 0.4, 0.6, {{0.03, 0.02}, 0.01}, 100};
  write_calibration(builder.workspace(), mine, "2024-01-01T00:00:00Z");
  mine.cost.step_s = 0.75;
  write_calibration(builder.workspace(), mine, "2024-01-02T00:00:00Z");  // replaces
  Calibration other = mine;
  other.key = "another kind of step";
  write_calibration(builder.workspace(), other, "2024-01-01T00:00:00Z");
  NetworkCalibration network{
      "node", {{"measured", 1e-6, 5e9, "fitted"}, 0.99}, "2024-01-01T00:00:00Z"};
  write_network_calibration(builder.workspace(), network);
  network.machine = "later";
  network.measured_at = "2024-02-01T00:00:00Z";
  network.fit.network.latency_s = 2e-6;
  write_network_calibration(builder.workspace(), network);

  const CalibrationFiles files = read_calibrations(builder.workspace());
  CHECK(files.steps.size() == 2);
  CHECK(files.networks.size() == 2);
  CHECK(files.damaged.empty());
  builder.import();
  const StudyData study = builder.open().study("s");
  REQUIRE(study.calibrations.size() == 1);
  CHECK(study.calibrations[0].machine == "node CPU");
  CHECK(study.calibrations[0].cost.step_s == 0.75);
  CHECK(study.calibrations[0].cost.backward_s == 0.25);
  CHECK(study.calibrations[0].cost.average_s == 0.125);
  CHECK(study.calibrations[0].spread.deviation_s == std::vector{0.03, 0.02});
  CHECK(study.calibrations[0].spread.interrupted_s == 0.01);
  CHECK(study.calibrations[0].samples == 100);
  REQUIRE(study.measured_network);
  CHECK(study.measured_network->latency_s == 2e-6);
  CHECK(study.measured_network->name == "measured");
  const std::string dump = builder.open().dump();
  rebuild(builder.workspace(), builder.tables());
  CHECK(builder.open().dump() == dump);
}

TEST_CASE("the key of a calibration names what costs time, and nothing else") {
  const Tables tables = Tables::builtin();
  const auto key = [&](std::map<std::string, Value> changes) {
    std::map<std::string, Value> given = {{"algorithm", std::string("local_sgd")},
                                          {"model", std::string("cnn")},
                                          {"dataset", std::string("fashion-mnist")},
                                          {"steps", std::int64_t{10}}};
    for (auto& [name, value] : changes) given[name] = value;
    const Resolution resolution = resolve(tables, given);
    REQUIRE(resolution.problems.empty());
    return calibration_key(tables, resolution.config);
  };
  const std::string plain = key({});
  CHECK(plain == "cnn width=16 fashion-mnist batch=32 float32 sgd momentum");
  CHECK(key({{"lr", 0.5}}) == plain);
  CHECK(key({{"seed", std::int64_t{9}}}) == plain);
  CHECK(key({{"H", std::int64_t{8}}}) == plain);
  CHECK(key({{"workers", std::int64_t{8}}}) == plain);
  CHECK(key({{"width", std::int64_t{8}}}) != plain);
  CHECK(key({{"batch_per_worker", std::int64_t{8}}}) != plain);
  CHECK(key({{"precision", std::string("float64")}}) != plain);
  CHECK(key({{"momentum", 0.0}}) != plain);
  CHECK(key({{"nesterov", true}}) != plain);
  CHECK(key({{"weight_decay", 0.001}}) != plain);
  CHECK(key({{"augmentation", std::string("none")}}) == plain);
  CHECK(key({{"augmentation", std::string("crop_flip")}}) == plain + " augmentation=crop_flip");
}

TEST_CASE("certificates travel by file, with numbers that are none") {
  WorkspaceBuilder builder;
  builder.plan("s", "a", {config_of(1)});
  Certificate mine{calibration_key(builder.tables(), config_of(1)), "node CPU", "abc", {}};
  mine.checks = {{"resume", "slowmo", "Bits.", std::numeric_limits<double>::infinity(), 0},
                 {"one worker", "", "Serial.", 1e-16, 1e-9}};
  write_certificate(builder.workspace(), mine, "2024-01-01T00:00:00Z");
  Certificate other = mine;
  other.key = "another kind of step";
  write_certificate(builder.workspace(), other, "2024-01-01T00:00:00Z");
  CHECK(read_calibrations(builder.workspace()).certificates.size() == 2);

  builder.import();
  const StudyData study = builder.open().study("s");
  REQUIRE(study.certificates.size() == 1);
  REQUIRE(study.certificates[0].checks.size() == 2);
  CHECK(study.certificates[0].trainer == "abc");
  CHECK(study.certificates[0].checks[0].algorithm == "slowmo");
  CHECK_FALSE(study.certificates[0].checks[0].held());
  CHECK(study.certificates[0].checks[1].held());
  const std::string dump = builder.open().dump();
  rebuild(builder.workspace(), builder.tables());
  CHECK(builder.open().dump() == dump);
}
