// Index -> rows of a study.
#include "results/store/extract.hpp"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <memory>
#include <nlohmann/json.hpp>

#include "results/store/record_rows.hpp"
#include "results/store/store_impl.hpp"

namespace lockstep {

namespace {
Field field_of(const SQLite::Column& column) {
  if (column.isNull()) return std::monostate();
  if (column.isInteger()) return column.getInt64();
  if (column.isFloat()) return column.getDouble();
  return column.getString();
}

/// Rows of one type of record of one run's history, as (attempt, seq, before_s, members...).
class Cursor {
 public:
  template <class R>
  static std::unique_ptr<Cursor> of(SQLite::Database& db, std::string step) {
    return std::unique_ptr<Cursor>(
        new Cursor(db, fields::Of<R>::type, columns_of<R>(), std::move(step)));
  }

  void start(const std::string& run) {
    statement_.reset();
    run_ = run;
    statement_.bindNoCopy(1, run_);
    next();
  }
  void next() { more_ = statement_.executeStep(); }

  bool more() const { return more_; }
  std::pair<int, std::int64_t> place() {
    return {statement_.getColumn(0).getInt(), statement_.getColumn(1).getInt64()};
  }
  const char* type() const { return type_; }
  const std::vector<std::string>& members() const { return members_; }
  const std::string& step_member() const { return step_; }

  /// A real that is NULL was NaN; seconds of training go on over attempts.
  Field member(std::size_t i) {
    const SQLite::Column column = statement_.getColumn(static_cast<int>(i) + 3);
    if (column.isNull()) return std::nan("");
    if (members_[i] == "train_s" && std::string_view(type_) != "end")
      return column.getDouble() + statement_.getColumn(2).getDouble();
    return field_of(column);
  }

 private:
  Cursor(SQLite::Database& db, const char* type, std::vector<std::string> members, std::string step)
      : type_(type),
        members_(std::move(members)),
        step_(std::move(step)),
        statement_(db, sql(type_, members_)) {}

  static std::string sql(const std::string& type, const std::vector<std::string>& members) {
    std::string text = "SELECT h.attempt, r.seq, h.before_s";
    for (const std::string& name : members) text += ", r.\"" + name + '"';
    return text + " FROM history AS h JOIN " + type +
           "_record AS r ON r.run = h.run AND r.attempt = h.attempt AND r.seq <= h.last_seq"
           " WHERE h.run = ? ORDER BY h.attempt, r.seq";
  }

  const char* type_;
  std::vector<std::string> members_;
  std::string step_;  // the member that says at which step
  std::string run_;
  SQLite::Statement statement_;
  bool more_ = false;
};

class Extraction {
 public:
  Extraction(SQLite::Database& db, std::string study, RowSink& sink)
      : db_(db), study_(std::move(study)), sink_(sink) {}

  void run(Extract what) {
    require_study();
    switch (what) {
      case Extract::records:
        return records();
      case Extract::syncs:
        return syncs();
      case Extract::runs:
        return runs();
      case Extract::cells:
        return cells();
    }
  }

 private:
  void require_study() {
    SQLite::Statement query(db_, "SELECT 1 FROM study WHERE name = ?");
    query.bindNoCopy(1, study_);
    if (query.executeStep()) return;
    throw StoreError(
        fmt::format("there is no study '{}' in the index; run `lockstep import`", study_));
  }

  void each_run(auto take) {
    SQLite::Statement query(db_,
                            "SELECT id, cell FROM planned_run JOIN run ON run.id = planned_run.run"
                            " WHERE study = ? ORDER BY cell, json_extract(config, '$.seed'), id");
    query.bindNoCopy(1, study_);
    while (query.executeStep())
      take(query.getColumn(0).getString(), query.getColumn(1).getString());
  }

  void records() {
    sink_.head({"study", "run", "cell", "attempt", "seq", "step", "type", "kind", "name", "value"});
    const std::array cursors{
        Cursor::of<StepRecord>(db_, "step"), Cursor::of<SyncRecord>(db_, "last"),
        Cursor::of<EvalRecord>(db_, "step"), Cursor::of<CheckpointRecord>(db_, "step"),
        Cursor::of<EndRecord>(db_, "step")};
    each_run([&](const std::string& id, const std::string& cell) {
      for (const auto& cursor : cursors) cursor->start(id);
      for (;;) {
        Cursor* first = nullptr;
        for (const auto& cursor : cursors) {
          if (cursor->more() && (!first || cursor->place() < first->place())) first = cursor.get();
        }
        if (!first) break;
        one_record(*first, id, cell);
        first->next();
      }
    });
  }

  /// A row per number. Texts say what the numbers are of: the split, the kind of sync, the reason.
  void one_record(Cursor& cursor, const std::string& id, const std::string& cell) {
    const auto [attempt, seq] = cursor.place();
    Field step, kind;
    for (std::size_t i = 0; i < cursor.members().size(); ++i) {
      Field value = cursor.member(i);
      const std::string& name = cursor.members()[i];
      if (name == cursor.step_member())
        step = std::move(value);
      else if (name == "split" || name == "kind" || name == "reason")
        kind = std::move(value);
    }
    for (std::size_t i = 0; i < cursor.members().size(); ++i) {
      Field value = cursor.member(i);
      if (std::holds_alternative<std::string>(value) || cursor.members()[i] == "step") continue;
      sink_.row({study_, id, cell, std::int64_t{attempt}, seq, step, std::string(cursor.type()),
                 kind, cursor.members()[i], std::move(value)});
    }
  }

