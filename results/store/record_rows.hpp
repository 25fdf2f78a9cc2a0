// Records <-> rows. The columns of a record's table are its members in their order, so the lists of
// results/record/record_fields.hpp make the SQL. Internal to results/store.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <cmath>
#include <map>
#include <string>
#include <vector>

#include "results/record/record_error.hpp"
#include "results/record/record_fields.hpp"

namespace lockstep {

/// Collects the names of members.
struct ColumnNames {
  std::vector<std::string> names;
  void operator()(const char* name, const auto&, fields::Need) { names.emplace_back(name); }
};

template <class R>
std::string table_of() {
  return std::string(fields::Of<R>::type) + "_record";
}

template <class R>
std::vector<std::string> columns_of() {
  ColumnNames columns;
  const R blank{};
  fields::Of<R>::visit(columns, blank);
  return columns.names;
}

/// Binds members to parameters, NaN as NULL. Texts are not copied: they must live until the
/// statement has run.
struct Binder {
  SQLite::Statement& statement;
  int next;

  void operator()(const char*, const auto& member, fields::Need) { bind(member); }
  void bind(double value) {
    if (std::isnan(value)) {
      statement.bind(next++);
    } else {
      statement.bind(next++, value);
    }
  }
  void bind(bool value) { statement.bind(next++, value ? 1 : 0); }
  void bind(int value) { statement.bind(next++, value); }
  void bind(std::int64_t value) { statement.bind(next++, value); }
  void bind(const std::string& value) { statement.bindNoCopy(next++, value); }
  void bind(EndReason value) { statement.bindNoCopy(next++, name_of(value)); }
};

/// Reads members from columns, NULL as NaN.
struct ColumnReader {
  SQLite::Statement& statement;
  int next;

  void operator()(const char*, auto& member, fields::Need) {
    read(statement.getColumn(next++), member);
  }
  static double real(const SQLite::Column& column) {
    return column.isNull() ? std::nan("") : column.getDouble();
  }
  static void read(const SQLite::Column& column, double& value) { value = real(column); }
  static void read(const SQLite::Column& column, bool& value) { value = column.getInt() != 0; }
  static void read(const SQLite::Column& column, int& value) { value = column.getInt(); }
  static void read(const SQLite::Column& column, std::int64_t& value) { value = column.getInt64(); }
  static void read(const SQLite::Column& column, std::string& value) { value = column.getString(); }
  static void read(const SQLite::Column& column, EndReason& value) {
    const auto reason = end_reason_from(column.getString());
    if (!reason) throw RecordError("an end reason outside its table");
    value = *reason;
  }
};

/// Prepared inserts, one per type of record.
class RecordInserter {
 public:
  explicit RecordInserter(SQLite::Database& db);
  void insert(const std::string& run, int attempt, std::int64_t seq, const Record& record);

 private:
  std::vector<SQLite::Statement> statements_;  // by index of the variant
};

/// Deletes all records of an attempt.
void delete_records(SQLite::Database& db, const std::string& run, int attempt);

/// Names of the tables of records.
std::vector<std::string> record_tables();

enum class Which { all, newest };

/// Reads the records of type R that belong to a run's history, oldest first, or the newest alone;
/// for each also `before_s` of its attempt.
template <class R>
class HistoryReader {
 public:
  explicit HistoryReader(SQLite::Database& db, Which which = Which::all)
      : statement_(db, sql(which)) {}

  /// Calls take(record, before_s).
  void read(const std::string& run, auto take) {
    statement_.reset();
    statement_.bindNoCopy(1, run);
    while (statement_.executeStep()) {
      R record;
      ColumnReader reader{statement_, 1};
      fields::Of<R>::visit(reader, record);
      take(std::move(record), statement_.getColumn(0).getDouble());
    }
  }

 private:
  static std::string sql(Which which) {
    std::string text = "SELECT h.before_s";
    for (const std::string& name : columns_of<R>()) text += ", r.\"" + name + '"';
    return text + " FROM history AS h JOIN " + table_of<R>() +
           " AS r ON r.run = h.run AND r.attempt = h.attempt AND r.seq <= h.last_seq"
           " WHERE h.run = ? ORDER BY " +
           (which == Which::all ? "h.attempt, r.seq" : "h.attempt DESC, r.seq DESC LIMIT 1");
  }
  SQLite::Statement statement_;
};

}  // namespace lockstep
