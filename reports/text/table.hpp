// A table as a value, rendered three ways. Cells are plain text from anywhere; each way escapes for
// itself.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace lockstep {

struct Column {
  std::string name;
  bool number = false;  ///< set to the right
};

enum class Weight { normal, strong, dim };

struct Table {
  std::string caption;
  std::vector<Column> columns;
  std::vector<std::vector<std::string>> rows;  ///< each as long as `columns`
  std::vector<Weight> weights;                 ///< one per row, or empty
  /// One per row, or empty: ids of the cells that its first columns name, which a page links to
  /// that cell's runs.
  std::vector<std::vector<std::string>> cells;
  bool lists_runs = false;  ///< where these links lead: a row of a cell is one of its runs
  std::size_t elastic = 0;  ///< the column that gives way on a terminal
  std::size_t spare = 0;    ///< so many columns at the end give way before it does
  bool complete = false;    ///< never shortened, however long

  void add(std::vector<std::string> row, Weight weight = Weight::normal,
           std::vector<std::string> of_cells = {});
};

std::string markdown_table(const Table& table);
/// `title` names a table that has no caption, for readers who do not see what stands above it.
std::string html_table(const Table& table, std::string_view title = {});
/// A `tabular` with rules of booktabs; dim rows are grey only in other outputs.
std::string latex_tabular(const Table& table);
/// For a terminal of `columns` columns: spare columns at the end are left out first, then the
/// elastic column gives way (with an ellipsis, so that its texts stay apart), then further columns
/// at the end are left out. Ends with a newline.
std::string text_table(const Table& table, std::size_t columns);

}  // namespace lockstep
