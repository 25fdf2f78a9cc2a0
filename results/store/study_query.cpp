// Index -> StudyData.
#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <set>
#include <tuple>

#include "results/store/plan_files.hpp"
#include "results/store/record_rows.hpp"
#include "results/store/store_impl.hpp"

namespace lockstep {

namespace {
class StudyQuery {
 public:
  StudyQuery(SQLite::Database& db, const Tables& tables, Store::Losses losses)
      : db_(db),
        tables_(tables),
        steps_(db, losses == Store::Losses::read ? Which::all : Which::newest),
        syncs_(db),
        evals_(db),
        problems_(db,
                  "SELECT message FROM problem WHERE subject = ? AND kind <> 'note'"
                  " ORDER BY position"),
        // Beside max(), SQLite takes other columns from the row that has it.
        warnings_(db,
                  "SELECT message FROM (SELECT attempt, seq, message FROM warning_record"
                  " WHERE run = ?1 UNION ALL SELECT attempt, max(seq), 'degraded: failed"
                  " checkpoints: ' || count(*) || ', the last: ' || error FROM checkpoint_record"
                  " WHERE run = ?1 AND error <> '' GROUP BY attempt) ORDER BY attempt, seq"),
        accounting_(
            db,
            "SELECT wall_s, startup_s, train_s, eval_s, checkpoint_s, other_s, end_reason, detail,"
            " step, state_sha256, attempt = (SELECT max(attempt) FROM history WHERE run = ?1)"
            " FROM attempt WHERE run = ?1 ORDER BY attempt"),
        wall_(db,
              "SELECT before_s, startup_s, wall_s, train_s,"
              " (SELECT total(wall_s) FROM attempt WHERE run = ?1 AND attempt < h.attempt)"
              " FROM history AS h JOIN attempt USING (run, attempt) WHERE run = ?1"
              " ORDER BY h.attempt"),
        missing_(db,
                 "SELECT coalesce(sum(missing), 0) FROM history JOIN attempt USING (run, attempt)"
                 " WHERE run = ? AND missing > 0 AND first_gap <= last_seq"),
        header_(db,
                "SELECT json FROM header_record WHERE run = ?1 AND seq = 0"
                " AND attempt = (SELECT max(attempt) FROM history WHERE run = ?1)") {}

  StudyData read(const std::string& name) {
    out_.study = name;
    read_study_row();
    read_early_stops();
    read_problems("study:" + name);
    read_runs();
    read_problems("calibrations");
    read_calibrations();
    read_certificates();
    return std::move(out_);
  }

 private:
  void read_study_row() {
    SQLite::Statement query(db_, "SELECT question, spec_sha256, report FROM study WHERE name = ?");
    query.bindNoCopy(1, out_.study);
    if (!query.executeStep()) {
      throw StoreError(fmt::format(
          "there is no study '{}' in the index; run `lockstep import`, or plan it first",
          out_.study));
    }
    out_.question = query.getColumn(0).getString();
    out_.spec_sha256 = query.getColumn(1).getString();
    out_.report = report_from_text(query.getColumn(2).getString());
  }

  void read_early_stops() {
    SQLite::Statement query(db_, "SELECT run, reason, confidence FROM early_stop WHERE study = ?");
    query.bindNoCopy(1, out_.study);
    while (query.executeStep())
      stops_[query.getColumn(0).getString()] = {query.getColumn(1).getString(),
                                                query.getColumn(2).getDouble()};
  }

  void read_problems(const std::string& subject) {
    problems_.reset();
    problems_.bindNoCopy(1, subject);
    while (problems_.executeStep()) out_.problems.push_back(problems_.getColumn(0).getString());
  }

