#include "reports/text/table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "reports/text/apart.hpp"
#include "reports/text/escape.hpp"

namespace lockstep {

namespace {
constexpr std::size_t kGap = 2;
constexpr std::size_t kNarrowest = 6;     // of the elastic column on a terminal
constexpr std::size_t kComfortable = 32;  // of the same, while spare columns can make room

Weight weight_of(const Table& table, std::size_t row) {
  return row < table.weights.size() ? table.weights[row] : Weight::normal;
}

std::string padded(const std::string& text, std::size_t width, bool right) {
  const std::size_t used = display_width(text);
  const std::string space(width > used ? width - used : 0, ' ');
  return right ? space + text : text + space;
}

std::vector<std::size_t> widths_of(const Table& table) {
  std::vector<std::size_t> widths;
  for (std::size_t c = 0; c < table.columns.size(); ++c) {
    std::size_t width = display_width(table.columns[c].name);
    for (const auto& row : table.rows) width = std::max(width, display_width(plain(row[c])));
    widths.push_back(width);
  }
  return widths;
}

std::size_t total(const std::vector<std::size_t>& widths) {
  return std::accumulate(widths.begin(), widths.end(), std::size_t{0}) + kGap * (widths.size() - 1);
}

void fit(std::vector<std::size_t>& widths, const Table& table, std::size_t columns) {
  std::size_t& elastic = widths[table.elastic];
  const auto too_wide = [&](std::size_t least) {
    return total(widths) - elastic + std::min(elastic, least) > columns;
  };
  for (std::size_t k = 0; k < table.spare && too_wide(kComfortable); ++k) widths.pop_back();
  while (widths.size() > table.elastic + 1 && too_wide(kNarrowest)) widths.pop_back();
  if (const std::size_t all = total(widths); all > columns) {
    elastic -= std::min(elastic, all - columns);
  }
}

std::string_view cell_of(const Table& table, std::size_t row, std::size_t column) {
  if (row >= table.cells.size() || column >= table.cells[row].size()) return {};
  return table.cells[row][column];
}

/// The id that links to a cell lead to: that of its first run.
std::string anchor_of(const Table& table, std::size_t row) {
  const std::string_view cell = cell_of(table, row, 0);
  if (!table.lists_runs || cell.empty()) return {};
  const bool first = row == 0 || cell_of(table, row - 1, 0) != cell;
  return first ? fmt::format(" id=\"cell-{}\"", escape_xml(cell)) : "";
}

std::string html_cell(const Table& table, std::size_t row, std::size_t column) {
  const std::string text = escape_xml(table.rows[row][column]);
  const std::string_view cell = cell_of(table, row, column);
  if (table.lists_runs || cell.empty()) return text;
  return fmt::format("<a href=\"#cell-{}\">{}</a>", escape_xml(cell), text);
}

/// The texts of the elastic column, each no wider than `width`.
std::vector<std::string> elastic_texts(const Table& table, std::size_t width) {
  std::vector<std::string> texts;
  for (const auto& row : table.rows) texts.push_back(plain(row[table.elastic]));
  return shorten_apart(texts, width);
}
}  // namespace

void Table::add(std::vector<std::string> row, Weight weight, std::vector<std::string> of_cells) {
  rows.push_back(std::move(row));
  weights.push_back(weight);
  cells.push_back(std::move(of_cells));
}

std::string markdown_table(const Table& table) {
  std::string out;
  if (!table.caption.empty()) out += "**" + escape_markdown(table.caption) + "**\n\n";
  for (const Column& column : table.columns) out += "| " + escape_markdown(column.name) + " ";
  out += "|\n";
  for (const Column& column : table.columns) out += column.number ? "|---:" : "|---";
  out += "|\n";
  for (std::size_t r = 0; r < table.rows.size(); ++r) {
    const bool strong = weight_of(table, r) == Weight::strong;
    for (std::size_t c = 0; c < table.columns.size(); ++c) {
      const std::string cell = escape_markdown(table.rows[r][c]);
      out += strong && c == 0 ? "| **" + cell + "** " : "| " + cell + " ";
    }
    out += "|\n";
  }
  return out;
}

std::string latex_tabular(const Table& table) {
  std::string out = "\\begin{tabular}{";
  for (const Column& column : table.columns) out += column.number ? 'r' : 'l';
  out += "}\n\\toprule\n";
  // A bracket behind the end of a row would be taken for its argument.
  const auto line = [&](auto text_of) {
    for (std::size_t c = 0; c < table.columns.size(); ++c) {
      const std::string cell = text_of(c);
      out += (c ? " & " : "") + std::string(cell.starts_with('[') ? "{}" : "") + cell;
    }
    out += " \\\\\n";
  };
  line([&](std::size_t c) { return escape_latex(table.columns[c].name); });
  out += "\\midrule\n";
  for (std::size_t r = 0; r < table.rows.size(); ++r) {
    const bool strong = weight_of(table, r) == Weight::strong;
    line([&](std::size_t c) {
      const std::string cell = escape_latex(table.rows[r][c]);
      return strong && c == 0 ? "\\textbf{" + cell + "}" : cell;
    });
  }
  return out + "\\bottomrule\n\\end{tabular}\n";
}

std::string html_table(const Table& table, std::string_view title) {
  // Wide tables scroll by keyboard too, so the box can have the focus, and a name.
  const std::string name = escape_xml(table.caption.empty() ? title : table.caption);
  std::string out = fmt::format(
      "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"{}\"><table>\n", name);
  out += fmt::format("<caption{}>{}</caption>\n", table.caption.empty() ? " class=\"aside\"" : "",
                     name);
  out += "<thead><tr>";
  for (const Column& column : table.columns) {
    out += fmt::format("<th scope=\"col\"{}>{}</th>", column.number ? " class=\"n\"" : "",
                       escape_xml(column.name));
  }
  out += "</tr></thead>\n<tbody>\n";
  for (std::size_t r = 0; r < table.rows.size(); ++r) {
    const Weight weight = weight_of(table, r);
    out += "<tr" + anchor_of(table, r);
    out += weight == Weight::strong ? " class=\"strong\">"
           : weight == Weight::dim  ? " class=\"dim\">"
                                    : ">";
    for (std::size_t c = 0; c < table.columns.size(); ++c) {
      const char* tag = c == 0 ? "th scope=row" : "td";
      // Without quotes and end tags, which HTML does not ask for: a ledger has ten thousand of
      // them.
      out += fmt::format("<{}{}>{}", tag, table.columns[c].number ? " class=n" : "",
                         html_cell(table, r, c));
    }
    out += "</tr>\n";
  }
  return out + "</tbody></table></div>\n";
}

std::string text_table(const Table& table, std::size_t columns) {
  std::vector<std::size_t> widths = widths_of(table);
  if (widths.empty()) return {};
  fit(widths, table, columns);
  const auto line = [&](const auto& text_at) {
    std::string out;
    for (std::size_t c = 0; c < widths.size(); ++c) {
      if (c > 0) out += std::string(kGap, ' ');
      out += padded(shorten(text_at(c), widths[c]), widths[c], table.columns[c].number);
    }
    return out.substr(0, out.find_last_not_of(' ') + 1) + "\n";
  };
  std::string out = line([&](std::size_t c) { return plain(table.columns[c].name); });
  const std::vector<std::string> elastic = elastic_texts(table, widths[table.elastic]);
  for (std::size_t r = 0; r < table.rows.size(); ++r) {
    out += line(
        [&](std::size_t c) { return c == table.elastic ? elastic[r] : plain(table.rows[r][c]); });
  }
  return out;
}

}  // namespace lockstep
