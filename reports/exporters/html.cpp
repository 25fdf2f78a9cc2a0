// One page: no request, and complete without its script. The data are embedded once more as JSON,
// so that the page alone is enough.
#include <fmt/format.h>

#include "reports/chart/charts.hpp"
#include "reports/chart/style.hpp"
#include "reports/exporters/explorer.hpp"
#include "reports/exporters/exporters.hpp"
#include "reports/exporters/sections.hpp"
#include "reports/page/page_text.hpp"
#include "reports/text/escape.hpp"

namespace lockstep {

namespace {
/// Nothing is asked for, and no script runs but the one named.
constexpr const char* kPolicy =
    "default-src 'none'; script-src {}; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; "
    "form-action 'none'";

/// Tables beyond so many rows start folded.
constexpr std::size_t kLongTable = 200;

/// Tables and data that the other exports hold whole are shortened in a page of more cells than
/// that.
constexpr std::size_t kManyCells = 100;

std::string figure_of(const Analysis& analysis, Figure figure) {
  switch (figure) {
    case Figure::frontier:
      return frontier_chart(analysis, false);
    case Figure::curves:
      return curves_chart(analysis, false);
    case Figure::tuning:
      return tuning_chart(analysis, false);
    case Figure::breakdown:
      return breakdown_chart(analysis, false);
    case Figure::none:
      break;
  }
  return {};
}

/// A table that is not `complete` has at most kMostDrawn rows: what is marked (the frontier), then
/// the first.
Table thinned(const Table& table) {
  if (table.complete || table.rows.size() <= kManyCells) return table;
  Table some = table;
  some.rows.clear(), some.weights.clear(), some.cells.clear();
  const auto is_strong = [&](std::size_t r) {
    return r < table.weights.size() && table.weights[r] == Weight::strong;
  };
  std::size_t room = kMostDrawn;
  for (std::size_t r = 0; r < table.rows.size(); ++r) {
    if (is_strong(r) && room > 0) --room;
  }
  for (std::size_t r = 0; r < table.rows.size(); ++r) {
    if (!is_strong(r) && room == 0) continue;
    if (!is_strong(r)) --room;
    some.add(table.rows[r], r < table.weights.size() ? table.weights[r] : Weight::normal,
             r < table.cells.size() ? table.cells[r] : std::vector<std::string>());
  }
  some.caption +=
      fmt::format("{}{} of {} rows; all are in the CSV and JSON reports",
                  some.caption.empty() ? "" : ": ", some.rows.size(), table.rows.size());
  return some;
}

std::string folded(const Table& whole, const std::string& title) {
  const Table table = thinned(whole);
  const std::string html = html_table(table, title);
  if (table.rows.size() <= kLongTable) return html;
  return fmt::format("<details><summary>{} rows</summary>\n{}</details>\n", table.rows.size(),
                     html);
}

/// What it shows in a sentence, the figure, then how to read it.
std::string render(const Analysis& analysis, const Section& section) {
  std::string out =
      fmt::format("<section id=\"{}\">\n<h2>{}</h2>\n", section.id, escape_xml(section.title));
  std::string figure = figure_of(analysis, section.figure);
  const std::string note = section.figure == Figure::frontier ? "" : thinning_note(analysis);
  if (!figure.empty() && !note.empty()) figure += "<figcaption>" + note + "</figcaption>\n";
  if (!figure.empty()) figure = "<figure>\n" + figure + "</figure>\n";
  for (std::size_t i = 0; i < section.paragraphs.size(); ++i) {
    out += "<p>" + escape_xml(section.paragraphs[i]) + "</p>\n";
    if (i == 0) out += figure;
  }
  if (section.paragraphs.empty()) out += figure;
  if (!section.bullets.empty()) {
    out += "<ul>\n";
    for (const std::string& bullet : section.bullets)
      out += "<li>" + escape_xml(bullet) + "</li>\n";
    out += "</ul>\n";
  }
  for (const Table& table : section.tables) {
    if (!table.rows.empty()) out += folded(table, section.title);
  }
  if (!section.commands.empty()) {
    out += "<pre tabindex=\"0\" role=\"region\" aria-label=\"Commands\">\n";
    for (const std::string& command : section.commands) out += escape_xml(command) + "\n";
    out += "</pre>\n";
  }
  return out + "</section>\n";
}

std::string notices(const Analysis& analysis) {
  if (analysis.notices.empty()) return {};
  std::string out =
      "<aside class=\"notices\" aria-label=\"Warnings\">\n<h2>Read this first</h2>\n<ul>\n";
  for (const Notice& notice : analysis.notices) {
    const char* level = notice.level == Notice::Level::problem ? "problem" : "warning";
    out += fmt::format("<li class=\"{}\">{} <span class=\"kind\">{}: {}</span></li>\n", level,
                       escape_xml(notice.text), level, escape_xml(notice.kind));
  }
  return out + "</ul>\n</aside>\n";
}

std::string navigation(const std::vector<Section>& sections, bool explorer) {
  std::string out = "<nav aria-label=\"Sections\">\n";
  for (const Section& section : sections) {
    out += fmt::format("<a href=\"#{}\">{}</a>\n", section.id, escape_xml(section.title));
    if (explorer && section.figure == Figure::frontier)
      out += "<a class=\"scripted-only\" href=\"#explore\">On your network</a>\n";
  }
  return out + "</nav>\n";
}

std::string embedded_data(const Analysis& analysis) {
  if (analysis.curves.size() > kManyCells)
    return "<footer><p>The numbers behind this page are in the JSON report.</p></footer>\n";
  return "<script type=\"application/json\" id=\"data\">" + script_json(compact_json(analysis)) +
         "</script>\n";
}

std::string head(const Analysis& analysis, bool explorer) {
  return fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"{}\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<title>{} – lockstep report</title>\n<style>\n{}{}</style>\n</head>\n",
      fmt::format(kPolicy, explorer ? explorer_script_source() : "'none'"),
      escape_xml(analysis.study), theme_css(), kPageStyle);
}
}  // namespace

std::string render_html(const Analysis& analysis) {
  const std::vector<Section> sections = sections_of(analysis);
  const std::string explorer = explorer_section(analysis);
  std::string out =
      head(analysis, !explorer.empty()) +
      "<body>\n<a class=\"skip\" href=\"#main\">Skip to the results</a>\n<header>\n<h1>" +
      escape_xml(analysis.study) + "</h1>\n";
  if (!analysis.question.empty())
    out += "<p class=\"question\">" + escape_xml(analysis.question) + "</p>\n";
  out += "</header>\n" + navigation(sections, !explorer.empty()) + notices(analysis) +
         "<main id=\"main\">\n";
  for (const Section& section : sections) {
    out += render(analysis, section);
    if (section.figure == Figure::frontier) out += explorer;
  }
  out += "</main>\n" + embedded_data(analysis);
  if (!explorer.empty()) out += explorer_script();
  return out + "</body>\n</html>\n";
}

}  // namespace lockstep
