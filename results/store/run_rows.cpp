#include "results/store/run_rows.hpp"

#include <algorithm>

#include "results/record/record_file.hpp"
#include "results/store/history.hpp"

namespace lockstep {

namespace {
const char* name_of(SegmentState state) {
  switch (state) {
    case SegmentState::intact:
      return "intact";
    case SegmentState::torn_tail:
      return "torn_tail";
    case SegmentState::corrupt:
      return "corrupt";
    case SegmentState::salvaged:
      return "salvaged";
  }
  return "corrupt";
}

std::string_view good_part(const AttemptFiles& attempt) {
  return std::string_view(attempt.events)
      .substr(0, static_cast<std::size_t>(attempt.segment.good_bytes));
}

/// Lines of an attempt that the index holds already, if the bytes they came from are unchanged;
/// else 0.
std::int64_t lines_held(SQLite::Database& db, const std::string& run, const AttemptFiles& attempt) {
  if (attempt.segment.state == SegmentState::salvaged) return 0;
  SQLite::Statement held(db,
                         "SELECT good_bytes, good_lines, good_xxh3 FROM attempt"
                         " WHERE run = ? AND attempt = ? AND state <> 'salvaged'");
  held.bindNoCopy(1, run);
  held.bind(2, attempt.attempt);
  if (!held.executeStep()) return 0;
  const std::string_view good = good_part(attempt);
  const auto bytes = static_cast<std::size_t>(held.getColumn(0).getInt64());
  if (bytes > good.size() || xxh3_hex(good.substr(0, bytes)) != held.getColumn(2).getString())
    return 0;
  return held.getColumn(1).getInt64();
}

std::int64_t first_gap_of(const Segment& segment) {
  for (const Gap& gap : segment.gaps) {
    if (gap.missing > 0) return gap.first_seq;
  }
  return -1;
}

const char* name_of(Finding::Kind kind) {
  switch (kind) {
    case Finding::Kind::note:
      return "note";
    case Finding::Kind::salvage:
      return "salvage";
    case Finding::Kind::corruption:
      return "corruption";
  }
  return "corruption";
}

void write_attempt_row(SQLite::Database& db, const std::string& run, const AttemptFiles& attempt) {
  static const char* const kSql =
      "INSERT INTO attempt (run, attempt, state, sealed, good_bytes, good_lines, missing, "
      "first_gap, unknown, "
      "good_xxh3, end_reason, detail,"
      " step, wall_s, startup_s, train_s, eval_s, checkpoint_s, other_s, estimated, state_sha256)"
      " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
      " ON CONFLICT (run, attempt) DO UPDATE SET state = excluded.state, sealed = excluded.sealed,"
      " good_bytes = excluded.good_bytes, good_lines = excluded.good_lines, missing = "
      "excluded.missing, first_gap = excluded.first_gap, unknown = excluded.unknown,"
      " good_xxh3 = excluded.good_xxh3, end_reason = excluded.end_reason, detail = excluded.detail,"
      " step = excluded.step, wall_s = excluded.wall_s, startup_s = excluded.startup_s, train_s = "
      "excluded.train_s,"
      " eval_s = excluded.eval_s, checkpoint_s = excluded.checkpoint_s, other_s = excluded.other_s,"
      " estimated = excluded.estimated, state_sha256 = excluded.state_sha256";
  const Segment& segment = attempt.segment;
  const AttemptTimes times = times_of(attempt);
  const std::string hash = xxh3_hex(good_part(attempt));
  const std::string reason = times.ended ? lockstep::name_of(times.end.reason) : "";
  SQLite::Statement statement(db, kSql);
  Binder row{statement, 1};
  row.bind(run);
  row.bind(attempt.attempt);
  const std::string state = name_of(segment.state);
  row.bind(state);
  row.bind(segment.sealed);
  row.bind(segment.good_bytes);
  row.bind(segment.good_lines);
  row.bind(segment.missing());
  row.bind(first_gap_of(segment));
  row.bind(static_cast<std::int64_t>(segment.unknown_types.size()));
  row.bind(hash);
  row.bind(reason);
  row.bind(times.end.detail);
  row.bind(times.end.step);
  row.bind(times.end.wall_s);
  row.bind(times.end.startup_s);
  row.bind(times.end.train_s);
  row.bind(times.end.eval_s);
  row.bind(times.end.checkpoint_s);
  row.bind(times.end.other_s);
  row.bind(times.estimated);
  row.bind(times.end.state_sha256);
  statement.exec();
}

std::int64_t write_attempt(SQLite::Database& db, RecordInserter& inserter, const std::string& run,
                           const AttemptFiles& attempt) {
  const std::int64_t held = lines_held(db, run, attempt);
  if (held == 0) delete_records(db, run, attempt.attempt);
  write_attempt_row(db, run, attempt);
  const Segment& segment = attempt.segment;
  std::int64_t added = 0;
  for (std::size_t i = 0; i < segment.records.size(); ++i) {
    if (segment.seqs[i] < held) continue;
    inserter.insert(run, attempt.attempt, segment.seqs[i], segment.records[i]);
    ++added;
  }
  return added;
}

void write_history(SQLite::Database& db, const std::string& run, const RunHistory& history) {
  SQLite::Statement forget(db, "DELETE FROM history WHERE run = ?");
  forget.bindNoCopy(1, run);
  forget.exec();
  SQLite::Statement add(
      db, "INSERT INTO history (run, attempt, last_seq, before_s) VALUES (?, ?, ?, ?)");
  for (const HistoryPart& part : history.parts) {
    Binder row{add, 1};
    row.bind(run);
    row.bind(part.attempt);
    row.bind(part.last_seq);
    row.bind(part.before_s);
    add.exec();
    add.reset();
  }
}

void write_outcome(SQLite::Database& db, const RunFiles& run, double replayed_s) {
  std::string reason, detail;
  for (const AttemptFiles& attempt : run.attempts) {
    const AttemptTimes times = times_of(attempt);
    if (!times.ended || (run.done_attempt && attempt.attempt != *run.done_attempt)) continue;
    reason = lockstep::name_of(times.end.reason);
    detail = times.end.detail;
  }
  SQLite::Statement update(
      db,
      "UPDATE run SET attempts = ?, done_attempt = ?, end_reason = ?, detail = ?, replayed_s = ?"
      " WHERE id = ?");
  update.bind(1, static_cast<std::int64_t>(run.attempts.size()));
  if (run.done_attempt) update.bind(2, *run.done_attempt);
  update.bindNoCopy(3, reason);
  update.bindNoCopy(4, detail);
  update.bind(5, replayed_s);
  update.bindNoCopy(6, run.id);
  update.exec();
}

/// Attempts whose claims are gone.
void drop_other_attempts(SQLite::Database& db, const RunFiles& run) {
  std::string kept = "0";
  for (const AttemptFiles& attempt : run.attempts) kept += "," + std::to_string(attempt.attempt);
  SQLite::Statement drop(db, "DELETE FROM attempt WHERE run = ? AND attempt NOT IN (" + kept + ")");
  drop.bindNoCopy(1, run.id);
  drop.exec();
}
}  // namespace

void ensure_run(SQLite::Database& db, const std::string& id, const std::string& cell,
                const std::string& config) {
  SQLite::Statement add(
      db, "INSERT INTO run (id, cell, config) VALUES (?, ?, ?) ON CONFLICT (id) DO NOTHING");
  add.bindNoCopy(1, id);
  add.bindNoCopy(2, cell);
  add.bindNoCopy(3, config);
  add.exec();
}

std::vector<Finding> findings_of(const RunFiles& run, const RunHistory& history) {
  std::vector<Finding> findings = run.findings;
  for (const std::string& gap : history.gaps) {
    findings.push_back({Finding::Kind::corruption, "runs/" + run.id + "/attempts:0: " + gap});
  }
  return findings;
}

std::int64_t write_run(SQLite::Database& db, RecordInserter& inserter, const RunFiles& run) {
  drop_other_attempts(db, run);
  std::int64_t added = 0;
  for (const AttemptFiles& attempt : run.attempts)
    added += write_attempt(db, inserter, run.id, attempt);
  const RunHistory history = history_of(run.attempts, run.done_attempt);
  write_history(db, run.id, history);
  write_outcome(db, run, history.replayed_s);
  write_findings(db, "run:" + run.id, findings_of(run, history));
  return added;
}

void clear_run(SQLite::Database& db, const std::string& id) {
  RunFiles nothing;
  nothing.id = id;
  drop_other_attempts(db, nothing);
  write_outcome(db, nothing, 0);
  write_findings(db, "run:" + id, {});
}

namespace {
void write_early_stops(SQLite::Database& db, const StudyPlans& study) {
  SQLite::Statement add(db, "INSERT OR REPLACE INTO early_stop VALUES (?, ?, ?, ?, ?, ?, ?, ?)");
  for (const EarlyStop& stop : study.early_stops) {
    for (const std::string& run : stop.runs) {
      Binder row{add, 1};
      for (const std::string* text : {&study.name, &run, &stop.by}) row.bind(*text);
      for (const double number : {stop.confidence, stop.attainable, stop.beaten_by})
        row.bind(number);
      row.bind(stop.finished);
      row.bind(stop.reason);
      add.exec();
      add.reset();
    }
  }
}
}  // namespace

void write_study(SQLite::Database& db, const StudyPlans& study) {
  SQLite::Statement forget(db, "DELETE FROM study WHERE name = ?");
  forget.bindNoCopy(1, study.name);
  forget.exec();
  SQLite::Statement add(
      db, "INSERT INTO study (name, question, spec_sha256, report) VALUES (?, ?, ?, ?)");
  const std::string report = report_to_text(study.report);
  add.bindNoCopy(1, study.name);
  add.bindNoCopy(2, study.question);
  add.bindNoCopy(3, study.spec_sha256);
  add.bindNoCopy(4, report);
  add.exec();
  SQLite::Statement plan(db, "INSERT INTO planned_run (study, run) VALUES (?, ?)");
  for (const auto& [id, planned] : study.runs) {
    ensure_run(db, id, planned.cell, planned.config);
    plan.bindNoCopy(1, study.name);
    plan.bindNoCopy(2, id);
    plan.exec();
    plan.reset();
  }
  write_early_stops(db, study);
  write_findings(db, "study:" + study.name, study.findings);
}

void write_findings(SQLite::Database& db, const std::string& subject,
                    const std::vector<Finding>& findings) {
  SQLite::Statement forget(db, "DELETE FROM problem WHERE subject = ?");
  forget.bindNoCopy(1, subject);
  forget.exec();
  SQLite::Statement add(
      db, "INSERT INTO problem (subject, position, kind, message) VALUES (?, ?, ?, ?)");
  std::int64_t position = 0;
  for (const Finding& finding : findings) {
    add.bindNoCopy(1, subject);
    add.bind(2, position++);
    add.bindNoCopy(3, name_of(finding.kind));
    add.bindNoCopy(4, finding.message);
    add.exec();
    add.reset();
  }
}

}  // namespace lockstep
