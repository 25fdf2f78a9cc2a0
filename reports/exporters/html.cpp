// One page: no script, no request. The data are embedded once more as JSON, so that the page alone
// is enough.
#include <fmt/format.h>

#include "reports/chart/charts.hpp"
#include "reports/chart/style.hpp"
#include "reports/exporters/exporters.hpp"
#include "reports/exporters/sections.hpp"
#include "reports/text/escape.hpp"

namespace lockstep {

namespace {
constexpr const char* kPolicy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:";

/// Tables beyond so many rows start folded.
constexpr std::size_t kLongTable = 200;

constexpr const char* kPageStyle = R"(*{box-sizing:border-box}
body{margin:0 auto;padding:2rem 1.25rem 4rem;max-width:72rem;background:var(--bg);color:var(--ink);
font:16px/1.55 system-ui,-apple-system,"Segoe UI","DejaVu Sans",sans-serif}
h1{font-size:1.9rem;line-height:1.2;margin:0 0 .4rem}h2{font-size:1.3rem;margin:2.6rem 0 .6rem}
.question{font-size:1.1rem;color:var(--quiet);margin:0 0 1rem;max-width:46rem}p{max-width:46rem}
a{color:var(--accent)}nav{display:flex;flex-wrap:wrap;gap:.2rem 1.1rem;margin:1rem 0 1.4rem;padding:.5rem 0;
border-block:1px solid var(--grid);font-size:.92rem}nav a{text-decoration:none}nav a:hover{text-decoration:underline}
.notices{background:var(--panel);border:1px solid var(--grid);border-left:4px solid var(--accent);
padding:.7rem 1rem;margin:1rem 0;border-radius:4px}.notices h2{margin:0 0 .3rem;font-size:1.05rem}
.notices ul{margin:0;padding-left:1.2rem}.notices li{margin:.25rem 0}.notices li.problem{font-weight:600}
.kind{white-space:nowrap;color:var(--quiet);font-size:.85rem;font-weight:400}
figure{margin:1.2rem 0;overflow-x:auto}.chart{display:block;width:100%;min-width:40rem;height:auto}
.scroll{overflow-x:auto;margin:1rem 0}
table{border-collapse:collapse;font-size:.86rem;font-variant-numeric:tabular-nums;line-height:1.35;min-width:50%}
caption{text-align:left;font-weight:600;padding:.3rem .6rem}
th,td{padding:.28rem .6rem;text-align:left;border-bottom:1px solid var(--grid);vertical-align:top;white-space:nowrap}
td:last-child:not(.n){white-space:normal}
thead th{color:var(--quiet);font-weight:600;white-space:normal;vertical-align:bottom}
tbody th{font-weight:400}.n{text-align:right}.strong th,.strong td{font-weight:600}
.dim th,.dim td{color:var(--quiet)}tbody tr:hover{background:var(--panel)}
summary{cursor:pointer;color:var(--accent);margin:1rem 0 .2rem}
#methods p{margin:.5rem 0}
@media (prefers-reduced-motion:no-preference){html{scroll-behavior:smooth}}
@media print{body{max-width:none;padding:0;font-size:10pt}
nav{display:none}.scroll{overflow:visible}th,td{white-space:normal}figure{overflow:visible}.chart{min-width:0}figure,tr{break-inside:avoid}h2{break-after:avoid}}
)";

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

std::string folded(const Table& table) {
  if (table.rows.size() <= kLongTable) return html_table(table);
  return fmt::format("<details><summary>{} rows</summary>\n{}</details>\n", table.rows.size(),
                     html_table(table));
}

std::string render(const Analysis& analysis, const Section& section) {
  std::string out =
      fmt::format("<section id=\"{}\">\n<h2>{}</h2>\n", section.id, escape_xml(section.title));
  for (const std::string& paragraph : section.paragraphs)
    out += "<p>" + escape_xml(paragraph) + "</p>\n";
  if (!section.bullets.empty()) {
    out += "<ul>\n";
    for (const std::string& bullet : section.bullets)
      out += "<li>" + escape_xml(bullet) + "</li>\n";
    out += "</ul>\n";
  }
  const std::string figure = figure_of(analysis, section.figure);
  if (!figure.empty()) out += "<figure>\n" + figure + "</figure>\n";
  for (const Table& table : section.tables) out += folded(table);
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

std::string navigation(const std::vector<Section>& sections) {
  std::string out = "<nav aria-label=\"Sections\">\n";
  for (const Section& section : sections) {
    out += fmt::format("<a href=\"#{}\">{}</a>\n", section.id, escape_xml(section.title));
  }
  return out + "</nav>\n";
}

/// JSON that cannot end its element: `<` only occurs inside strings there.
std::string embedded_data(const Analysis& analysis) {
  std::string out = "<script type=\"application/json\" id=\"data\">";
  for (const char c : compact_json(analysis)) {
    if (c == '<') {
      out += "\\u003c";
    } else {
      out += c;
    }
  }
  return out + "</script>\n";
}
}  // namespace

std::string render_html(const Analysis& analysis) {
  const std::vector<Section> sections = sections_of(analysis);
  const std::string title = escape_xml(analysis.study);
  std::string out = fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"{}\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<title>{} – lockstep "
      "report</title>\n<style>\n{}{}</style>\n</head>\n<body>\n<header>\n<h1>{}</h1>\n",
      kPolicy, title, theme_css(), kPageStyle, title);
  if (!analysis.question.empty())
    out += "<p class=\"question\">" + escape_xml(analysis.question) + "</p>\n";
  out += "</header>\n" + navigation(sections) + notices(analysis) + "<main>\n";
  for (const Section& section : sections) out += render(analysis, section);
  return out + "</main>\n" + embedded_data(analysis) + "</body>\n</html>\n";
}

}  // namespace lockstep
