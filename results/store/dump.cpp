// The canonical text of an index.
#include "results/store/store_impl.hpp"
#include "sweeps/run/value.hpp"

namespace lockstep {

namespace {
std::string quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\n') {
      out += "\\n";
    } else if (c == '\\' || c == '\'') {
      out += {'\\', c};
    } else {
      out += c;
    }
  }
  return out + "'";
}

std::string text_of(const SQLite::Column& column) {
  if (column.isNull()) return "NULL";
  if (column.isInteger()) return std::to_string(column.getInt64());
  if (column.isFloat()) return shortest(column.getDouble());
  return quoted(column.getString());
}

/// All columns of all rows. Tables without rowid are scanned in the order of their primary key.
void dump_table(SQLite::Database& db, const std::string& table, std::string& out) {
  SQLite::Statement query(db, "SELECT * FROM " + table);
  while (query.executeStep()) {
    out += table;
    for (int i = 0; i < query.getColumnCount(); ++i) {
      out += ' ';
      out += query.getColumnName(i);
      out += '=';
      out += text_of(query.getColumn(i));
    }
    out += '\n';
  }
}
}  // namespace

std::string dump_index(SQLite::Database& db) {
  SQLite::Transaction snapshot(db);
  std::string out;
  std::vector<std::string> tables;
  SQLite::Statement query(db,
                          "SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> "
                          "'import_mark' ORDER BY name");
  while (query.executeStep()) tables.push_back(query.getColumn(0).getString());
  for (const std::string& table : tables) dump_table(db, table, out);
  return out;
}

}  // namespace lockstep