  void read_runs() {
    SQLite::Statement query(db_,
                            "SELECT id, cell, config, attempts, done_attempt IS NOT NULL, "
                            "end_reason, detail, replayed_s"
                            " FROM planned_run JOIN run ON run.id = planned_run.run WHERE study = ?"
                            " ORDER BY cell, json_extract(config, '$.seed'), id");
    query.bindNoCopy(1, out_.study);
    while (query.executeStep()) {
      RunData run;
      run.id = query.getColumn(0).getString();
      run.cell = query.getColumn(1).getString();
      try {
        run.config = parse_config(tables_, query.getColumn(2).getString());
      } catch (const ConfigError& error) {
        out_.problems.push_back(fmt::format("runs/{}: {}", run.id, error.what()));
        continue;
      }
      run.attempts = query.getColumn(3).getInt();
      run.done = query.getColumn(4).getInt() != 0;
      run.end_reason = query.getColumn(5).getString();
      run.detail = query.getColumn(6).getString();
      run.replayed_s = query.getColumn(7).getDouble();
      read_problems("run:" + run.id);
      read_history(run);
      read_warnings(run);
      judge_what_is_missing(run);
      read_accounting(run);
      read_wall(run);
      read_header(run);
      if (const auto stop = stops_.find(run.id); stop != stops_.end() && !run.done)
        std::tie(run.stopped_early, run.stop_confidence) = stop->second;
      keys_.insert(calibration_key(tables_, run.config));
      out_.runs.push_back(std::move(run));
    }
  }

  void read_history(RunData& run) {
    steps_.read(run.id, [&](StepRecord record, double) { run.steps.push_back(record); });
    syncs_.read(run.id, [&](SyncRecord record, double) { run.syncs.push_back(std::move(record)); });
    evals_.read(run.id, [&](EvalRecord record, double before_s) {
      record.train_s += before_s;
      run.evals.push_back(reading_from(record));
    });
    run.evals.shrink_to_fit();
  }

  void read_warnings(RunData& run) {
    warnings_.reset();
    warnings_.bindNoCopy(1, run.id);
    while (warnings_.executeStep()) run.warnings.push_back(warnings_.getColumn(0).getString());
  }

  /// A run that lacks records has no result, whatever it reached: what is missing could be what a
  /// figure is made from. That it diverged stands, for RESULT says so.
  void judge_what_is_missing(RunData& run) {
    missing_.reset();
    missing_.bindNoCopy(1, run.id);
    missing_.executeStep();
    const std::int64_t missing = missing_.getColumn(0).getInt64();
    if (missing == 0) return;
    run.warnings.push_back(fmt::format("{} of its records are missing", missing));
    if (run.end_reason == name_of(EndReason::diverged)) return;
    run.done = false;
    run.end_reason = "salvaged";
  }

  void read_accounting(RunData& run) {
    accounting_.reset();
    accounting_.bindNoCopy(1, run.id);
    constexpr double EndRecord::*kSeconds[] = {&EndRecord::wall_s,       &EndRecord::startup_s,
                                               &EndRecord::train_s,      &EndRecord::eval_s,
                                               &EndRecord::checkpoint_s, &EndRecord::other_s};
    EndRecord& sums = run.accounting;
    while (accounting_.executeStep()) {
      const auto column = [&](int i) { return accounting_.getColumn(i); };
      for (int i = 0; i < 6; ++i) sums.*kSeconds[i] += ColumnReader::real(column(i));
      if (column(10).getInt() == 0) continue;
      sums.reason = end_reason_from(column(6).getString()).value_or(EndReason::lost);
      sums.detail = column(7).getString();
      sums.step = column(8).getInt64();
      sums.state_sha256 = column(9).getString();
    }
  }

  void read_wall(RunData& run) {
    wall_.reset();
    wall_.bindNoCopy(1, run.id);
    while (wall_.executeStep()) {
      const auto seconds = [&](int i) { return ColumnReader::real(wall_.getColumn(i)); };
      const double startup_s = seconds(1), train_s = seconds(3);
      const double pace = train_s > 0 ? (seconds(2) - startup_s) / train_s : 1;
      run.wall.push_back({seconds(0), seconds(4) + startup_s, pace});
    }
    run.wall.shrink_to_fit();
  }

  void read_header(RunData& run) {
    header_.reset();
    header_.bindNoCopy(1, run.id);
    if (!header_.executeStep()) return;
    auto json = nlohmann::ordered_json::parse(header_.getColumn(0).getString());
    json["type"] = "header";
    const auto record = record_from_json(json);
    if (const auto* header = record ? std::get_if<HeaderRecord>(&*record) : nullptr)
      run.header = *header;
  }

