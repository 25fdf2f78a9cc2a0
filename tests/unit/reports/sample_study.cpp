#include "tests/unit/reports/sample_study.hpp"

#include <algorithm>
#include <stdexcept>

#include "sweeps/run/course.hpp"
#include "sweeps/run/run_id.hpp"

namespace lockstep::test {

namespace {
constexpr std::int64_t kPayload = 8'000'000;
constexpr int kReadings = 5;
const char* const kDevice = "Example CPU 2.0 GHz";

RunConfig config_of(const Tables& tables, const RunSketch& sketch) {
  std::map<std::string, Value> given{{"dataset", std::string("synthetic")},
                                     {"model", std::string("mlp")},
                                     {"workers", std::int64_t{4}},
                                     {"epochs", std::int64_t{2}},
                                     {"train_samples", std::int64_t{14223}}};
  for (const auto& [name, value] : sketch.parameters) given[name] = value;
  const Resolution resolution = resolve(tables, given);
  if (!resolution.problems.empty()) {
    throw std::logic_error(resolution.problems[0].parameter + ": " +
                           resolution.problems[0].message);
  }
  return resolution.config;
}

SyncRecord syncs(std::int64_t period, std::int64_t total, std::int64_t workers,
                 const std::string& kind) {
  SyncRecord record{.first = period,
                    .last = total / period * period,
                    .period = period,
                    .count = total / period,
                    .kind = kind,
                    .payload_bytes = kPayload};
  record.bytes_per_worker = 2 * (workers - 1) * kPayload / workers;
  record.data_s = 0.001 * static_cast<double>(record.last);
  record.compute_s = 0.009 * static_cast<double>(record.last);
  record.wait_s = 0.002 * static_cast<double>(record.count);
  record.transfer_s = 0.004 * static_cast<double>(record.count);
  return record;
}

std::vector<SyncRecord> sync_log(const RunConfig& config, std::int64_t total) {
  const std::int64_t workers = config.integer("workers");
  if (!config.has("H")) return {syncs(1, total, workers, "gradient")};
  std::vector<SyncRecord> log{syncs(config.integer("H"), total, workers, "parameter")};
  if (config.has("sync_delay")) log[0].delay = config.integer("sync_delay");
  if (log[0].last < total) {
    SyncRecord last = syncs(total, total, workers, "parameter");
    log.push_back(last);
  }
  return log;
}

EvalReading eval(const Course& course, std::int64_t step, EvalReading::Split split,
                 double accuracy) {
  return {.step = step,
          .epoch = static_cast<double>(step) / static_cast<double>(course.steps_per_epoch),
          .accuracy = accuracy,
          .train_s = 0.012 * static_cast<double>(step),
          .split = split};
}

/// Whether a reading after `step` is of an average that only the evaluation makes.
bool between_syncs(const RunConfig& config, std::int64_t step, std::int64_t total) {
  if (!config.has("H") || step == total) return false;
  const bool delayed = config.has("sync_delay") && config.integer("sync_delay") > 0;
  return delayed || step % config.integer("H") != 0;
}

HeaderRecord header_of(const RunData& run, const RunSketch& sketch) {
  HeaderRecord header{.run = run.id,
                      .host = "node1",
                      .build = "0.1.0 (0123456789ab)",
                      .started_at = "2024-01-01T00:00:00Z",
                      .device = "cpu",
                      .device_name = kDevice,
                      .processes = sketch.processes,
                      .exclusive = sketch.exclusive};
  header.libraries = {{"mpi", "4.1"}, {"torch", "1.13"}};
  header.data_sha256 = {{"train", std::string(64, 'a')}};
  header.determinism = "L2";
  header.model_bytes = kPayload;
  return header;
}

double accuracy_of(const CellSketch& cell, std::size_t seed) { return cell.accuracies[seed]; }

RunSketch sketch_of(const CellSketch& cell, std::size_t seed) {
  RunSketch sketch;
  sketch.parameters = {{"algorithm", cell.algorithm},
                       {"lr", cell.lr},
                       {"seed", static_cast<std::int64_t>(seed + 1)}};
  if (cell.algorithm != "sync_sgd") sketch.parameters["H"] = cell.H;
  sketch.final_accuracy = accuracy_of(cell, seed);
  return sketch;
}

void calibrate(const Tables& tables, StudyData& study) {
  std::vector<std::string> keys;
  for (const RunData& run : study.runs) keys.push_back(calibration_key(tables, run.config));
  std::sort(keys.begin(), keys.end());
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  for (const std::string& key : keys) {
    study.calibrations.push_back({.key = key,
                                  .machine = std::string("node1, ") + kDevice,
                                  .cost = {.step_s = 0.010, .backward_s = 0.005},
                                  .p10_s = 0.0095,
                                  .p90_s = 0.0108,
                                  .samples = 200});
  }
}
}  // namespace

RunData planned_run(const Tables& tables, const RunSketch& sketch) {
  RunData run;
  run.config = config_of(tables, sketch);
  run.id = RunId::of(run.config).text();
  run.cell = cell_of(run.config);
  return run;
}

RunData finished_run(const Tables& tables, const RunSketch& sketch) {
  RunData run = planned_run(tables, sketch);
  const Course course = course_of(tables, run.config);
  const std::int64_t total = course.total_steps;
  run.end_reason = "done";
  run.done = true;
  run.attempts = 1;
  run.header = header_of(run, sketch);
  run.syncs = sync_log(run.config, total);
  for (int k = 1; k <= kReadings; ++k) {
    const double share = static_cast<double>(k) / kReadings;
    const double accuracy = sketch.final_accuracy * (0.6 + 0.4 * share * (2 - share));
    const std::int64_t step = total * k / kReadings;
    run.evals.push_back(eval(course, step, EvalReading::Split::validation, accuracy));
    run.evals.back().scratch_average = between_syncs(run.config, step, total);
  }
  run.evals.push_back(eval(course, total, EvalReading::Split::test, sketch.final_accuracy - 0.01));
  run.accounting = {.reason = EndReason::done,
                    .step = total,
                    .wall_s = 10,
                    .startup_s = 1,
                    .train_s = 6,
                    .eval_s = 2.5,
                    .checkpoint_s = 0.25,
                    .other_s = 0.25};
  return run;
}

void diverge(RunData& run) {
  run.end_reason = "diverged";
  run.detail = "loss is NaN at step 40";
  run.done = true;
  std::erase_if(run.evals, [](const EvalReading& record) { return record.step > 40; });
  run.accounting.step = 40;
}

StudyData small_study(const Tables& tables, const std::vector<CellSketch>& cells) {
  StudyData study;
  study.study = "small";
  study.question = "Does it add up?";
  study.report = {.select = {"lr"}, .targets = {}, .networks = {"10GbE"}};
  for (const CellSketch& cell : cells) {
    for (std::size_t seed = 0; seed < cell.accuracies.size(); ++seed) {
      study.runs.push_back(finished_run(tables, sketch_of(cell, seed)));
    }
  }
  calibrate(tables, study);
  return study;
}

StudyData sample_study(const Tables& tables) {
  StudyData study = small_study(tables, {
                                            {"sync_sgd", 1, 0.05, {0.861, 0.866, 0.863}},
                                            {"sync_sgd", 1, 0.1, {0.872, 0.876, 0.871}},
                                            {"local_sgd", 4, 0.05, {0.858, 0.861, 0.863}},
                                            {"local_sgd", 4, 0.1, {0.866, 0.869, 0.871}},
                                            {"local_sgd", 16, 0.05, {0.841, 0.846, 0.838}},
                                            {"local_sgd", 16, 0.1, {0.846, 0.851, 0.853}},
                                            {"slowmo", 16, 0.05, {0.859, 0.862, 0.858}},
                                            {"slowmo", 16, 0.1, {0.868, 0.861, 0.865}},
                                            {"cocod", 8, 0.05, {0.849, 0.853, 0.851}},
                                            {"cocod", 8, 0.1, {0.852, 0.857, 0.859}},
                                        });
  study.study = "quickstart";
  study.question = "What does communicating less often cost in accuracy?";
  study.spec_sha256 = std::string(64, '5');
  study.report = {.select = {"lr"},
                  .targets = {0.80, 0.86},
                  .networks = {"measured", "10GbE", "100GbE", "NVLink"}};
  study.measured_network = Network{"measured", 5e-5, 1e9, "fitted on node1, R2 0.998"};
  diverge(study.runs[9]);  // local_sgd H=4 lr=0.1, seed 1
  study.runs.push_back(planned_run(tables, sketch_of({"cocod", 8, 0.1, {0, 0, 0, 0}}, 3)));
  RunData unfinished = finished_run(tables, sketch_of({"sync_sgd", 1, 0.1, {0, 0, 0, 0.87}}, 3));
  unfinished.done = false;
  unfinished.end_reason.clear();
  unfinished.evals.resize(2);
  unfinished.accounting = {};
  study.runs.push_back(unfinished);
  return study;
}

}  // namespace lockstep::test
