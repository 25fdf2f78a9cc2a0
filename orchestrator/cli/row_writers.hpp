// Rows of a study as bytes: CSV and JSON Lines. Numbers have the shortest text that reads back as
// the same double.
#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "results/store/extract.hpp"

namespace lockstep {

/// RFC 4180 with line feeds: a line of names, then a line per row. What is absent is an empty
/// field; text that a spreadsheet would take for a formula gets a leading quote mark.
class CsvRows : public RowSink {
 public:
  explicit CsvRows(std::ostream& out) : out_(out) {}
  void head(const std::vector<std::string>& columns) override;
  void row(const std::vector<Field>& fields) override;

 private:
  std::ostream& out_;
  std::string line_;
};

/// One JSON object per line, with the names of the columns as keys. What is absent is left out;
/// numbers that are not finite are the strings "NaN", "Infinity" and "-Infinity".
class JsonRows : public RowSink {
 public:
  explicit JsonRows(std::ostream& out) : out_(out) {}
  void head(const std::vector<std::string>& columns) override;
  void row(const std::vector<Field>& fields) override;

 private:
  std::ostream& out_;
  std::vector<std::string> keys_;  ///< quoted, with their colon
  std::string line_;
};

}  // namespace lockstep