  void read_calibrations() {
    SQLite::Statement query(
        db_,
        "SELECT key, machine, step_s, backward_s, average_s, p10_s, p90_s, samples, interrupted_s"
        " FROM calibration"
        " ORDER BY key, machine");
    while (query.executeStep()) {
      Calibration calibration;
      calibration.key = query.getColumn(0).getString();
      if (!keys_.count(calibration.key)) continue;
      calibration.machine = query.getColumn(1).getString();
      calibration.cost = {query.getColumn(2).getDouble(), query.getColumn(3).getDouble(),
                          query.getColumn(4).getDouble()};
      calibration.p10_s = query.getColumn(5).getDouble();
      calibration.p90_s = query.getColumn(6).getDouble();
      calibration.samples = query.getColumn(7).getInt64();
      calibration.spread = read_spread(calibration);
      calibration.spread.interrupted_s = query.getColumn(8).getDouble();
      out_.calibrations.push_back(std::move(calibration));
    }
    SQLite::Statement network(db_,
                              "SELECT name, latency_s, bandwidth_bytes_s, source FROM network"
                              " ORDER BY measured_at DESC, machine DESC LIMIT 1");
    if (!network.executeStep()) return;
    out_.measured_network =
        Network{network.getColumn(0).getString(), network.getColumn(1).getDouble(),
                network.getColumn(2).getDouble(), network.getColumn(3).getString()};
  }

  StepSpread read_spread(const Calibration& calibration) {
    SQLite::Statement query(
        db_, "SELECT deviation_s FROM step_spread WHERE key = ? AND machine = ? ORDER BY steps");
    query.bind(1, calibration.key);
    query.bind(2, calibration.machine);
    StepSpread spread;
    while (query.executeStep()) spread.deviation_s.push_back(query.getColumn(0).getDouble());
    return spread;
  }

  void read_certificates() {
    SQLite::Statement query(
        db_,
        "SELECT key, machine, trainer, name, algorithm, claim, deviation, allowed"
        " FROM certificate ORDER BY key, machine, position");
    while (query.executeStep()) {
      const std::string key = query.getColumn(0).getString();
      const std::string machine = query.getColumn(1).getString();
      if (!keys_.count(key)) continue;
      auto& all = out_.certificates;
      if (all.empty() || all.back().key != key || all.back().machine != machine) {
        all.push_back({key, machine, query.getColumn(2).getString(), {}});
      }
      all.back().checks.push_back({query.getColumn(3).getString(), query.getColumn(4).getString(),
                                   query.getColumn(5).getString(), query.getColumn(6).getDouble(),
                                   query.getColumn(7).getDouble()});
    }
  }

  SQLite::Database& db_;
  const Tables& tables_;
  HistoryReader<StepRecord> steps_;
  HistoryReader<SyncRecord> syncs_;
  HistoryReader<EvalRecord> evals_;
  SQLite::Statement problems_, warnings_, accounting_, wall_, missing_, header_;
  std::set<std::string> keys_;
  std::map<std::string, std::pair<std::string, double>> stops_;  ///< run -> reason, confidence
  StudyData out_;
};
}  // namespace

EvalReading reading_from(const EvalRecord& record) {
  using Split = EvalReading::Split;
  return {.step = record.step,
          .epoch = record.epoch,
          .accuracy = record.accuracy,
          .train_s = record.train_s,
          .split = record.split == "validation" ? Split::validation
                   : record.split == "test"     ? Split::test
                                                : Split::other,
          .scratch_average = record.scratch_average,
          .eval_s = static_cast<float>(record.eval_s)};
}

StudyData read_study(SQLite::Database& db, const Tables& tables, const std::string& name,
                     Store::Losses losses) {
  SQLite::Transaction snapshot(
      db);  // one state of the index, though another process may be importing
  return StudyQuery(db, tables, losses).read(name);
}

}  // namespace lockstep
