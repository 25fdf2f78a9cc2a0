// One row per cell, clock and network. RFC 4180: CRLF, quoted where needed. Numbers in shortest
// round trip; what is not known is empty.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <set>

#include "reports/exporters/exporters.hpp"
#include "reports/text/escape.hpp"
#include "reports/text/format.hpp"

namespace lockstep {

namespace {
struct Line {
  const Analysis& analysis;
  const Cell& cell;
  const View& view;
  const ViewRow& row;
};

std::string number(double value) { return std::isfinite(value) ? in_full(value) : ""; }
std::string low(const Estimate& e) { return e.ci ? number(e.ci->low) : ""; }
std::string high(const Estimate& e) { return e.ci ? number(e.ci->high) : ""; }
/// Kinds of the notices that a row must be read with: those about its cell and those about the
/// study.
std::string notices_of(const Line& line) {
  std::set<std::string> kinds;
  for (const Notice& notice : line.analysis.notices) {
    const auto about = [&](std::size_t i) { return i == line.row.cell; };
    if (notice.cells.empty() || std::any_of(notice.cells.begin(), notice.cells.end(), about))
      kinds.insert(notice.kind);
  }
  std::string text;
  for (const std::string& kind : kinds) text += (text.empty() ? "" : ";") + kind;
  return text;
}
/// The finished runs that the row's numbers are means of.
std::string runs_of(const Cell& cell) {
  std::string text;
  for (const SeedResult& seed : cell.seeds) text += (text.empty() ? "" : ";") + short_id(seed.run);
  return text;
}
std::string yes_no(bool value) { return value ? "true" : "false"; }

struct CsvColumn {
  const char* name;
  std::function<std::string(const Line&)> text;
};

/// The first 21 are fixed in this order; more may follow.
const std::vector<CsvColumn>& fixed_columns() {
  static const std::vector<CsvColumn> all{
      {"cell", [](const Line& l) { return l.cell.id; }},
      {"algorithm", [](const Line& l) { return csv_text(l.cell.algorithm); }},
      {"H", [](const Line& l) { return number(l.cell.H); }},
      {"workers", [](const Line& l) { return std::to_string(l.cell.workers); }},
      {"lr", [](const Line& l) { return number(l.cell.lr); }},
      {"effective_lr_factor", [](const Line& l) { return number(l.cell.effective_lr_factor); }},
      {"n_seeds", [](const Line& l) { return std::to_string(l.cell.seeds.size()); }},
      {"val_accuracy_mean", [](const Line& l) { return number(l.cell.val_accuracy.mean); }},
      {"val_accuracy_ci_low", [](const Line& l) { return low(l.cell.val_accuracy); }},
      {"val_accuracy_ci_high", [](const Line& l) { return high(l.cell.val_accuracy); }},
      {"accuracy_mean",
       [](const Line& l) { return l.cell.accuracy.n() ? number(l.cell.accuracy.mean) : ""; }},
      {"accuracy_ci_low", [](const Line& l) { return low(l.cell.accuracy); }},
      {"accuracy_ci_high", [](const Line& l) { return high(l.cell.accuracy); }},
      {"time_s_mean", [](const Line& l) { return l.row.time.n() ? number(l.row.time.mean) : ""; }},
      {"time_s_ci_low", [](const Line& l) { return low(l.row.time); }},
      {"time_s_ci_high", [](const Line& l) { return high(l.row.time); }},
      {"clock", [](const Line& l) { return l.view.clock; }},
      {"network", [](const Line& l) { return csv_text(l.view.network); }},
      {"bytes_per_worker", [](const Line& l) { return number(l.cell.bytes_per_worker); }},
      {"selected", [](const Line& l) { return yes_no(l.cell.selected); }},
      {"on_frontier", [](const Line& l) { return yes_no(l.row.on_frontier); }},
      {"on_frontier_probability",
       [](const Line& l) { return number(l.row.on_frontier_probability); }},
      {"eligible", [](const Line& l) { return yes_no(l.cell.eligible); }},
      {"n_planned", [](const Line& l) { return std::to_string(l.cell.planned); }},
      {"n_diverged", [](const Line& l) { return std::to_string(l.cell.diverged); }},
      {"compute_s",
       [](const Line& l) { return l.row.time.n() ? number(l.row.parts.compute) : ""; }},
      {"wait_s", [](const Line& l) { return l.row.time.n() ? number(l.row.parts.wait) : ""; }},
      {"exposed_s",
       [](const Line& l) { return l.row.time.n() ? number(l.row.parts.exposed) : ""; }},
      {"hidden_s", [](const Line& l) { return l.row.time.n() ? number(l.row.parts.hidden) : ""; }},
      {"tuning_group", [](const Line& l) { return l.cell.group; }},
      {"label", [](const Line& l) { return csv_text(l.cell.label); }},
      {"tied", [](const Line& l) { return l.row.tied ? yes_no(*l.row.tied) : ""; }},
      {"wire_bytes_per_process",
       [](const Line& l) { return number(l.cell.wire_bytes_per_process); }},
      {"notices", [](const Line& l) { return csv_text(notices_of(l)); }},
      {"stamp", [](const Line& l) { return csv_text(l.analysis.stamp); }},
      {"runs", [](const Line& l) { return csv_text(runs_of(l.cell)); }},
  };
  return all;
}
/// And those that a spec asks for.
std::vector<CsvColumn> columns_of(const ReportSpec& report) {
  std::vector<CsvColumn> columns = fixed_columns();
  if (report.stragglers.model != StragglerSpec::Model::none)
    columns.push_back({"stragglers", [](const Line& l) {
                         const StragglerSpec& spec = l.analysis.report.stragglers;
                         return l.view.clock == "simulated" ? name_of(spec.model) : std::string();
                       }});
  if (report.time != TimeSum::productive)
    columns.push_back({"time", [](const Line& l) { return name_of(l.view.sum); }});
  if (!report.price) return columns;
  columns.push_back({"price_mean", [](const Line& l) {
                       return l.row.price.n() ? number(l.row.price.mean) : "";
                     }});
  columns.push_back({"price_ci_low", [](const Line& l) { return low(l.row.price); }});
  columns.push_back({"price_ci_high", [](const Line& l) { return high(l.row.price); }});
  columns.push_back({"currency", [](const Line& l) { return l.analysis.report.price->currency; }});
  columns.push_back(
      {"on_price_frontier", [](const Line& l) { return yes_no(l.row.on_price_frontier); }});
  columns.push_back({"on_price_frontier_probability",
                     [](const Line& l) { return number(l.row.on_price_frontier_probability); }});
  return columns;
}
}  // namespace

std::string render_csv(const Analysis& analysis) {
  const std::vector<CsvColumn> columns = columns_of(analysis.report);
  std::string out;
  for (const CsvColumn& column : columns)
    out += (out.empty() ? "" : ",") + std::string(column.name);
  out += "\r\n";
  for (const View& view : analysis.views) {
    for (const ViewRow& row : view.rows) {
      const Line line{analysis, analysis.cells[row.cell], view, row};
      std::string text;
      for (const CsvColumn& column : columns)
        text += (&column == columns.data() ? "" : ",") + column.text(line);
      out += text + "\r\n";
    }
  }
  return out;
}

}  // namespace lockstep
