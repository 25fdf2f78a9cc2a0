// Sections that account for everything: effort, certificates, ledger, methods.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "reports/exporters/sections.hpp"
#include "reports/text/format.hpp"

namespace lockstep {

Section effort_section(const Analysis& analysis) {
  Section section{.id = "effort", .title = "Effort"};
  if (analysis.effort.empty()) return section;
  section.paragraphs.push_back(
      "What each algorithm was given. Comparisons are fair only where these agree.");
  Table table{.columns = {{"algorithm"},
                          {"cells", true},
                          {"tuning groups", true},
                          {"settings per group", true},
                          {"runs", true},
                          {"finished", true},
                          {"diverged", true},
                          {"device-hours", true}}};
  const bool stopped = std::any_of(analysis.effort.begin(), analysis.effort.end(),
                                   [](const EffortRow& row) { return row.stopped_early > 0; });
  if (stopped) table.columns.push_back({"stopped early", true});
  for (const EffortRow& row : analysis.effort) {
    const std::string tried = row.fewest_values == row.most_values
                                  ? std::to_string(row.most_values)
                                  : fmt::format("{} to {}", row.fewest_values, row.most_values);
    std::vector<std::string> cells{row.algorithm,
                                   std::to_string(row.cells),
                                   std::to_string(row.groups),
                                   tried,
                                   std::to_string(row.runs),
                                   std::to_string(row.finished),
                                   std::to_string(row.diverged),
                                   significant(row.device_hours, 3)};
    if (stopped) cells.push_back(std::to_string(row.stopped_early));
    table.add(std::move(cells));
  }
  section.tables.push_back(std::move(table));
  return section;
}

Section certificate_section(const Analysis& analysis) {
  Section section{.id = "certificates", .title = "Certificates"};
  if (analysis.certificates.empty()) return section;
  section.paragraphs.push_back(
      "Identities that theory demands, tried before the first run on this study's own model and "
      "data set, with this "
      "trainer on this machine: a few steps of two workers, trained in two ways that must agree. "
      "Deviations are the "
      "largest difference of two numbers, relative to the largest number.");
  Table table{.columns = {{"identity"},
                          {"algorithms"},
                          {"deviation", true},
                          {"allowed", true},
                          {"verdict"},
                          {"model, data set, batch"},
                          {"machine"},
                          {"trainer"}}};
  for (const CertificateRow& row : analysis.certificates) {
    table.add({row.claim, fmt::format("{}", fmt::join(row.algorithms, ", ")),
               significant(row.deviation, 2), significant(row.allowed, 2),
               row.held ? "holds" : "does not hold", row.key, row.machine, short_id(row.trainer)},
              row.held ? Weight::normal : Weight::strong);
  }
  section.tables.push_back(std::move(table));
  return section;
}

Section ledger_section(const Analysis& analysis) {
  Section section{.id = "ledger", .title = "Ledger"};
  if (analysis.ledger.empty()) return section;
  section.paragraphs.push_back(
      "Every planned run, and where its seconds went over all its attempts. A number of a cell in "
      "this report comes from the cell's runs here that are done; run: the first 12 digits of its "
      "id, which lockstep why, logs and diff take.");
  Table table{.columns = {{"cell"},
                          {"seed", true},
                          {"status"},
                          {"step", true},
                          {"attempts", true},
                          {"wall", true},
                          {"training", true},
                          {"evaluation", true},
                          {"checkpoints", true},
                          {"start-up", true},
                          {"other", true},
                          {"replayed", true},
                          {"machine"},
                          {"run"}},
              .lists_runs = true,
              .complete = true};
  for (const LedgerRow& row : analysis.ledger) {
    std::string status = row.detail.empty() ? row.status : row.status + ": " + row.detail;
    for (const std::string& warning : row.warnings) status += "; " + warning;
    const bool begun = row.attempts > 0;
    const auto spent = [&](double value) { return begun ? seconds(value) : std::string(kNone); };
    table.add({row.label, std::to_string(row.seed), status,
               fmt::format("{}/{}", row.step, row.total_steps), std::to_string(row.attempts),
               spent(row.wall_s), spent(row.train_s), spent(row.eval_s), spent(row.checkpoint_s),
               spent(row.startup_s), spent(row.other_s), spent(row.replayed_s), row.machine,
               short_id(row.run)},
              row.status == "done" ? Weight::normal : Weight::dim, {row.cell});
  }
  section.tables.push_back(std::move(table));
  return section;
}

Section methods_section(const Analysis& analysis) {
  Section section{.id = "methods", .title = "Methods"};
  section.paragraphs = analysis.methods;
  return section;
}

std::vector<Section> sections_of(const Analysis& analysis) {
  std::vector<Section> sections;
  for (const auto& make : {frontier_section, price_section, attainment_section, difference_section,
                           effect_section, power_section, target_section, curve_section,
                           matched_section, tuning_section, breakdown_section, break_even_section,
                           forecast_section, clock_check_section, hypervolume_section,
                           effort_section, certificate_section, ledger_section, methods_section}) {
    Section section = make(analysis);
    if (!section.tables.empty() || !section.paragraphs.empty())
      sections.push_back(std::move(section));
  }
  return sections;
}

}  // namespace lockstep