  void syncs() {
    const auto cursor = Cursor::of<SyncRecord>(db_, "last");
    std::vector<std::string> columns{"study", "run", "cell", "attempt", "seq"};
    columns.insert(columns.end(), cursor->members().begin(), cursor->members().end());
    sink_.head(columns);
    each_run([&](const std::string& id, const std::string& cell) {
      for (cursor->start(id); cursor->more(); cursor->next()) {
        const auto [attempt, seq] = cursor->place();
        std::vector<Field> fields{study_, id, cell, std::int64_t{attempt}, seq};
        for (std::size_t i = 0; i < cursor->members().size(); ++i)
          fields.push_back(cursor->member(i));
        sink_.row(fields);
      }
    });
  }

  std::vector<std::string> parameters() {
    SQLite::Statement query(db_,
                            "SELECT DISTINCT key FROM planned_run JOIN run ON run.id = "
                            "planned_run.run, json_each(config) WHERE study = ? ORDER BY key");
    query.bindNoCopy(1, study_);
    std::vector<std::string> names;
    while (query.executeStep()) names.push_back(query.getColumn(0).getString());
    return names;
  }

  void runs() {
    const auto names = parameters();
    std::vector<std::string> columns{"study", "run", "cell"};
    columns.insert(columns.end(), names.begin(), names.end());
    SQLite::Statement query(
        db_,
        "SELECT id, cell, config, done_attempt IS NOT NULL AS done, end_reason, detail, attempts,"
        " (SELECT sum(wall_s) FROM attempt WHERE run = id) AS wall_s,"
        " (SELECT sum(train_s) FROM attempt WHERE run = id) AS train_s,"
        " (SELECT sum(eval_s) FROM attempt WHERE run = id) AS eval_s,"
        " (SELECT sum(checkpoint_s) FROM attempt WHERE run = id) AS checkpoint_s, replayed_s"
        " FROM planned_run JOIN run ON run.id = planned_run.run WHERE study = ?"
        " ORDER BY cell, json_extract(config, '$.seed'), id");
    query.bindNoCopy(1, study_);
    constexpr int kOutcome = 3;  // columns before it: id, cell, config
    for (int i = kOutcome; i < query.getColumnCount(); ++i)
      columns.emplace_back(query.getColumnName(i));
    sink_.head(columns);
    while (query.executeStep()) {
      const auto config = nlohmann::json::parse(query.getColumn(2).getString());
      std::vector<Field> fields{study_, query.getColumn(0).getString(),
                                query.getColumn(1).getString()};
      for (const std::string& name : names) fields.push_back(parameter(config, name));
      for (int i = kOutcome; i < query.getColumnCount(); ++i)
        fields.push_back(field_of(query.getColumn(i)));
      sink_.row(fields);
    }
  }

  static Field parameter(const nlohmann::json& config, const std::string& name) {
    const auto found = config.find(name);
    if (found == config.end()) return std::monostate();
    if (found->is_boolean()) return std::int64_t{found->get<bool>()};
    if (found->is_number_integer()) return found->get<std::int64_t>();
    if (found->is_number()) return found->get<double>();
    if (found->is_string()) return found->get<std::string>();
    return found->dump();
  }

  void cells() {
    // As v_cells has it. With schemas untrusted, as here, views may not call JSON functions.
    SQLite::Statement query(
        db_,
        "SELECT study, cell, config ->> 'algorithm' AS algorithm, config ->> 'model' AS model,"
        " config ->> 'dataset' AS dataset, config ->> 'workers' AS workers, config ->> 'H' AS H,"
        " config ->> 'lr' AS lr, count(*) AS runs, sum(done_attempt IS NOT NULL) AS done,"
        " sum(end_reason = 'diverged') AS diverged,"
        " count(accuracy) AS validated, avg(accuracy) AS validation_accuracy_mean"
        " FROM (SELECT *, (SELECT r.accuracy FROM history AS h JOIN eval_record AS r ON"
        " r.run = h.run AND r.attempt = h.attempt AND r.seq <= h.last_seq WHERE h.run = id AND"
        " split = 'validation' ORDER BY step DESC, h.attempt DESC, r.seq DESC LIMIT 1) AS accuracy"
        " FROM planned_run JOIN run ON run.id = planned_run.run WHERE study = ?)"
        " GROUP BY cell ORDER BY cell");
    query.bindNoCopy(1, study_);
    std::vector<std::string> columns;
    for (int i = 0; i < query.getColumnCount(); ++i) columns.emplace_back(query.getColumnName(i));
    sink_.head(columns);
    while (query.executeStep()) {
      std::vector<Field> fields;
      for (int i = 0; i < query.getColumnCount(); ++i)
        fields.push_back(field_of(query.getColumn(i)));
      sink_.row(fields);
    }
  }

  SQLite::Database& db_;
  std::string study_;
  RowSink& sink_;
};
}  // namespace

void extract_rows(SQLite::Database& db, const std::string& study, Extract what, RowSink& sink) {
  SQLite::Transaction snapshot(db);  // one state, though another process may be importing
  Extraction(db, study, sink).run(what);
}

}  // namespace lockstep
