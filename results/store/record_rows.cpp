#include "results/store/record_rows.hpp"

#include <nlohmann/json.hpp>

namespace lockstep {

namespace {

/// A header is one JSON text: it is read whole, and never searched by member.
std::string header_sql() {
  return "INSERT INTO header_record (run, attempt, seq, json) VALUES (?, ?, ?, ?)";
}

template <class R>
std::string insert_sql() {
  if constexpr (std::is_same_v<R, HeaderRecord>) {
    return header_sql();
  } else {
    std::string names = "run, attempt, seq", marks = "?, ?, ?";
    for (const std::string& name : columns_of<R>()) {
      names += ", \"" + name + '"';
      marks += ", ?";
    }
    return "INSERT INTO " + table_of<R>() + " (" + names + ") VALUES (" + marks + ")";
  }
}

template <std::size_t... I>
void prepare_all(SQLite::Database& db, std::vector<SQLite::Statement>& statements,
                 std::index_sequence<I...>) {
  (statements.emplace_back(db, insert_sql<std::variant_alternative_t<I, Record>>()), ...);
}

template <std::size_t... I>
std::vector<std::string> tables_among(std::index_sequence<I...>) {
  return {table_of<std::variant_alternative_t<I, Record>>()...};
}
}  // namespace

RecordInserter::RecordInserter(SQLite::Database& db) {
  prepare_all(db, statements_, std::make_index_sequence<std::variant_size_v<Record>>{});
}

void RecordInserter::insert(const std::string& run, int attempt, std::int64_t seq,
                            const Record& record) {
  SQLite::Statement& statement = statements_[record.index()];
  statement.bindNoCopy(1, run);
  statement.bind(2, attempt);
  statement.bind(3, seq);
  std::string json;
  if (std::holds_alternative<HeaderRecord>(record)) {
    json = to_json(record).dump();
    statement.bindNoCopy(4, json);
  } else {
    Binder binder{statement, 4};
    std::visit(
        [&]<class R>(const R& members) {
          if constexpr (!std::is_same_v<R, HeaderRecord>) fields::Of<R>::visit(binder, members);
        },
        record);
  }
  statement.exec();
  statement.reset();
}

std::vector<std::string> record_tables() {
  return tables_among(std::make_index_sequence<std::variant_size_v<Record>>{});
}

void delete_records(SQLite::Database& db, const std::string& run, int attempt) {
  for (const std::string& table : record_tables()) {
    SQLite::Statement statement(db, "DELETE FROM " + table + " WHERE run = ? AND attempt = ?");
    statement.bindNoCopy(1, run);
    statement.bind(2, attempt);
    statement.exec();
  }
}

}  // namespace lockstep
