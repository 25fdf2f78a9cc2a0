#include "orchestrator/cli/markdown_table.hpp"

#include <fmt/format.h>

namespace lockstep {

std::string code(const Words& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "`" : ", `") + word + "`";
  return text;
}

std::string table_row(const Words& cells) {
  std::string line = "|";
  for (const std::string& cell : cells) line += " " + cell + (cell.empty() ? "|" : " |");
  return line + "\n";
}

std::string table_head(const std::string& title, const std::string& text, const Words& columns) {
  std::string rule = "|";
  for (std::size_t i = 0; i < columns.size(); ++i) rule += "---|";
  return fmt::format("\n## {}\n\n{}\n\n{}{}\n", title, text, table_row(columns), rule);
}

}  // namespace lockstep
