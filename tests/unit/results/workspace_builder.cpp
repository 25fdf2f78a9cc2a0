#include "tests/unit/results/workspace_builder.hpp"

#include <nlohmann/json.hpp>
#include <stdexcept>

#include "sweeps/run/run_id.hpp"
#include "tests/unit/results/record_samples.hpp"

namespace lockstep::test {

RunConfig config_of(std::int64_t seed, double lr) {
  const Resolution resolution = resolve(Tables::builtin(), {{"algorithm", std::string("local_sgd")},
                                                            {"model", std::string("mlp")},
                                                            {"dataset", std::string("synthetic")},
                                                            {"workers", std::int64_t{4}},
                                                            {"H", std::int64_t{4}},
                                                            {"steps", std::int64_t{40}},
                                                            {"seed", seed},
                                                            {"lr", lr}});
  if (!resolution.problems.empty()) throw std::logic_error(resolution.problems.front().message);
  return resolution.config;
}

void WorkspaceBuilder::plan(const std::string& study, const std::string& name,
                            const std::vector<RunConfig>& configs, const std::string& question,
                            const std::vector<std::string>& networks) {
  nlohmann::ordered_json runs = nlohmann::ordered_json::array();
  for (const RunConfig& config : configs) {
    runs.push_back({{"id", RunId::of(config).text()},
                    {"cell", cell_of(config)},
                    {"config", nlohmann::ordered_json::parse(config.canonical_json())}});
  }
  const nlohmann::ordered_json json = {
      {"format", 1},
      {"study", study},
      {"question", question},
      {"spec_sha256", "spec-" + name},
      {"report", {{"select", {"lr"}}, {"targets", {0.5}}, {"networks", networks}}},
      {"runs", runs}};
  const auto path = workspace_.plan(study, name);
  write_raw(path, json.dump());
  std::filesystem::last_write_time(
      path, std::filesystem::file_time_type::clock::now() + std::chrono::seconds(++plans_));
}

RunDirectory WorkspaceBuilder::create(const RunConfig& config) {
  RunDirectory run = workspace_.run(RunId::of(config).text());
  run.create(config.canonical_json());
  return run;
}

int WorkspaceBuilder::attempt(const RunDirectory& run, const std::vector<Record>& records,
                              std::optional<ResumedFrom> resumed_from) {
  const int n = run.claim_attempt("token");
  HeaderRecord header;
  header.run = run.id();
  header.attempt = n;
  header.host = "node";
  header.device = "cpu";
  header.device_name = "CPU";
  header.resumed_from = std::move(resumed_from);
  RecordWriter writer(run.events(n));
  writer.write(header);
  for (const Record& record : records) writer.write(record);
  return n;
}

RunDirectory WorkspaceBuilder::finished(const RunConfig& config) {
  const RunDirectory run = create(config);
  auto records = training(1, 40);
  records.push_back(end_after(EndReason::done, 40, 20));
  const int n = attempt(run, records);
  if (!run.publish_result(n, std::get<EndRecord>(records.back())))
    throw std::logic_error("DONE was there");
  return run;
}

Store WorkspaceBuilder::open(Store::Mode mode) const {
  return Store(workspace_.database(), mode, tables_);
}

ImportSummary WorkspaceBuilder::import() const { return open().import(workspace_); }

std::vector<Record> training(std::int64_t first, std::int64_t last, std::int64_t h) {
  std::vector<Record> records;
  for (std::int64_t step = first; step <= last; ++step) {
    const auto x = static_cast<double>(step);
    records.push_back(StepRecord{step, x / 10, 1 / x, 0.1});
    if (step % h == 0) {
      SyncRecord sync;
      sync.first = sync.last = step;
      sync.period = h;
      sync.kind = "parameter";
      sync.payload_bytes = 400;
      sync.compute_s = 0.5 * static_cast<double>(h);
      records.push_back(sync);
    }
    if (step % 10 == 0) {
      EvalRecord eval;
      eval.step = step;
      eval.split = "validation";
      eval.accuracy = 1 - 1 / x;
      eval.train_s = 0.5 * static_cast<double>(step - first + 1);
      eval.eval_s = 0.125;
      records.push_back(eval);
    }
  }
  return records;
}

EndRecord end_after(EndReason reason, std::int64_t step, double train_s) {
  EndRecord end;
  end.reason = reason;
  end.step = step;
  end.train_s = train_s;
  end.wall_s = train_s + 1;
  end.startup_s = 1;
  return end;
}

}  // namespace lockstep::test
