// Is the index what it should be? SQLite's own checks, then ours.
#include <fmt/format.h>

#include "results/store/record_rows.hpp"
#include "results/store/store_impl.hpp"
#include "sweeps/run/run_id.hpp"

namespace lockstep {

namespace {
void check_pragma(SQLite::Database& db, const char* pragma, const char* good,
                  std::vector<std::string>& problems) {
  SQLite::Statement query(db, pragma);
  while (query.executeStep()) {
    const std::string text = query.getColumn(0).getString();
    if (text != good) problems.push_back(fmt::format("{}: {}", pragma, text));
  }
}

/// Each query gives one text per violation.
void check_query(SQLite::Database& db, const std::string& sql, std::vector<std::string>& problems) {
  SQLite::Statement query(db, sql);
  while (query.executeStep()) problems.push_back(query.getColumn(0).getString());
}

void check_record_counts(SQLite::Database& db, std::vector<std::string>& problems) {
  std::string all;
  for (const std::string& table : record_tables()) {
    all +=
        (all.empty() ? "" : " UNION ALL ") + fmt::format("SELECT run, attempt, seq FROM {}", table);
  }
  check_query(
      db,
      "WITH record AS (" + all +
          "), counted AS (SELECT run, attempt, count(*) AS n, count(DISTINCT seq) AS distinct_seqs,"
          " min(seq) AS low, max(seq) AS high FROM record GROUP BY run, attempt)"
          " SELECT 'run ' || a.run || ' attempt ' || a.attempt || ': ' || coalesce(n, 0) ||"
          " ' records, but its file has ' || (good_lines - unknown) || ' known lines'"
          " FROM attempt AS a LEFT JOIN counted USING (run, attempt)"
          " WHERE coalesce(n, 0) <> good_lines - unknown OR distinct_seqs <> n OR low < 0 OR high "
          ">= good_lines + missing",
      problems);
}

void check_identities(SQLite::Database& db, const Tables& tables,
                      std::vector<std::string>& problems) {
  SQLite::Statement query(db, "SELECT id, cell, config FROM run ORDER BY id");
  while (query.executeStep()) {
    const std::string id = query.getColumn(0).getString();
    const std::string config = query.getColumn(2).getString();
    if (sha256_hex(config).substr(0, id.size()) != id) {
      problems.push_back(fmt::format("run {}: its configuration does not have that hash", id));
      continue;
    }
    try {
      if (cell_of(parse_config(tables, config)) != query.getColumn(1).getString()) {
        problems.push_back(fmt::format("run {}: its cell is not that of its configuration", id));
      }
    } catch (const ConfigError&) {
      continue;  // of another version's tables: the report lists it
    }
  }
}
}  // namespace

std::vector<std::string> check_index(SQLite::Database& db, const Tables& tables) {
  std::vector<std::string> problems;
  check_pragma(db, "PRAGMA integrity_check", "ok", problems);
  check_pragma(db, "PRAGMA foreign_key_check", "", problems);
  check_record_counts(db, problems);
  check_query(db,
              "SELECT 'run ' || id || ': DONE names attempt ' || done_attempt || ', which is not "
              "there' FROM run"
              " WHERE done_attempt IS NOT NULL AND NOT EXISTS (SELECT 1 FROM attempt"
              " WHERE run = run.id AND attempt = done_attempt)",
              problems);
  check_query(db,
              "SELECT 'run ' || run || ': its history goes beyond attempt ' || attempt FROM "
              "history JOIN attempt"
              " USING (run, attempt) WHERE last_seq >= good_lines + missing",
              problems);
  check_identities(db, tables, problems);
  return problems;
}

}  // namespace lockstep
