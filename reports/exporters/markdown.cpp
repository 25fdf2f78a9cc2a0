#include <fmt/format.h>

#include "reports/exporters/exporters.hpp"
#include "reports/exporters/sections.hpp"
#include "reports/text/escape.hpp"

namespace lockstep {

namespace {
std::string notices(const Analysis& analysis) {
  if (analysis.notices.empty()) return {};
  std::string out = "## Read this first\n\n";
  for (const Notice& notice : analysis.notices) {
    const char* level = notice.level == Notice::Level::problem ? "Problem" : "Warning";
    out += fmt::format("- **{}** ({}): {}\n", level, notice.kind, escape_markdown(notice.text));
  }
  return out + "\n";
}

std::string render(const Section& section) {
  std::string out = fmt::format("## {}\n\n", section.title);
  if (section.figure == Figure::frontier)
    out += "![frontier of accuracy against training time](frontier.svg)\n\n";
  for (const std::string& paragraph : section.paragraphs)
    out += escape_markdown(paragraph) + "\n\n";
  for (const std::string& bullet : section.bullets) out += "- " + escape_markdown(bullet) + "\n";
  if (!section.bullets.empty()) out += "\n";
  for (const Table& table : section.tables) out += markdown_table(table) + "\n";
  if (section.commands.empty()) return out;
  out += "```sh\n";
  for (const std::string& command : section.commands) out += plain(command) + "\n";
  return out + "```\n\n";
}
}  // namespace

std::string render_markdown(const Analysis& analysis) {
  std::string out = fmt::format("# {}\n\n", escape_markdown(analysis.study));
  if (!analysis.question.empty()) out += escape_markdown(analysis.question) + "\n\n";
  out += notices(analysis);
  for (const Section& section : sections_of(analysis)) out += render(section);
  while (out.size() > 1 && out[out.size() - 2] == '\n') out.pop_back();
  return out;
}

}  // namespace lockstep
